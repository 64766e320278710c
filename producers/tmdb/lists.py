"""The lists of one poll: which films are in them now, and at which rank."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from producers.errors import SourceUnavailableError
from producers.tmdb.records import Listed, movie_id


@dataclass(frozen=True)
class ListSource:
    """A TMDB list: the name records carry, the path, and how many of its pages (20 films each) are wanted."""

    name: str
    path: str
    pages: int


TRENDING = ListSource("trending_day", "/trending/movie/day", 3)
NOW_PLAYING = ListSource("now_playing", "/movie/now_playing", 2)


class Api(Protocol):
    """The part of `TmdbClient` that polls need."""

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """Fetch one JSON object; raises `SourceError` or `ConfigurationError`."""

    def get_once(self, path: str, *, within: float, **params: str | int) -> dict[str, Any]:
        """Fetch one JSON object with a single try."""


@dataclass
class ListsPoll:
    """What one poll found: the films by id in the order met, and the items that have no id."""

    films: dict[int, Listed] = field(default_factory=dict)
    unusable: list[Any] = field(default_factory=list)

    def add(self, source: ListSource, item: Any) -> None:
        """Note one item of a list; a film that moved to the next page between two requests keeps its first rank."""
        number = movie_id(item)
        if number is None:
            self.unusable.append(item)
            return
        known = self.films.get(number)
        if known and source.name in known.lists:
            return
        lists = (*known.lists, source.name) if known else (source.name,)
        rank = known.rank if known else None
        if source is TRENDING:
            rank = 1 + sum(film.rank is not None for film in self.films.values())
        self.films[number] = Listed(known.item if known else item, lists, rank)


def results(answer: dict[str, Any], path: str) -> list[Any]:
    """The items of a list answer.

    Raises:
        SourceUnavailableError: it has none, not even an empty list.
    """
    items = answer.get("results")
    if not isinstance(items, list):
        raise SourceUnavailableError(f"TMDB's answer to {path} has no results")
    return items


def last_page(answer: dict[str, Any]) -> int:
    """The number of pages TMDB says the list has; 0 when it does not say."""
    pages = answer.get("total_pages")
    return pages if type(pages) is int else 0


def fetch_lists(api: Api, region: str) -> ListsPoll:
    """Fetch all wanted pages of both lists.

    All or nothing: with a page missing, the films on it would look as if they had left the list.

    Raises:
        SourceError, ConfigurationError: from the API.
    """
    found = ListsPoll()
    for source in (TRENDING, NOW_PLAYING):
        for page in range(1, source.pages + 1):
            answer = api.get(source.path, page=page, region=region)
            for item in results(answer, source.path):
                found.add(source, item)
            if page >= last_page(answer):
                break
    return found
