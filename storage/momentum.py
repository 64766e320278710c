"""The tables `momentum_by_window`, `film_hours` and `momentum_state`: attention against a film's own normal."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cassandra.query import UNSET_VALUE

from storage.codec import FAR_FUTURE, FAR_PAST, columns_of, from_cql, from_row, to_cql, to_micros, values_of
from storage.database import Database
from storage.records import FilmHour, FilmMomentum

_MOMENTUM = columns_of(FilmMomentum)
_HOURS = columns_of(FilmHour)
_STATE = "detector"
"""The one row of `momentum_state`."""


class Momentum:
    """What the momentum service writes of films."""

    def __init__(self, database: Database, ttl: int) -> None:
        """Prepare the statements; `ttl` is in seconds, counted from the write."""
        self._database, self._ttl = database, ttl
        self._insert = database.insert("momentum_by_window", _MOMENTUM)
        self._insert_hour = database.insert("film_hours", _HOURS)
        self._insert_state = database.insert("momentum_state", ("name", "window_start", "payload"), ttl=False)
        self._window = database.prepare(
            f"SELECT {', '.join(_MOMENTUM)} FROM {{ks}}.momentum_by_window WHERE window_start = ?"  # noqa: S608
        )
        self._hours = database.prepare(
            f"SELECT {', '.join(_HOURS)} FROM {{ks}}.film_hours "  # noqa: S608
            "WHERE movie_id = ? AND hour >= ? AND hour < ?"
        )
        self._state = database.prepare("SELECT window_start, payload FROM {ks}.momentum_state WHERE name = ?")

    def upsert(self, rows: Iterable[FilmMomentum]) -> None:
        """Write momenta by (window, film); a repetition changes nothing.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        self._database.write("momentum_by_window", ((self._insert, self._values(row)) for row in rows))

    def window(self, window_start: datetime) -> list[FilmMomentum]:
        """Every film's momentum at the end of one window, in no order.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        return [FilmMomentum(**from_row(row)) for row in self._database.read(self._window, [to_cql(window_start)])]

    def upsert_hours(self, hours: Iterable[FilmHour]) -> None:
        """Write hours by (film, hour); of one hour the row that has taken in the later window wins.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        self._database.write(
            "film_hours",
            ((self._insert_hour, [*values_of(hour, _HOURS), to_micros(hour.until), self._ttl]) for hour in hours),
        )

    def hours(self, movie_id: int, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
        """One film's hours with start <= hour < end, newest first; None leaves that side open.

        The columns of `FilmHour` as plain values: a chart has hundreds of points, and nothing else reads them.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        low = FAR_PAST if start is None else to_cql(start)
        high = FAR_FUTURE if end is None else to_cql(end)
        return [from_row(row) for row in self._database.read(self._hours, [movie_id, low, high])]

    def save_state(self, window_start: datetime, payload: bytes) -> None:
        """Keep what the detector knows up to and with a window; a later window's state wins.

        Raises:
            DependencyError: Cassandra did not acknowledge it.
        """
        values = [_STATE, to_cql(window_start), payload, to_micros(window_start)]
        self._database.write("momentum_state", [(self._insert_state, values)])

    def state(self) -> tuple[datetime, bytes] | None:
        """The newest state kept, None when there is none.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        rows = self._database.read(self._state, [_STATE])
        return (from_cql(rows[0]["window_start"]), bytes(rows[0]["payload"])) if rows else None

    def _values(self, row: FilmMomentum) -> list[Any]:
        values = [UNSET_VALUE if value is None else value for value in values_of(row, _MOMENTUM)]
        return [*values, to_micros(row.window_end), self._ttl]
