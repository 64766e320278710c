"""The service's Prometheus metrics. Labels are horizons, model versions and baselines alone: films do not add any.

A model version is one of the two configurations; the figures are the leading one's, and change their label with it.
"""

from collections.abc import Iterator

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common.metrics import show_known
from ml_service.engine import Batch, Engine
from ml_service.events import Kind
from ml_service.model.scores import Score

PREDICTIONS = Counter("ml_predictions_total", "Forecasts made", ["horizon", "version"])
OUTCOMES = Counter("ml_outcomes_total", "Forecasts whose outcome came", ["horizon", "version"])
SECONDS = Histogram(
    "ml_prediction_seconds",
    "One film's final window: outcomes, learning and new forecasts of all horizons",
    buckets=(0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.004, 0.01, 0.1),
)
MAE = Gauge("ml_mae", "Recent mean absolute error, points of TrendScore", ["horizon", "version"])
RMSE = Gauge("ml_rmse", "Recent root mean square error, points of TrendScore", ["horizon", "version"])
R2 = Gauge("ml_r2", "Recent share of the outcomes' variance explained", ["horizon", "version"])
SKILL = Gauge("ml_skill", "Recent 1 - MAE / MAE of persistence", ["horizon", "version"])
BASELINE_MAE = Gauge("ml_baseline_mae", "Recent mean absolute error of a baseline", ["horizon", "baseline"])
COVERAGE = Gauge("ml_interval_coverage", "Recent share of outcomes inside their interval", ["horizon", "version"])
WIDTH = Gauge("ml_interval_width", "Recent mean width of the intervals, points of TrendScore", ["horizon", "version"])
CHALLENGER_MAE = Gauge("ml_challenger_mae", "Recent mean absolute error of the challenger, in shadow", ["horizon"])
MODEL = Gauge("ml_model_info", "1 for the model version that has the role", ["version", "role"])
EVENTS = Counter("ml_model_events_total", "Drifts, contests, promotions and rollbacks", ["kind"])
LAST_EVENT = Gauge("ml_model_event_timestamp_seconds", "Event time of the last event of a kind", ["kind"])
for _kind in Kind:
    EVENTS.labels(_kind.value)  # from 0 on, so that the first one is an increase


class Lag(Collector):
    """How far the reading is behind. Without a sample before that is known: 0 would say that all is read."""

    def __init__(self) -> None:
        self.records: int | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The family, with its sample as soon as there is one."""
        family = GaugeMetricFamily("trendscope_ml_consumer_lag", "Records of trend_stream not read yet")
        if self.records is not None:
            family.add_metric([], self.records)
        yield family


LAG = Lag()
REGISTRY.register(LAG)
LAST_WINDOW = Gauge("trendscope_ml_last_window_timestamp_seconds", "End of the newest final window seen")
SNAPSHOT = Gauge("trendscope_ml_snapshot_timestamp_seconds", "When the state was last saved")
FILMS = Gauge("trendscope_ml_films", "Films remembered")
REJECTED = Counter("trendscope_ml_rejected_total", "Records of trend_stream that do not fit the contract")
MLFLOW_QUEUE = Gauge("trendscope_ml_mlflow_queue", "What waits to be logged to MLflow")
MLFLOW_DROPPED = Counter("trendscope_ml_mlflow_dropped_total", "Items given up: MLflow was away too long or refused")


def show_batch(batch: Batch, engine: Engine) -> None:
    """Count a batch that was stored and published, and show the figures after it."""
    for prediction in batch.predictions:
        counter = PREDICTIONS if prediction.actual is None else OUTCOMES
        counter.labels(str(prediction.horizon), prediction.model_version).inc()
    for event in batch.events:
        EVENTS.labels(event.kind.value).inc()
        LAST_EVENT.labels(event.kind.value).set(event.at.timestamp())
    show_state(engine)


def show_state(engine: Engine) -> None:
    """Show what the engine knows; a restored one knows its figures before the next window closes."""
    show_scores(engine.champion, engine.scores())
    show_known(CHALLENGER_MAE, {(str(horizon),): score.mae for horizon, score in engine.shadow_scores().items()})
    for version in (engine.champion, engine.challenger):
        for role, holder in (("champion", engine.champion), ("challenger", engine.challenger)):
            MODEL.labels(version, role).set(version == holder)
    FILMS.set(engine.model.films)
    if engine.stream_time is not None:
        LAST_WINDOW.set(engine.stream_time.timestamp())


def show_scores(version: str, scores: dict[int, Score]) -> None:
    """Set the gauges of every horizon that has outcomes, and of no other version than the one that leads."""
    for gauge, figure in (
        (MAE, "mae"), (RMSE, "rmse"), (R2, "r2"), (SKILL, "skill"), (COVERAGE, "coverage"), (WIDTH, "width"),
    ):  # fmt: skip
        show_known(gauge, {(str(horizon), version): getattr(score, figure) for horizon, score in scores.items()})
    show_known(
        BASELINE_MAE,
        {(str(horizon), name): mae for horizon, score in scores.items() for name, mae in score.baseline_mae.items()},
    )
