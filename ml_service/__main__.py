"""`python -m ml_service`: forecasts from trend_stream until stopped."""

import threading
from collections.abc import Iterable
from datetime import timedelta

from common.clock import system_clock
from common.kafka import Publisher
from common.metrics import serve_metrics
from common.service import run_service
from configs.settings import Settings
from contracts.events import Prediction
from ml_service.engine import EngineConfig
from ml_service.health import Progress
from ml_service.mlflow_backend import connector
from ml_service.service import VERSIONS_FOLDER, Service, restore
from ml_service.source import TrendSource
from ml_service.tracking import Tracker
from ml_service.versions import Versions
from storage.records import ModelMetric
from storage.store import Store

_TRACKING_SECONDS = 20.0
"""How long the end waits for MLflow; the supervisor kills after 30."""


class StoreTables:
    """The store's tables as the service writes them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def predictions(self, rows: Iterable[Prediction]) -> None:
        """Upsert forecasts and outcomes."""
        self._store.predictions.upsert(rows)

    def metrics(self, rows: Iterable[ModelMetric]) -> None:
        """Upsert figures."""
        self._store.metrics.upsert(rows)


def main(settings: Settings, stop: threading.Event) -> None:
    """Run until `stop`; then finish the batch, save, and give MLflow a little time."""
    config = EngineConfig(
        settings.trend_window_duration,
        settings.trend_slide_duration,
        settings.forecast_horizons,
        settings.forecast_coverage,
    )
    progress = Progress()
    serve_metrics(settings.bind_address, settings.ml_metrics_port, progress.health)
    source = TrendSource(settings)
    sink = Publisher(settings.kafka_bootstrap_servers, client_id="ml-service", deadline=settings.startup_deadline)
    folder = settings.data_dir / "ml_service"
    tracker = Tracker(
        connector(settings, config),
        versions=Versions(folder / VERSIONS_FOLDER),
        model_seconds=settings.mlflow_model_interval / timedelta(seconds=1),
    )
    with Store.open(settings) as store:
        service = Service(
            restore(folder, config, source),
            source=source,
            tables=StoreTables(store),
            sink=sink,
            folder=folder,
            clock=system_clock,
            snapshot_seconds=settings.ml_snapshot_interval,
            tracking=tracker,
        )
        progress.begin()
        while not stop.is_set():
            progress.stepped(service.step(), source.lag())
        service.finish()
    source.close()
    sink.close()
    tracker.close(_TRACKING_SECONDS)


if __name__ == "__main__":
    run_service("ml_service", main)
