"""The table `model_metrics`: how well each model version does, over time."""

from collections.abc import Iterable

from storage.codec import columns_of, from_row, to_micros, values_of
from storage.database import Database
from storage.records import ModelMetric

_COLUMNS = columns_of(ModelMetric)


class ModelMetrics:
    """Metric series by model version, metric and horizon."""

    def __init__(self, database: Database, ttl: int) -> None:
        """Prepare the statements; `ttl` is in seconds, counted from the write."""
        self._database, self._ttl = database, ttl
        self._insert = database.insert("model_metrics", _COLUMNS)
        self._series = database.prepare(
            f"SELECT {', '.join(_COLUMNS)} FROM {{ks}}.model_metrics "  # noqa: S608
            "WHERE model_version = ? AND metric = ? AND horizon = ? LIMIT ?"
        )

    def upsert(self, metrics: Iterable[ModelMetric]) -> None:
        """Write values by (version, metric, horizon, at).

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        self._database.write(
            "model_metrics",
            ((self._insert, [*values_of(metric, _COLUMNS), to_micros(metric.at), self._ttl]) for metric in metrics),
        )

    def series(self, model_version: str, metric: str, horizon: int, limit: int = 1_000) -> list[ModelMetric]:
        """The newest values of one series, newest first.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        rows = self._database.read(self._series, [model_version, metric, horizon, limit])
        return [ModelMetric(**from_row(row)) for row in rows]
