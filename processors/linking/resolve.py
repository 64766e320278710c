"""Which of several films a surface means here."""

import math
from datetime import datetime
from typing import Final, NamedTuple

from processors.linking.fame import UNKNOWN_VOTES, fame
from processors.linking.index import CatalogueIndex, Surface
from processors.linking.model import Film
from processors.linking.surfaces import Kind
from processors.linking.thread import FUTURE_YEARS, SEQUEL_YEARS, Thread, released

KIND: Final = {
    Kind.FULL: 0.0,
    Kind.ALTERNATIVE: -3.0,
    Kind.NO_ARTICLE: -2.0,
    Kind.NUMBERED: -0.5,
    Kind.SUBTITLE: -1.5,
    Kind.MAIN: -4.0,
    Kind.NICKNAME: 1.0,
    Kind.INITIALS: -3.0,
}
"""What a form is worth, in units of ln(votes): a film's own title outweighs 50 times the votes of a film of which it
is only the first half ("Iron Man" is not "Iron Man 3")."""

RECENT: Final = 1.5
"""A film of the comment's own years is on everybody's lips: worth 4.5 times the votes."""

THREAD: Final = 2.0
"""The thread's own film, before others of its series: worth 7 times the votes."""

SERIES: Final = 5.0
"""A film of the thread's series, where a surface may mean it: worth 150 times the votes."""

FIRST: Final = 4.0
"""A series without a bare title is named by its first film ("Kingsman"): worth 50 times the votes. Where a known film
has the bare title ("Independence Day"), that one is meant, not the one that began the series anew."""

YEAR: Final = 20.0
"""A year written beside decides."""


ORIGINAL: Final = 4.0
"""What "the original" or "the first" before a title is worth to the oldest film it may mean."""


KNOWN: Final = math.log1p(UNKNOWN_VOTES)
"""The fame above which a film is known."""


class Told(NamedTuple):
    """What the comment says about the film beside its title."""

    year: int | None = None
    original: bool = False
    """Whether "first" or "original" stands before it."""
    when: int | None = None
    """The year of the talk: the comment's, or where that is not known, the thread's film's."""


class Choice(NamedTuple):
    """The film a surface most likely means."""

    position: int
    film: Film
    kind: Kind
    margin: float
    """Lead over the next film, in ln(votes); large when there is no other."""
    series: str
    """The film's series."""


_NO_YEAR: Final = 9999

NO_RIVAL: Final = 10.0
"""Margin of a surface that can mean one film only."""


def choose(
    surface: Surface, index: CatalogueIndex, thread: Thread, created: datetime | None, told: Told
) -> Choice | None:
    """The best film for a surface; None when every candidate is ruled out by its year."""
    oldest = (
        min((index.films[i].year or _NO_YEAR for i, _ in surface.entries), default=_NO_YEAR) if told.original else 0
    )
    bare = any(kind == Kind.FULL and fame(index.films[i]) > KNOWN for i, kind in surface.entries)
    best: tuple[float, int, Kind] | None = None
    second = -math.inf
    for position, kind in surface.entries:
        film = index.films[position]
        ahead = SEQUEL_YEARS if kind == Kind.NUMBERED else FUTURE_YEARS
        if not released(film, created, ahead) and surface not in thread.forms:
            continue
        score = _score(film, kind, thread, told)
        if score is None:
            continue
        if thread.series and index.series[position] == thread.series:
            score += SERIES
        if film.year == oldest:
            score += ORIGINAL
        if kind == Kind.MAIN and position in index.firsts and not bare:
            score += FIRST
        if best is None or score > best[0]:
            second = best[0] if best is not None else second
            best = (score, position, kind)
        else:
            second = max(second, score)
    if best is None:
        return None
    margin = min(NO_RIVAL, best[0] - second)
    return Choice(best[1], index.films[best[1]], best[2], margin, index.series[best[1]])


def _score(film: Film, kind: Kind, thread: Thread, told: Told) -> float | None:
    year, when = told.year, told.when
    score = fame(film) + KIND[kind]
    if year is not None and film.year is not None:
        if abs(film.year - year) > 1:
            return None
        score += YEAR - abs(film.year - year)
    if when is not None and film.year is not None and -1 <= when - film.year <= 1:
        score += RECENT
    if thread.film is film:
        score += THREAD
    return score
