"""Which windows are compared: the last hour, with the same hour of the days before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAYS = 7
"""A week back: every weekday once."""
_MOST = 60
"""Windows on each side: with 150 films 9,000 rows, which say as much as ten times as many would."""
FEWEST = 10
"""Windows on each side; below that an hour's luck would be called drift."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spans:
    """Window starts, ascending."""

    reference: tuple[datetime, ...]
    current: tuple[datetime, ...]
    same_time_of_day: bool
    """Else the reference is the time right before: a young platform knows no other, and nightfall looks like drift."""


def choose(starts: Sequence[datetime], length: timedelta) -> Spans | None:
    """The spans of some windows with final scores; None when there are too few.

    A reference at the same time of day needs no model of the day: a quiet morning is compared with quiet mornings.
    Without a day of history the current span shrinks to at most a third of what there is.
    """
    known = sorted(starts)
    if len(known) < 2 * FEWEST:
        return None
    end = known[-1]
    current = [start for start in known if start > end - length]
    before = [start for start in known if any(end - length < start + day * _DAY <= end for day in range(1, _DAYS + 1))]
    if len(before) >= FEWEST and len(current) >= FEWEST:
        return Spans(_thin(before), _thin(current), same_time_of_day=True)
    current = current[-max(FEWEST, len(known) // 3) :]
    before = [start for start in known if start < current[0]]
    if len(before) < FEWEST or len(current) < FEWEST:
        return None
    return Spans(_thin(before[-3 * len(current) :]), _thin(current), same_time_of_day=False)


def days_of(end: datetime, length: timedelta) -> list[datetime]:
    """An instant of every UTC day on which a window of the spans may start."""
    found = {
        at.date(): at for at in (first - back * _DAY for first in (end, end - length) for back in range(_DAYS + 1))
    }
    return [found[day] for day in sorted(found)]


def _thin(starts: Sequence[datetime]) -> tuple[datetime, ...]:
    """At most `_MOST` of them, evenly spread, the last one among them."""
    if len(starts) <= _MOST:
        return tuple(starts)
    return tuple(starts[len(starts) - 1 - round(k * (len(starts) - 1) / (_MOST - 1))] for k in range(_MOST - 1, -1, -1))
