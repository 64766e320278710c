"""What a run of the job must have written, recomputed from the records one by one with plain dictionaries.

It shares no code with the job but the linker and vaderSentiment: which comments count is judged again, by the batches
that the job's ledger tells, and every (film, window) is counted again.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.comments import Sent
from contracts.events import TrendUpdate

_TOLERANCE = 1e-9
_THRESHOLD = 0.05
"""VADER's own for a positive text."""

Spoken = Sequence[tuple[int, str, float]]
"""(movie_id, via, compound) of one text."""
Place = tuple[int, int]
"""(movie_id, window start in ms)."""


@dataclass(slots=True)
class Expected:
    """One (film, window)."""

    text: int = 0
    thread: int = 0
    compounds: list[float] = field(default_factory=list)

    def fits(self, row: TrendUpdate) -> bool:
        """Whether a row says the same."""
        counts = (
            self.text,
            self.thread,
            sum(1 for compound in self.compounds if compound >= _THRESHOLD),
            sum(1 for compound in self.compounds if compound <= -_THRESHOLD),
        )
        told = (row.mentions_text, row.mentions_thread, row.positive, row.negative)
        return counts == told and abs(math.fsum(self.compounds) - row.sentiment_sum) <= _TOLERANCE * len(self.compounds)


def sift(
    records: Iterable[Sent], batches: Sequence[int], spoken: Sequence[Spoken], delay: int
) -> tuple[list[Sent], dict[str, int]]:
    """The comments that count, and how many records fell in each category.

    Args:
        records: in the order of their topic.
        batches: how many records each micro-batch took; their sum is the number of records.
        spoken: what each text of the pool says about films.
        delay: of the watermark, ms. Late is what is older than the newest comment of the batches before, less this.
    """
    ledger: Counter[str] = Counter()
    counted: list[Sent] = []
    seen: set[str] = set()
    newest = now_newest = 0
    sizes = iter(batches)
    left = next(sizes, 0)
    for record in records:
        while not left:
            newest, left = now_newest, next(sizes)
        left -= 1
        if record.category:
            ledger[record.category] += 1
            continue
        now_newest = max(now_newest, record.created)
        if newest and record.created < newest - delay:
            ledger["late"] += 1
        elif record.id in seen:
            ledger["duplicate"] += 1
        else:
            seen.add(record.id)
            ledger["counted" if spoken[record.text] else "without_film"] += 1
            counted.append(record)
    return counted, dict(ledger)


def windows(counted: Iterable[Sent], spoken: Sequence[Spoken], size: int, slide: int) -> dict[Place, Expected]:
    """Every (film, window) with a mention; `size` and `slide` in ms."""
    found: dict[Place, Expected] = {}
    for record in counted:
        for movie, via, compound in spoken[record.text]:
            start = record.created - record.created % slide
            while start + size > record.created:
                window = found.setdefault((movie, start), Expected())
                window.text += via == "text"
                window.thread += via == "thread"
                window.compounds.append(compound)
                start -= slide
    return found


def differences(expected: Mapping[Place, Expected], rows: Iterable[TrendUpdate]) -> list[Place]:
    """The (film, window)s whose row says something else, is missing, or should not have mentions."""
    left = dict(expected)
    wrong: list[Place] = []
    for row in rows:
        place = (row.movie_id, round(row.window_start.timestamp() * 1_000))
        wanted = left.pop(place, Expected())
        if not wanted.fits(row):
            wrong.append(place)
    return [*wrong, *left]
