"""How well a film is known, also where its votes are not."""

import bisect
import math
from typing import Final

from processors.linking.model import Film

UNKNOWN_VOTES: Final = 300
"""Votes assumed where TMDB's figure is missing: the film is neither famous nor obscure."""

SETTLED: Final = 2020
FORGOTTEN: Final = 30.0
"""Of films whose votes are unknown, older ones are spoken of less: by a factor of e for each 30 years before 2020. So a
"Snow White" of nowadays goes before that of 1916."""

ENTERED: Final = (
    (2006, 4.05), (2008, 4.35), (2010, 4.75), (2012, 5.05), (2014, 5.45), (2016, 5.6), (2018, 5.72), (2020, 5.82),
    (2022, 5.98), (2024, 6.08), (2026, 6.13),
)  # fmt: skip
"""(year of release, log10 of the TMDB id of a film like many of that year). TMDB was filled around 2008, older films
all together; since then a film is entered when it is announced."""

_YEARS: Final = [year for year, _ in ENTERED]

_EARLIEST: Final = 2.0
_LATEST: Final = -1.0
"""Bounds of the earliness: beyond, it says no more."""


def votes_of(film: Film) -> int:
    """TMDB votes, or the assumption for an unknown number."""
    return UNKNOWN_VOTES if film.vote_count is None else film.vote_count


def earliness(film: Film) -> float:
    """How much earlier TMDB has a film than others of its year, in powers of ten of the id; 0 without a year.

    What many people know is entered first: of the films of one year those with low ids have the most votes. So the id
    tells of fame where votes are missing.
    """
    if film.year is None:
        return 0.0
    return min(_EARLIEST, max(_LATEST, _usual(film.year) - math.log10(max(1, film.movie_id))))


def _usual(year: int) -> float:
    """`ENTERED`, linear between its years, level outside them."""
    at = bisect.bisect(_YEARS, year)
    if at in {0, len(ENTERED)}:
        return ENTERED[min(at, len(ENTERED) - 1)][1]
    (before, low), (after, high) = ENTERED[at - 1 : at + 1]
    return low + (high - low) * (year - before) / (after - before)


def fame(film: Film) -> float:
    """How well a film is known: ln(1 + votes). Where the votes are assumed, a tenth of the id is worth ten times the
    votes, less the film's age."""
    known = math.log1p(votes_of(film))
    if film.vote_count is not None or film.year is None:
        return known
    return known + math.log(10) * earliness(film) - max(0, SETTLED - film.year) / FORGOTTEN
