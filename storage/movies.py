"""The table `movies`: one row a film, as the last poll saw it."""

from collections.abc import Iterable
from typing import Any

from cassandra.query import UNSET_VALUE

from contracts.events import TmdbFilm
from storage.codec import columns_of, from_row, to_micros, values_of
from storage.database import Database

_COLUMNS = columns_of(TmdbFilm)
_FACTS = (
    "original_title",
    "original_language",
    "alternative_titles",
    "release_date",
    "year",
    "genres",
    "overview",
    "poster_path",
)
"""What stays true of a film. A poll that lacks one (its details request failed) leaves the known value in place;
the figures of a poll (popularity, votes, lists, rank) are always replaced, an unknown one included."""
_NO_RANK = 0
"""Stored for "not in the trending list": a null would leave a tombstone in nearly every row."""
_SCAN_PAGE = 200
"""Rows a page of a whole-table read: an unknown figure is a tombstone, up to four a row; Cassandra warns from 1,000."""


class Movies:
    """The films the platform knows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = database.insert("movies", _COLUMNS, ttl=False)
        names = ", ".join(_COLUMNS)
        self._select = database.prepare(f"SELECT {names} FROM {{ks}}.movies WHERE movie_id = ?")  # noqa: S608
        self._scan = database.prepare(f"SELECT {names} FROM {{ks}}.movies")  # noqa: S608
        self._scan.fetch_size = _SCAN_PAGE

    def upsert(self, films: Iterable[TmdbFilm]) -> None:
        """Write what a poll saw; the poll with the later `fetched_at` wins, whichever is written last.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        self._database.write("movies", ((self._insert, _values(film)) for film in films))

    def all(self) -> list[TmdbFilm]:
        """Every film, in no order.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        return [_film(row) for row in self._database.read(self._scan)]

    def get(self, movie_id: int) -> TmdbFilm | None:
        """One film, None when it is unknown.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        rows = self._database.read(self._select, [movie_id])
        return _film(rows[0]) if rows else None


def _values(film: TmdbFilm) -> list[Any]:
    values = dict(zip(_COLUMNS, values_of(film, _COLUMNS), strict=True))
    for name in _FACTS:
        if values[name] in (None, []):
            values[name] = UNSET_VALUE
    values["trending_rank"] = film.trending_rank or _NO_RANK
    return [*values.values(), to_micros(film.fetched_at)]


def _film(row: dict[str, Any]) -> TmdbFilm:
    values = from_row(row)
    for name in ("alternative_titles", "genres", "lists"):
        values[name] = values[name] or ()
    values["trending_rank"] = values["trending_rank"] or None
    return TmdbFilm(**values)
