"""The tables `predictions`, `predictions_by_time` and their index `prediction_times`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cassandra.query import UNSET_VALUE

from contracts.events import Prediction
from storage.codec import columns_of, from_row, to_cql, to_micros, values_of
from storage.database import Database
from storage.days import Days

_COLUMNS = columns_of(Prediction)
_NAMES = ", ".join(_COLUMNS)


class Predictions:
    """Forecasts, and their outcomes once the target window has closed."""

    def __init__(self, database: Database, ttl: int, horizons: Iterable[int]) -> None:
        """Prepare the statements.

        Args:
            database: where.
            ttl: seconds, counted from the write.
            horizons: those forecast, in window lengths: how many rows an instant of a film has.
        """
        self._database, self._ttl, self._horizons = database, ttl, len(set(horizons))
        self._insert = database.insert(("predictions", "predictions_by_time"), _COLUMNS)
        self._of_movie = database.prepare(f"SELECT {_NAMES} FROM {{ks}}.predictions WHERE movie_id = ? LIMIT ?")  # noqa: S608
        self._at = database.prepare(f"SELECT {_NAMES} FROM {{ks}}.predictions_by_time WHERE made_at = ?")  # noqa: S608
        self._at_horizon = database.prepare(
            f"SELECT {_NAMES} FROM {{ks}}.predictions_by_time WHERE made_at = ? AND horizon = ?"  # noqa: S608
        )
        self._index = Days(database, "predictions", "prediction_times", "made_at", ttl)

    def upsert(self, predictions: Iterable[Prediction]) -> None:
        """Write forecasts or outcomes by (film, made_at, horizon). An outcome always wins over its forecast, so a
        forecast replayed after its outcome erases nothing.

        Raises:
            DependencyError: Cassandra did not acknowledge every row; writing all of them again is safe.
        """
        known = list(predictions)
        self._database.write("predictions", ((self._insert, self._values(one)) for one in known))
        self._index.add(prediction.made_at for prediction in known)

    def for_movie(self, movie_id: int, horizon: int | None = None, limit: int = 100) -> list[Prediction]:
        """A film's newest forecasts, newest first; of all horizons, or of one.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        if horizon is None:
            return [_prediction(row) for row in self._database.read(self._of_movie, [movie_id, limit])]
        rows = self._database.read(self._of_movie, [movie_id, limit * self._horizons])
        return [_prediction(row) for row in rows if row["horizon"] == horizon][:limit]

    def at(self, made_at: datetime, horizon: int | None = None) -> list[Prediction]:
        """All films' forecasts made at one instant, by horizon and movie_id.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        if horizon is None:
            rows = self._database.read(self._at, [to_cql(made_at)])
        else:
            rows = self._database.read(self._at_horizon, [to_cql(made_at), horizon])
        return [_prediction(row) for row in rows]

    def latest(self, horizon: int | None = None) -> list[Prediction]:
        """All films' forecasts of the newest instant that has any; empty when there is none.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        times = self.times(1)
        return self.at(times[0], horizon) if times else []

    def times(self, count: int) -> list[datetime]:
        """The newest instants at which forecasts were made, newest first.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        return self._index.latest(count)

    def _values(self, prediction: Prediction) -> list[Any]:
        values = dict(zip(_COLUMNS, values_of(prediction, _COLUMNS), strict=True))
        for name in ("actual", "error"):
            if values[name] is None:
                values[name] = UNSET_VALUE
        return [*values.values(), write_timestamp(prediction), self._ttl]


def write_timestamp(prediction: Prediction) -> int:
    """The Cassandra timestamp, microseconds: the end of the target window once the outcome is known, else `made_at`."""
    return to_micros(prediction.made_at if prediction.actual is None else prediction.target_window_end)


def _prediction(row: dict[str, Any]) -> Prediction:
    return Prediction(**from_row(row))
