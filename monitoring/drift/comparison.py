"""One comparison from the store to the report, the mark and the MLflow artifact."""

from datetime import datetime

from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import TrendScopeError
from contracts.events import Prediction, TrendUpdate
from monitoring.drift import experiment
from monitoring.drift.evaluate import Result, compare
from monitoring.drift.frames import frame
from monitoring.drift.reports import Reports
from monitoring.drift.spans import Spans, choose, days_of
from storage.records import ModelMetric
from storage.store import Store

log = get_logger(__name__)

EVENTS_VERSION = "events"
MARK = "data_drift"
"""With these names the marks of drift are in `model_metrics`, beside the model's own events."""


class NotEnoughError(TrendScopeError):
    """There are not enough final windows to compare."""


class StoreTables:
    """The store as `frame` reads it."""

    def __init__(self, store: Store, horizon: int) -> None:
        self._store, self._horizon = store, horizon

    def window(self, window_start: datetime) -> list[TrendUpdate]:
        """Every film of a window."""
        return self._store.trends.window(window_start)

    def forecasts(self, made_at: datetime) -> list[Prediction]:
        """Every film's forecast of the shortest horizon."""
        return self._store.predictions.at(made_at, self._horizon)


def run(settings: Settings, reports: Reports) -> Result:
    """Compare, mark a drift that begins, save, and keep at MLflow.

    Raises:
        NotEnoughError: there are not enough final windows.
        DependencyError: Cassandra is away.
    """
    before = reports.latest()
    with Store.open(settings) as store:
        result, snapshot = _compare(settings, store, reports)
        if result.drifted and not (before and before.drifted):
            # Before the report is there: from then on the drift is an old one, and nobody would mark it any more.
            store.metrics.upsert([
                ModelMetric(model_version=EVENTS_VERSION, metric=MARK, horizon=1, at=result.at, value=result.share)
            ])  # fmt: skip
        name = reports.save(result, snapshot)
    run_id = experiment.keep(settings.mlflow_tracking_uri, name, result, reports.files(name))
    drifted = [column for column, one in result.columns.items() if one.drifted]
    log.info("compared", report=name, drifted=result.drifted, columns=drifted, mlflow_run=run_id)
    return result


def _compare(settings: Settings, store: Store, reports: Reports) -> tuple[Result, object]:
    window = settings.trend_window_duration
    spans = _spans(settings, store)
    tables = StoreTables(store, min(settings.forecast_horizons))
    reference, current = frame(tables, spans.reference), frame(tables, spans.current)
    if reference.empty or current.empty:
        raise NotEnoughError("the windows hold no final scores")
    start, end = spans.current[0], spans.current[-1] + window
    # Confirmed by windows that are mostly others, and not by those of last week.
    before = reports.newest(start - 2 * (end - start), start + (end - start) / 4)
    return compare(reference, current, spans, (start, end), before)


def _spans(settings: Settings, store: Store) -> Spans:
    newest = store.trends.windows(1)
    if not newest:
        raise NotEnoughError("there are no windows yet")
    # Final is a window whose end the watermark has passed; its forecast has its outcome one horizon later.
    window = settings.trend_window_duration
    end = newest[0] - window - settings.watermark_delay - window * min(settings.forecast_horizons)
    days = days_of(end, settings.drift_current)
    starts = [start for day in days for start in store.trends.windows(day.date()) if start <= end]
    spans = choose(starts, settings.drift_current)
    if spans is None:
        raise NotEnoughError(f"{len(starts)} windows are final and have their outcomes; 20 are needed")
    return spans
