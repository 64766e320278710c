"""From TMDB's JSON to a `TmdbFilm`: a missing or mistyped field is null, a film without id or title is unusable."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from contracts.events import TmdbFilm
from producers.text import repair

MAX_ALTERNATIVE_TITLES = 100
"""The most translated films have about 60; a list without end would only slow the linking."""
MAX_TITLE_CHARACTERS = 300
"""The longest film title known is 240 characters."""


@dataclass(frozen=True)
class Listed:
    """A film as this poll's lists show it."""

    item: Any
    lists: tuple[str, ...]
    rank: int | None


@dataclass(frozen=True)
class Unusable:
    """Why an item makes no film, and its id when it has one."""

    detail: str
    key: str | None


def movie_id(item: Any) -> int | None:
    """The item's id when it is one."""
    value = item.get("id") if isinstance(item, dict) else None
    return value if type(value) is int and 0 < value < 2**31 else None


def parse_film(
    item: Any,
    *,
    genres: Mapping[int, str],
    fetched_at: datetime,
    titles: Iterable[str] = (),
    listed: Listed | None = None,
) -> TmdbFilm | Unusable:
    """Read a result of a list or a details answer.

    `genres` names the ids that lists give instead of names; `titles` are the alternative titles known from elsewhere;
    `listed` says which lists the film is in now.
    """
    number = movie_id(item)
    if number is None:
        return Unusable("id: missing or not a positive number", None)
    title = _text(item, "title")
    if title is None:
        return Unusable("title: missing or empty", str(number))
    original = _text(item, "original_title")
    try:
        return TmdbFilm(
            movie_id=number,
            title=title,
            original_title=original,
            original_language=_text(item, "original_language"),
            alternative_titles=_others(titles, title, original),
            release_date=_date(item),
            genres=_genres(item, genres),
            overview=_text(item, "overview"),
            popularity=_amount(item, "popularity"),
            vote_average=_amount(item, "vote_average"),
            vote_count=_count(item, "vote_count"),
            poster_path=_text(item, "poster_path"),
            lists=listed.lists if listed else (),
            trending_rank=listed.rank if listed else None,
            fetched_at=fetched_at,
        )
    except ValidationError as error:  # only an instant without a zone could still do this: a defect, but never a crash
        return Unusable(str(error.errors(include_input=False)[0]["msg"]), str(number))


def alternative_titles(details: Mapping[str, Any]) -> tuple[str, ...]:
    """The titles of a details answer with `append_to_response=alternative_titles`, as TMDB orders them."""
    block = details.get("alternative_titles")
    rows = block.get("titles") if isinstance(block, dict) else None
    found = (_text(row, "title") for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return tuple(dict.fromkeys(title for title in found if title and len(title) <= MAX_TITLE_CHARACTERS))[
        :MAX_ALTERNATIVE_TITLES
    ]


def genre_names(answer: Mapping[str, Any]) -> dict[int, str]:
    """The names by id of a /genre/movie/list answer."""
    rows = answer.get("genres")
    rows = rows if isinstance(rows, list) else []
    pairs = ((row.get("id"), _text(row, "name")) for row in rows if isinstance(row, dict))
    return {number: name for number, name in pairs if type(number) is int and name}


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    return (repair(value)[0].strip() or None) if isinstance(value, str) else None


def _amount(item: Mapping[str, Any], name: str) -> float | None:
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _count(item: Mapping[str, Any], name: str) -> int | None:
    value = item.get(name)
    return value if type(value) is int and 0 <= value < 2**31 else None


def _date(item: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(_text(item, "release_date") or "")
    except ValueError:  # TMDB gives "" for a film without a date
        return None


def _genres(item: Mapping[str, Any], names: Mapping[int, str]) -> tuple[str, ...]:
    if isinstance(item.get("genres"), list):
        return tuple(genre_names(item).values())
    ids = item.get("genre_ids")
    known = (names.get(number) for number in ids if type(number) is int) if isinstance(ids, list) else ()
    return tuple(dict.fromkeys(name for name in known if name))


def _others(titles: Iterable[str], *own: str | None) -> tuple[str, ...]:
    return tuple(title for title in titles if title not in own)
