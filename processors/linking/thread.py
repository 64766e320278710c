"""Which film a thread is about, from the submission's title."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from processors.linking.fame import fame
from processors.linking.index import CatalogueIndex, Surface
from processors.linking.model import Film
from processors.linking.surfaces import Kind, initials
from processors.linking.text import normalise
from processors.linking.titles import NUMBERS, numbered, numerals, split_title

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

SEQUEL_YEARS: Final = 3
"""A sequel called by its number ("part two" in the first part's thread, "Avatar 3") comes out at most so much later."""


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
    forms: tuple[Surface, ...] = ()
    """Forms understood in this thread only: "part two" in the thread of a "Part One"."""


NO_THREAD: Final = Thread("", None, -1, "")


def released(film: Film, created: datetime | None, ahead: int = FUTURE_YEARS) -> bool:
    """Whether the film can have been spoken of as a film at that time: out, or to come within `ahead` years."""
    return created is None or film.year is None or film.year <= created.year + ahead


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
    return Thread(words, index.films[best], best, index.series[best], tuple(_forms(best, index)))


def _forms(position: int, index: CatalogueIndex) -> Iterator[Surface]:
    """Short forms of the films of the thread's series."""
    siblings = index.siblings(position)
    forms: dict[str, tuple[int, Kind]] = {}
    for sibling in siblings:
        for part in split_title(index.films[sibling].title)[1:]:
            letters = initials(part.split())
            counted = numbered(part)
            if counted is not None and len(counted.base) > 1:
                for head in (counted.base, initials(counted.base.split())):
                    for numeral in numerals(counted.number):
                        forms.setdefault(f"{head} part {numeral}", (sibling, Kind.INITIALS))
            if len(letters) == _LETTERS and letters.isalpha() and letters not in NUMBERS:
                forms.setdefault(letters, (sibling, Kind.INITIALS))
    for form, sibling in _parts(position, siblings, index):
        forms[form] = (sibling, Kind.NUMBERED)
    for form, entry in forms.items():
        yield index.surface(form, (entry,))


_LETTERS: Final = 2
"""Initials of two letters ("RN" for Rogue Nation) are understood in the series' own threads; longer ones anywhere."""


def _parts(position: int, siblings: Sequence[int], index: CatalogueIndex) -> Iterator[tuple[str, int]]:
    """What "part one" and "part two" mean where the thread's film is a part itself.

    The film's own number; its neighbours by order of release, where the next one may be called otherwise.
    """
    film = index.films[position]
    found = numbered(film.title)
    if found is None or found.marker != "part" or position not in siblings:
        return
    at = siblings.index(position)
    for step in (-1, 0, 1):
        number = found.number + step
        if number < 1 or not 0 <= at + step < len(siblings):
            continue
        other = index.films[siblings[at + step]]
        if step < 1 or (other.year or 0) - (film.year or 0) <= SEQUEL_YEARS:
            for numeral in numerals(number):
                if numeral != "i":
                    yield f"part {numeral}", siblings[at + step]


def _rank(film: Film, year: int | None, created: datetime | None) -> tuple[bool, float]:
    """A thread is about the film of its year, or the one released then; else the best known."""
    near = film.year is not None and (
        film.year == year or (year is None and created is not None and abs(film.year - created.year) <= 1)
    )
    return near, fame(film)
