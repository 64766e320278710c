"""Series of films, found from the titles alone: who is "John Wick 3", who belongs to one franchise.

A film's series is named by the first part of its title without number and article: "Thor: Ragnarok" and "Thor" are
both of "thor". Members in order of release get ordinals, so that "Thor 3" is Ragnarok, unless the numbers written in
the titles say otherwise or the series was started anew.
"""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from processors.linking.model import Film
from processors.linking.text import normalise
from processors.linking.titles import numbered, split_title, without_article

RESTART_YEARS: Final = 15
"""A gap longer than this starts a series anew even under a new subtitle (Avatar waited for thirteen years)."""

SEQUEL_YEARS: Final = 12
"""A title that goes on from an older film's whole title ("Ant-Man and the Wasp") within these years is its sequel."""

_GOES_ON: Final = re.compile(r" (?:and|&|in|vs|v|returns|returns to|strikes) ")


def main_titles(films: Iterable[Film]) -> set[str]:
    """First parts of dashed titles ("mission impossible"): these keep their colon's two halves together."""
    return {split_title(film.title)[0] for film in films if " - " in film.title and split_title(film.title)}


def series_key(title: str, mains: Container[str] = ()) -> str:
    """The name of the series a title would belong to; `mains` are titles that a colon does not divide."""
    found = numbered(title)
    parts = split_title(title)
    if not parts:
        return ""
    whole = found.base if found is not None and not found.rest else " ".join(parts)
    if whole in mains:
        return without_article(whole)
    base = found.base if found is not None else parts[0]
    return without_article(min(base, parts[0], key=len))


def series_keys(films: Sequence[Film]) -> list[str]:
    """The series name of each film."""
    mains = main_titles(films)
    years: dict[str, list[int]] = defaultdict(list)
    for film in films:
        if film.year is not None:
            years[without_article(normalise(film.title))].append(film.year)
    return [_older_title(film, years) or series_key(film.title, mains) for film in films]


def _older_title(film: Film, years: Mapping[str, Sequence[int]]) -> str:
    """The title of the older film that this film's title goes on from; empty when there is none."""
    words = without_article(normalise(film.title))
    for match in _GOES_ON.finditer(words):
        head = words[: match.start()]
        if film.year is not None and any(0 < film.year - year <= SEQUEL_YEARS for year in years.get(head, ())):
            return head
    return ""


def series_of(films: Sequence[Film], keys: Sequence[str] | None = None) -> dict[str, list[Film]]:
    """Series with at least two members, oldest first; films without a year are left out. `keys` as of `series_keys`."""
    groups: dict[str, list[Film]] = defaultdict(list)
    for film, key in zip(films, series_keys(films) if keys is None else keys, strict=True):
        if film.year is not None and key:
            groups[key].append(film)
    return {
        key: sorted(members, key=lambda film: (film.year or 0, film.movie_id))
        for key, members in groups.items()
        if len(members) > 1
    }


def ordinals(key: str, members: list[Film]) -> dict[int, int]:
    """movie_id → position in the series, where the order can be trusted.

    A long gap, or the bare title again, starts the series anew; every start counts from one. A run is trusted as far
    as the numbers written in its titles agree with the order and no two films share a year.
    """
    trusted: dict[int, int] = {}
    for run in runs(key, members):
        positions = dict(_counted(key, run))
        if len(positions) > 1:
            trusted.update(positions)
    return trusted


def runs(key: str, members: list[Film]) -> list[list[Film]]:
    """The series divided where it starts anew."""
    found: list[list[Film]] = []
    for film in members:
        bare = without_article(" ".join(split_title(film.title))) == key
        if not found or bare or (film.year or 0) - (found[-1][-1].year or 0) > RESTART_YEARS:
            found.append([])
        found[-1].append(film)
    return found


def _counted(key: str, run: list[Film]) -> Iterator[tuple[int, int]]:
    for position, film in enumerate(run, 1):
        found = numbered(film.title)
        if found is not None and without_article(found.base) == key and found.number != position:
            return
        if position > 1 and film.year == run[position - 2].year:
            return
        yield film.movie_id, position
