"""Series of films, found from the titles alone: who is "John Wick 3", who belongs to one franchise.

A film's series is named by the first part of its title without number and article: "Thor: Ragnarok" and "Thor" are
both of "thor". Members in order of release get ordinals, so that "Thor 3" is Ragnarok, unless the numbers written in
the titles say otherwise or the series was started anew.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from typing import Final

from processors.linking.model import Film
from processors.linking.titles import numbered, split_title, without_article

RESTART_YEARS: Final = 9
"""A gap longer than this starts a series anew (Halloween 2009 → 2018)."""


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


def series_of(films: Sequence[Film]) -> dict[str, list[Film]]:
    """Series with at least two members, oldest first; films without a year are left out."""
    mains = main_titles(films)
    groups: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        if film.year is not None and (key := series_key(film.title, mains)):
            groups[key].append(film)
    return {
        key: sorted(members, key=lambda film: (film.year or 0, film.movie_id))
        for key, members in groups.items()
        if len(members) > 1
    }


def ordinals(key: str, members: list[Film]) -> dict[int, int]:
    """movie_id → position in the series, for series whose order can be trusted; else empty.

    Trusted: the first member is the bare title, each next one has a subtitle or a number, written numbers agree with
    the order, no two share a year, no long gap.
    """
    trusted: dict[int, int] = {}
    for position, film in enumerate(members, 1):
        number = numbered(film.title)
        bare = without_article(" ".join(split_title(film.title))) == key
        if number is not None and number.base in {key, f"the {key}"} and number.number != position:
            break
        if bare != (position == 1) and number is None:
            break
        if position > 1:
            gap = (film.year or 0) - (members[position - 2].year or 0)
            if not 0 < gap <= RESTART_YEARS:
                break
        trusted[film.movie_id] = position
    return trusted if len(trusted) > 1 else {}
