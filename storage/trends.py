"""The tables `movie_trends`, `trends_by_window` and their index `windows`."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from cassandra.query import UNSET_VALUE

from contracts.events import TrendUpdate
from storage.codec import FAR_FUTURE, FAR_PAST, columns_of, from_row, to_cql, to_micros, values_of
from storage.database import Database
from storage.days import Days

_COLUMNS = columns_of(TrendUpdate)
SAMPLED = (
    "window_start", "window_end", "trend_score", "popularity_part", "mentions_part", "sentiment_part", "mentions",
    "sentiment", "positive", "neutral", "negative", "is_final",
)  # fmt: skip
"""What a chart shows of a window."""
_NO_RANK = 0
"""Stored for "not in the trending list": a null would leave a tombstone in nearly every row."""


class Trends:
    """TrendScores by film and by window."""

    def __init__(self, database: Database, ttl: int) -> None:
        """Prepare the statements; `ttl` is in seconds, counted from the write."""
        self._database, self._ttl = database, ttl
        self._insert = database.insert(("movie_trends", "trends_by_window"), _COLUMNS)
        names = ", ".join(_COLUMNS)
        self._history = database.prepare(
            f"SELECT {names} FROM {{ks}}.movie_trends "  # noqa: S608
            "WHERE movie_id = ? AND window_start >= ? AND window_start < ? LIMIT ?"
        )
        self._window = database.prepare(f"SELECT {names} FROM {{ks}}.trends_by_window WHERE window_start = ?")  # noqa: S608
        self._head = database.prepare("SELECT is_final FROM {ks}.trends_by_window WHERE window_start = ? LIMIT 1")
        self._scores = database.prepare(
            "SELECT movie_id, trend_score FROM {ks}.trends_by_window WHERE window_start = ?"
        )
        self._sample = database.prepare(
            f"SELECT {', '.join(SAMPLED)} FROM {{ks}}.movie_trends "  # noqa: S608
            "WHERE movie_id = ? AND window_start IN ?"
        )
        self._index = Days(database, "windows", "windows", "window_start", ttl)

    def upsert(self, updates: Iterable[TrendUpdate]) -> None:
        """Write revisions; of one (film, window) the highest revision wins, whichever is written last.

        The index comes last: a window it names has its rows.

        Raises:
            DependencyError: Cassandra did not acknowledge every row; writing all of them again is safe.
        """
        known = list(updates)
        self._database.write("trends", ((self._insert, self._values(update)) for update in known))
        self._index.add(update.window_start for update in known)

    def history(
        self, movie_id: int, start: datetime | None = None, end: datetime | None = None, limit: int = 10_000
    ) -> list[TrendUpdate]:
        """One film's windows with start <= window_start < end, newest first; None leaves that side open.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        low = FAR_PAST if start is None else to_cql(start)
        high = FAR_FUTURE if end is None else to_cql(end)
        return [_update(row) for row in self._database.read(self._history, [movie_id, low, high, limit])]

    def window(self, window_start: datetime) -> list[TrendUpdate]:
        """Every film's row of one window, the highest TrendScore first.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        updates = [_update(row) for row in self._database.read(self._window, [to_cql(window_start)])]
        return sorted(updates, key=lambda update: (-update.trend_score, update.movie_id))

    def seems_final(self, window_start: datetime) -> bool | None:
        """Whether the first row of a window is final, None when the window has no row: a cheap look before `window`.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        rows = self._database.read(self._head, [to_cql(window_start)])
        return bool(rows[0]["is_final"]) if rows else None

    def scores(self, window_start: datetime) -> dict[int, float]:
        """Every film's TrendScore in one window, by film.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        rows = self._database.read(self._scores, [to_cql(window_start)])
        return {row["movie_id"]: row["trend_score"] for row in rows}

    def sample(self, movie_id: int, window_starts: Iterable[datetime]) -> list[dict[str, Any]]:
        """The columns `SAMPLED` of one film in certain windows, newest first; a window without a row is left out.

        Plain values instead of models: a chart has hundreds of points, and nothing else reads them.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        starts = [to_cql(start) for start in window_starts]
        rows = self._database.read(self._sample, [movie_id, starts]) if starts else []
        return sorted(map(from_row, rows), key=lambda row: row["window_start"], reverse=True)

    def windows(self, which: date | int) -> list[datetime]:
        """The starts of the windows of a UTC day, or of the latest so many, newest first.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        return self._index.latest(which) if isinstance(which, int) else self._index.of_day(which)

    def _values(self, update: TrendUpdate) -> list[Any]:
        values = dict(zip(_COLUMNS, values_of(update, _COLUMNS), strict=True))
        values["trending_rank"] = update.trending_rank or _NO_RANK
        if update.sentiment is None:
            values["sentiment"] = UNSET_VALUE  # read back by `mentions` = 0: a quiet film's rows get no tombstones
        return [*values.values(), write_timestamp(update), self._ttl]


def write_timestamp(update: TrendUpdate) -> int:
    """The Cassandra timestamp of a revision, microseconds: it grows with the revision, whatever a host's clock says."""
    return to_micros(update.window_end) + update.revision


def _update(row: dict[str, Any]) -> TrendUpdate:
    values = from_row(row)
    values["trending_rank"] = values["trending_rank"] or None
    if not values["mentions"]:
        values["sentiment"] = None
    return TrendUpdate(**values)
