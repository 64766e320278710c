"""Which film a thread is about, from the submission's title."""

import re
from datetime import datetime
from typing import Final, NamedTuple

from processors.linking.index import CatalogueIndex
from processors.linking.model import Film
from processors.linking.surfaces import Kind, votes_of
from processors.linking.text import normalise

_PREFIX: Final = re.compile(
    r"^\W*(?:official|weekly|daily|re-?watch|movie|film|spoiler|megathread|re-?release|streaming|vod|early|post|"
    r"discussion|thread|wide|limited|\s|/|\(|\)|\[|\]|\d+th|anniversary)*\b(?:discussion|megathread|thread)\b"
    r"(?:\s*(?:thread|megathread))?\s*[-–—:|]+\s*",
    re.IGNORECASE,
)
_BRACKETS: Final = re.compile(r"\[[^\]]*\]|\((?!(?:19|20)\d\d\))[^)]*\)")
_YEAR: Final = re.compile(r"\(((?:19|20)\d\d)\)")
_TRAILER: Final = re.compile(
    r"\b(?:official|final|new|first|teaser|red band|imax|international|main|extended|full)*\s*"
    r"(?:teaser|trailer|clip|poster|featurette|review thread|reviews?|box office)\b.*$",
    re.IGNORECASE,
)

FUTURE_YEARS: Final = 1
"""A film is spoken of at most this many calendar years before its release year; later releases are not meant."""


class Thread(NamedTuple):
    """What a thread's title says."""

    words: str
    """The normalised title without its ceremony: "ant man and the wasp"."""
    film: Film | None
    """The film the thread is about; None when the title names no film of the catalogue as a whole."""
    position: int
    """The film's position in the catalogue; -1 without a film."""
    series: str
    """The film's series."""


NO_THREAD: Final = Thread("", None, -1, "")


def released(film: Film, created: datetime | None) -> bool:
    """Whether the film can have been spoken of as a film at that time."""
    return created is None or film.year is None or film.year <= created.year + FUTURE_YEARS


def subject(title: str) -> tuple[str, int | None]:
    """The film name within a thread title, as written, and the year beside it."""
    rest = _PREFIX.sub("", title)
    year = _YEAR.search(rest)
    rest = _YEAR.sub(" ", _BRACKETS.sub(" ", rest))
    rest = rest.split("|")[0]
    shortened = _TRAILER.sub("", rest)
    return (shortened if normalise(shortened) else rest), int(year[1]) if year else None


def read_thread(title: str | None, index: CatalogueIndex, created: datetime | None) -> Thread:
    """Resolve a thread title: its whole subject must be a title of the catalogue."""
    if not title:
        return NO_THREAD
    name, year = subject(title)
    words = normalise(name.replace(":", " "))
    surface = index.surfaces.get(words)
    best = -1
    for position, kind in surface.entries if surface is not None else ():
        film = index.films[position]
        if kind > Kind.NUMBERED or not released(film, created):
            continue
        if year is not None and film.year is not None and abs(film.year - year) > 1:
            continue
        if best < 0 or _rank(film, year, created) > _rank(index.films[best], year, created):
            best = position
    if best < 0:
        return Thread(words, None, -1, "")
    return Thread(words, index.films[best], best, index.series[best])


def _rank(film: Film, year: int | None, created: datetime | None) -> tuple[bool, float]:
    """A thread is about the film of its year, or the one released then; else the best known."""
    near = film.year is not None and (
        film.year == year or (year is None and created is not None and abs(film.year - created.year) <= 1)
    )
    return near, votes_of(film)
