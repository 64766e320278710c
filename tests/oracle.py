"""What the windows must hold, recomputed the slow and plain way, sharing no code with the processors.

It takes comments whose films and compounds are known, in the order of their topic, and answers with the ledger and the
totals of every (film, window). Times are milliseconds of event time.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OracleComment:
    """One record of reddit_stream, with what it says about films."""

    id: str
    created: int
    films: tuple[tuple[int, str, float], ...] = ()
    """(movie_id, "text" or "thread", compound)."""


@dataclass
class Totals:
    """One (film, window)."""

    text: int = 0
    thread: int = 0
    compounds: list[float] = field(default_factory=list)

    @property
    def mentions(self) -> int:
        return self.text + self.thread

    @property
    def sentiment_sum(self) -> float:
        return math.fsum(self.compounds)

    @property
    def mean(self) -> float | None:
        return self.sentiment_sum / self.mentions if self.mentions else None

    @property
    def positive(self) -> int:
        return sum(1 for compound in self.compounds if compound >= 0.05)

    @property
    def negative(self) -> int:
        return sum(1 for compound in self.compounds if compound <= -0.05)


def sift(batches: Iterable[Sequence[OracleComment]], delay: int) -> tuple[list[OracleComment], Counter[str]]:
    """The comments that count, and how many fell in each category.

    A comment is late when it is older than the newest one of all batches before, less the delay. Of the copies of a
    comment that are not late, the first counts.
    """
    accepted: list[OracleComment] = []
    ledger: Counter[str] = Counter()
    seen: set[str] = set()
    newest = 0
    for batch in batches:
        watermark = newest - delay if newest else 0
        for comment in batch:
            if comment.created < watermark:
                ledger["late"] += 1
            elif comment.id in seen:
                ledger["duplicate"] += 1
            else:
                seen.add(comment.id)
                accepted.append(comment)
                ledger["counted" if comment.films else "without_film"] += 1
        newest = max([newest, *(comment.created for comment in batch)])
    return accepted, ledger


def totals(accepted: Iterable[OracleComment], size: int, slide: int) -> dict[tuple[int, int], Totals]:
    """Every (film, window start) that a comment falls in; windows are [start, start + size), every `slide`."""
    windows: dict[tuple[int, int], Totals] = {}
    for comment in accepted:
        start = comment.created - comment.created % slide
        while start + size > comment.created:
            for movie, via, compound in comment.films:
                window = windows.setdefault((movie, start), Totals())
                window.text += via == "text"
                window.thread += via == "thread"
                window.compounds.append(compound)
            start -= slide
    return windows


def popularity(polls: Iterable[tuple[int, float | None]], window_end: int) -> float | None:
    """A film's popularity in a window: of its (fetched_at, popularity) the latest before the end, else the earliest."""
    ordered = sorted(polls, key=lambda poll: poll[0])
    before = [value for fetched, value in ordered if fetched < window_end]
    if before:
        return before[-1]
    return ordered[0][1] if ordered else None


def trend_score(
    window: Totals,
    level: float | None,
    *,
    weights: tuple[float, float, float] = (0.4, 0.3, 0.3),
    popularity_reference: float = 500,
    mentions_reference: float = 50,
    prior: float = 5,
) -> float:
    """The TrendScore by DESIGN section 4, with the default settings."""
    p = 100 * min(1, math.log(1 + (level or 0)) / math.log(1 + popularity_reference))
    m = 100 * min(1, math.log(1 + window.mentions) / math.log(1 + mentions_reference))
    s = 50 * (1 + window.sentiment_sum / (window.mentions + prior))
    return (weights[0] * p + weights[1] * m + weights[2] * s) / sum(weights)
