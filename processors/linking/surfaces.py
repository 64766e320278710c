"""The forms people write a film's title in, each with the kind of shortening it is.

A surface belongs to every film it could mean; which one is decided in context (`resolve.py`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Final

from processors.linking.model import Film
from processors.linking.names import GIVEN_NAMES, PLACES
from processors.linking.nicknames import NICKNAMES, NOT_INITIALS
from processors.linking.series import ordinals, series_of
from processors.linking.text import normalise
from processors.linking.titles import (
    ARTICLES,
    OTHER_NUMERAL,
    PART_WORDS,
    REMEMBERED,
    Numbered,
    numbered,
    numerals,
    raw_parts,
    split_title,
    without_article,
)


class Kind(IntEnum):
    """How a surface relates to the title; smaller is closer."""

    FULL = 0
    """The title, or the title with its number written otherwise."""
    ALTERNATIVE = 1
    """Original or alternative title."""
    NO_ARTICLE = 2
    """The title without its leading article."""
    NUMBERED = 3
    """Series name and number: "John Wick 3", "Thor 2"."""
    SUBTITLE = 4
    """What follows the colon: "Infinity War"."""
    MAIN = 5
    """What stands before the colon: "Borat", "Birds of Prey"."""
    NICKNAME = 6
    INITIALS = 7
    """First letters: "LOTR"; first letters and number: "JW3"."""


KINDS: Final = len(Kind)

KNOWN_VOTES: Final = 300
"""TMDB votes from which people shorten a title; fewer, and the short form is more likely another thing."""

_SHORTER: Final = (("doctor", "dr"), ("mister", "mr"), ("versus", "vs"), ("colour", "color"), ("saint", "st"))
"""Words written in two ways."""

_APOSTROPHE: Final = re.compile("['’]")

_OWNER: Final = re.compile(r"^(?:[A-Z][\w.]*\s+){0,2}[A-Z][\w.]*(?:['’]s|s['’])\s+(?=\S+\s+\S+)")
"""The author before a title: "Lemony Snicket's A Series of Unfortunate Events"."""

_HEAD: Final = re.compile(r"^((?:\S+ ){1,2}\S+?),? (?:and the|with|or|and his|and her) ")
"""Two or three words before a long rest: "Sky Captain and the World of Tomorrow", "The Life Aquatic with ..."."""

_LONG: Final = 5
"""Words of a title whose head alone names it."""

_INNER: Final = 3
"""Titles of four words and more are also written without an inner article ("King of Monsters")."""

_MAX_WORDS: Final = 40
"""Longest surface kept; nobody writes a longer title out, and automaton memory grows with length."""


def _spellings(words: str, title: str) -> Iterator[str]:
    """A normalised title and how it looks with hyphens or apostrophes left out, `&` or a number written otherwise."""
    yield words
    if " " in words:
        yield " ".join(OTHER_NUMERAL.get(word, word) for word in words.split())
    if "'" in title or "’" in title:
        yield normalise(_APOSTROPHE.sub("", title))
    if "-" in title:
        yield normalise(title.replace("-", ""))
    if "." in title or "*" in title:
        yield normalise(title.replace(".", "").replace("*", ""))
    if " & " in words:
        yield words.replace(" & ", " and ")
    elif " and " in words:
        yield words.replace(" and ", " & ")
    for long, short in _SHORTER:
        if long in words.split():
            yield " ".join(short if word == long else word for word in words.split())
        elif short in words.split():
            yield " ".join(long if word == short else word for word in words.split())
    if " the " in words and words.count(" ") >= _INNER:
        yield words.replace(" the ", " ")


_SAME_MARKER: Final = {"vol": ("vol", "volume"), "volume": ("vol", "volume")}


def _number_forms(found: Numbered) -> Iterator[tuple[str, bool]]:
    """Each way to write a numbered title, and whether nothing of it is left out."""
    if found.rest:
        yield f"{found.base} {found.rest}", True
    markers = ["", *_SAME_MARKER.get(found.marker, (found.marker,))]
    if found.marker != "":
        markers.append("part")
    for numeral in numerals(found.number):
        for marker in dict.fromkeys(markers):
            if marker == "" and numeral in {"i", "one"}:
                continue  # "dune i ..." starts a clause, "joker one ..." too
            head = f"{found.base} {marker} {numeral}" if marker else f"{found.base} {numeral}"
            yield head, not found.rest
            if found.rest:
                yield f"{head} {found.rest}", True


def initials(words: Sequence[str]) -> str:
    """First letters; numbers whole."""
    return "".join(word if word.isdigit() else word[0] for word in words)


def _initial_forms(film: Film) -> Iterator[str]:
    """Initials of the full title, of its main words and of its subtitle, three letters at least."""
    parts = split_title(film.title)
    words = " ".join(parts).split()
    main = [word for word in words if word not in ARTICLES]
    forms = {initials(words), initials(main)}
    forms.update(initials(part.split()) for part in parts[1:])
    for form in forms:
        if len(form) >= 3 and not form[0].isdigit() and form not in NOT_INITIALS:
            yield form


def _title_forms(title: str, kind: Kind, *, known: bool) -> Iterator[tuple[str, Kind]]:
    parts = split_title(title)
    if not parts:
        return
    spaced = title.replace(":", " ")
    full = normalise(spaced)
    for words in _spellings(full, spaced):
        yield words, kind
        bare = without_article(words)
        if bare != words:
            yield bare, max(kind, Kind.NO_ARTICLE)
    for spelling in dict.fromkeys((title, _APOSTROPHE.sub("", title))):
        yield from _numbered_title_forms(spelling, kind)
    if known:
        yield from _part_forms(title)


def _numbered_title_forms(title: str, kind: Kind) -> Iterator[tuple[str, Kind]]:
    found = numbered(title)
    if found is None:
        return
    for base in dict.fromkeys((found.base, found.base.replace(" and ", " & "), found.base.replace(" & ", " and "))):
        for words, complete in _number_forms(found._replace(base=base)):
            yield words, kind if complete else Kind.NUMBERED
            bare = without_article(words)
            if bare != words:
                yield bare, Kind.NUMBERED


def _part_forms(title: str) -> Iterator[tuple[str, Kind]]:
    """Main title alone, subtitles alone; what has a number in it also with it written otherwise."""
    raw = raw_parts(title)
    parts = [normalise(part) for part in raw]
    for index, part in enumerate(parts if " ".join(parts) != normalise(title) or len(parts) > 1 else ()):
        kind = Kind.SUBTITLE if index else Kind.MAIN
        if index and (_is_number_part(part) or part.replace(" ", "").isdigit()):
            continue
        if part in PLACES or part in GIVEN_NAMES:
            continue  # "Battle: Los Angeles" is not called by the city
        for words in _spellings(part, raw[index]):
            yield words, kind
            yield without_article(words), kind
        found = numbered(raw[index]) if index else None
        if found is not None:
            yield found.base, kind
            for words, _ in _number_forms(found):
                yield words, kind
    owner = _OWNER.match(title)
    if owner is not None:
        yield normalise(title[owner.end() :]), Kind.SUBTITLE
        yield without_article(normalise(title[owner.end() :])), Kind.SUBTITLE
    head = _HEAD.match(title)
    if head is not None and len(title.split()) >= _LONG:
        yield normalise(head[1]), Kind.MAIN
        yield without_article(normalise(head[1])), Kind.MAIN
    if len(parts) > 2:
        yield " ".join(parts[1:]), Kind.SUBTITLE


def _is_number_part(part: str) -> bool:
    """ "part two", "chapter 4", "vol 2": says nothing without the main title."""
    words = part.split()
    return len(words) <= 2 and words[0] in PART_WORDS


@lru_cache(maxsize=REMEMBERED)
def film_surfaces(film: Film, *, in_series: bool = False) -> Mapping[str, Kind]:
    """All surfaces of one film taken by itself (no series, no nicknames); remembered, see `REMEMBERED`.

    A film that people know, by its votes or by its series, is also called by half its title or its initials.
    """
    known = in_series if film.vote_count is None else film.vote_count >= KNOWN_VOTES
    found: dict[str, Kind] = {}

    def add(words: str, kind: Kind) -> None:
        if words and words.count(" ") < _MAX_WORDS and kind < found.get(words, KINDS):
            found[words] = kind

    for words, kind in _title_forms(film.title, Kind.FULL, known=known):
        add(words, kind)
    for other in dict.fromkeys((film.original_title or "", *film.alternative_titles)):
        if other and other != film.title:
            for words, kind in _title_forms(other, Kind.ALTERNATIVE, known=False):
                add(words, kind)
    if known:
        for words in _initial_forms(film):
            add(words, Kind.INITIALS)
    return found


def _series_surfaces(groups: Mapping[str, list[Film]]) -> Iterator[tuple[str, Film, Kind]]:
    """ "John Wick 3", "Thor 2", "Avengers 1", and with initials "JW3", "GotG 2"."""
    for key, members in groups.items():
        order = ordinals(key, members)
        for film in members:
            found = numbered(film.title)
            number = order.get(film.movie_id) or (found.number if found is not None else None)
            if number is None:
                continue
            for numeral in numerals(number):
                if numeral != "i":
                    yield f"{key} {numeral}", film, Kind.NUMBERED
            short = initials(key.split())
            if len(short) >= 2 and key.count(" "):
                for joined in (f"{short}{number}", f"{short} {number}", f"{short} vol {number}", f"{short}v{number}"):
                    yield joined, film, Kind.INITIALS


@lru_cache(maxsize=1)
def _nicknames() -> dict[str, list[tuple[str, int | None]]]:
    table: dict[str, list[tuple[str, int | None]]] = {}
    for short, title, year in NICKNAMES:
        table.setdefault(normalise(title.replace(":", " ")), []).append((short, year))
    return table


def _first_part_surfaces(films: Sequence[Film]) -> Iterator[tuple[str, Film, Kind]]:
    """ "Dune Part One": the last film of the bare title before its "Part Two" came out."""
    bare: dict[str, list[Film]] = {}
    for film in films:
        if film.year is not None:
            bare.setdefault(normalise(film.title), []).append(film)
    for film in films:
        found = numbered(film.title)
        if found is None or found.number != 2 or film.year is None:
            continue
        earlier = [other for other in bare.get(found.base, ()) if (other.year or 0) < film.year]
        if earlier:
            first = max(earlier, key=lambda other: (other.year or 0, other.movie_id))
            for words, _ in _number_forms(found._replace(number=1, rest="", marker=found.marker or "part")):
                yield words, first, Kind.NUMBERED


def _nickname_surfaces(film: Film) -> Iterator[str]:
    for short, year in _nicknames().get(normalise(film.title.replace(":", " ")), ()):
        if year is None or film.year is None or abs(year - film.year) <= 1:
            yield short


def all_surfaces(films: Sequence[Film], groups: Mapping[str, list[Film]] | None = None) -> dict[str, dict[int, Kind]]:
    """surface → {index of the film in `films`: kind}, over the whole catalogue; `groups` as of `series_of`."""
    if groups is None:
        groups = series_of(films)
    table: dict[str, dict[int, Kind]] = {}
    position = {film.movie_id: index for index, film in enumerate(films)}

    def add(words: str, index: int, kind: Kind) -> None:
        entry = table.setdefault(words, {})
        if kind < entry.get(index, KINDS):
            entry[index] = kind

    sequels = {film.movie_id for members in groups.values() for film in members}
    for index, film in enumerate(films):
        for words, kind in film_surfaces(film, in_series=film.movie_id in sequels).items():
            add(words, index, kind)
        for words in _nickname_surfaces(film):
            add(words, index, Kind.NICKNAME)
    for words, film, kind in (*_series_surfaces(groups), *_first_part_surfaces(films)):
        add(words, position[film.movie_id], kind)
    return table
