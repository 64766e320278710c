"""What TMDB holds at a time: the wider catalogue with drifting figures, and recorded polls laid over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from contracts.errors import ConfigurationError
from simulator import drift, tmdb_json
from simulator.catalogue import GENRES, CatalogueFilm, read_lines
from simulator.tmdb_json import Figures

ListName = Literal["trending_day", "trending_week", "now_playing", "popular", "top_rated", "upcoming"]

TRENDING_FILMS = 200
IN_CINEMAS = 60
TOP_RATED_MIN_VOTES = 200
"""A mean of fewer votes says little: TMDB leaves such films out too."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One recorded visit to TMDB: the raw items of each list, in their order."""

    lists: dict[str, list[dict[str, Any]]]
    items: dict[int, dict[str, Any]]
    """Every film of the poll, by id."""


def read_polls(path: Path) -> list[Poll]:
    """Recorded polls in order of time, one `{"polled_utc", "lists": {name: [items]}}` a line.

    Raises:
        ConfigurationError: the file cannot be read, is empty, or a line lacks a field.
    """
    try:
        lines = sorted(read_lines(path), key=lambda line: str(line["polled_utc"]))
        polls = [
            Poll(line["lists"], {item["id"]: item for items in line["lists"].values() for item in items})
            for line in lines
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: a poll lacks or mistypes {error}") from error
    if not polls:
        raise ConfigurationError(f"{path} holds no poll")
    return polls


class TmdbWorld:
    """Answers what any endpoint needs to know."""

    def __init__(self, films: Sequence[CatalogueFilm], seed: int, polls: Sequence[Poll] = ()) -> None:
        """`polls`: when given, their lists replace the simulated ones, and their figures the catalogue's."""
        known = {film.id for film in films}
        extra = {id_: item for poll in polls for id_, item in poll.items.items() if id_ not in known}
        self._films = {film.id: film for film in (*films, *map(_film_of_item, extra.values()))}
        self._seed = seed
        self._polls = list(polls)
        self._place = 0
        self._rankings: dict[str, tuple[tuple[int, int], list[CatalogueFilm]]] = {}

    @property
    def films(self) -> list[CatalogueFilm]:
        """Every film, those of the polls included."""
        return list(self._films.values())

    @property
    def poll_count(self) -> int:
        """How many polls are recorded."""
        return len(self._polls)

    @property
    def poll_place(self) -> int:
        """The poll being served, counted from 0."""
        return self._place

    def move_to(self, progress: float) -> None:
        """Serve the poll at this share of the recording; never goes back."""
        if self._polls:
            place = min(int(progress * len(self._polls)), len(self._polls) - 1)
            self._place = max(self._place, place)

    def get(self, film_id: int) -> CatalogueFilm | None:
        """A film's facts."""
        return self._films.get(film_id)

    def figures(self, film: CatalogueFilm, now: float) -> Figures:
        """The figures at `now`: those of the current poll, or the catalogue's with their drift."""
        recorded = self._recorded(film.id)
        if recorded is not None:
            return Figures(recorded.get("popularity"), recorded.get("vote_average"), recorded.get("vote_count"))
        return Figures(
            None if film.popularity is None else drift.popularity_at(film.popularity, film.id, self._seed, now),
            film.vote_average,
            None if film.vote_count is None else drift.votes_at(film.vote_count, film.id, self._seed, now),
        )

    def _recorded(self, film_id: int) -> dict[str, Any] | None:
        # a film that left the lists keeps its last recorded figures
        for poll in reversed(self._polls[: self._place + 1]):
            if film_id in poll.items:
                return poll.items[film_id]
        return None

    def items(self, name: ListName, now: float, places: slice) -> tuple[list[dict[str, Any]], int]:
        """These places of a list, the first place first, and the length of the whole list."""
        if self._polls and name not in {"popular", "top_rated"}:
            recorded = self._polls[self._place].lists.get(name, [])
            return recorded[places], len(recorded)
        ranked = self._ranking(name, now)
        items = [
            tmdb_json.list_item(film, self.figures(film, now), media_type=name.startswith("trending"))
            for film in ranked[places]
        ]
        return items, len(ranked)

    def _ranking(self, name: ListName, now: float) -> list[CatalogueFilm]:
        # nothing that ranks moves within an hour, except to another recorded poll
        key = (int(now // 3_600), self._place)
        if self._rankings.get(name, (None,))[0] != key:
            self._rankings[name] = (key, getattr(self, f"_{name}")(now))
        return self._rankings[name][1]

    def dates(self, now: float) -> dict[str, str]:
        """The span that now_playing states."""
        today = datetime.fromtimestamp(now, UTC).date()
        return {"maximum": (today + timedelta(days=7)).isoformat(), "minimum": (today - timedelta(days=45)).isoformat()}

    def _trending_day(self, now: float) -> list[CatalogueFilm]:
        return self._trending(now, "day", int(now // 3_600))

    def _trending_week(self, now: float) -> list[CatalogueFilm]:
        return self._trending(now, "week", int(now // drift.DAY))

    def _trending(self, now: float, period: str, slot: int) -> list[CatalogueFilm]:
        def heat(film: CatalogueFilm) -> float:
            return self._level(film, now) * drift.trending_noise(film.id, self._seed, period, slot)

        return sorted(self._films.values(), key=lambda film: (-heat(film), film.id))[:TRENDING_FILMS]

    def _level(self, film: CatalogueFilm, now: float) -> float:
        return self.figures(film, now).popularity or 0.0

    def _now_playing(self, now: float) -> list[CatalogueFilm]:
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        out = [film for film in self._films.values() if film.release_date and film.release_date <= today]
        newest = sorted(out, key=lambda film: film.release_date)[-IN_CINEMAS:]
        return sorted(newest, key=lambda film: (-self._level(film, now), film.id))

    def _upcoming(self, now: float) -> list[CatalogueFilm]:
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        return sorted((f for f in self._films.values() if f.release_date > today), key=lambda film: film.release_date)

    def _popular(self, now: float) -> list[CatalogueFilm]:
        return sorted(
            self._films.values(), key=lambda film: (-self._level(film, now), -(film.vote_count or 0), film.id)
        )

    def _top_rated(self, now: float) -> list[CatalogueFilm]:  # noqa: ARG002 - called as the others are
        rated = [film for film in self._films.values() if (film.vote_count or 0) >= TOP_RATED_MIN_VOTES]
        # a catalogue without ratings is ordered by the votes it has
        return sorted(rated, key=lambda film: (-(film.vote_average or 0.0), -(film.vote_count or 0), film.id))


def _film_of_item(item: dict[str, Any]) -> CatalogueFilm:
    return CatalogueFilm(
        id=item["id"],
        title=item["title"],
        original_title=item.get("original_title") or item["title"],
        original_language=item.get("original_language") or "en",
        alternative_titles=(),
        release_date=item.get("release_date") or "",
        genre_ids=tuple(genre for genre in item.get("genre_ids") or () if genre in GENRES),
        popularity=item.get("popularity"),
        vote_average=item.get("vote_average"),
        vote_count=item.get("vote_count"),
    )
