"""The service as a process on real Kafka and Cassandra: forecasts, outcomes, a kill, and the same figures after it."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from common.kafka import Publisher
from common.topics import create_topics, open_admin
from configs.settings import Settings
from configs.topics import PREDICTIONS_STREAM, TREND_STREAM
from contracts.events import Prediction, TrendUpdate
from local.nodes.cassandra import CassandraNode
from ml_service import metric_rows
from ml_service.engine import Batch, Engine, EngineConfig
from ml_service.messages import version_of
from storage.store import Store
from tests.support.cassandra import migrated, settings_for
from tests.support.ml import SLIDE, START, WINDOW, updates
from tests.support.ports import free_port
from tests.support.topics import read_topic
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

HORIZONS = (1, 3)
FILMS, WINDOWS = 4, 60
DEADLINE = 120
"""Seconds a start and its work may take on a machine that is busy with other things."""


class Process:
    """`python -m ml_service` with settings of its own."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        environment = {
            "CASSANDRA_PORT": str(settings.cassandra_port),
            "CASSANDRA_KEYSPACE": settings.cassandra_keyspace,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "ML_METRICS_PORT": str(settings.ml_metrics_port),
            "DATA_DIR": str(settings.data_dir),
            "FORECAST_HORIZONS": "1,3",
            "ML_SNAPSHOT_INTERVAL": "0.5",
            "STARTUP_DEADLINE": "30",
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:1",  # nobody listens there: nothing may notice
        }
        self.log = folder / "ml_service.log"
        with self.log.open("ab") as stream:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "ml_service"], env=os.environ | environment, stderr=stream
            )

    def end(self, number: int) -> int:
        self.child.send_signal(number)
        return self.child.wait(40)


@pytest.fixture
def settings(kafka: str, cassandra_node: CassandraNode, tmp_path: Path) -> Settings:
    own = settings_for(
        cassandra_node,
        kafka_bootstrap_servers=kafka,
        data_dir=tmp_path,
        ml_metrics_port=free_port(),
        forecast_horizons=HORIZONS,
    )
    return migrated(own)


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[[], Process]]:
    running: list[Process] = []

    def run() -> Process:
        running.append(Process(settings, tmp_path))
        return running[-1]

    yield run
    for process in running:
        if process.child.poll() is None:
            process.child.kill()
            process.child.wait()


def publish(servers: str, rows: list[TrendUpdate]) -> None:
    publisher = Publisher(servers, client_id="test", deadline=30)
    for row in rows:
        publisher.send(TREND_STREAM, row)
    publisher.flush()
    publisher.close()


def uninterrupted(rows: list[TrendUpdate]) -> tuple[Engine, Batch]:
    """An engine that nobody killed, and what came of it."""
    batch, engine = Batch(), Engine(EngineConfig(WINDOW, SLIDE, HORIZONS, 0.8))
    for row in rows:
        engine.process(row, batch)
    return engine, batch


def expected(rows: list[TrendUpdate]) -> dict[tuple[int, Any, int], Prediction]:
    """What it says, the outcome replacing its forecast."""
    return {(row.movie_id, row.made_at, row.horizon): row for row in uninterrupted(rows)[1].predictions}


def stored(store: Store) -> dict[tuple[int, Any, int], Prediction]:
    rows = [row for film in range(1, FILMS + 1) for row in store.predictions.for_movie(film, limit=10_000)]
    return {(row.movie_id, row.made_at, row.horizon): row for row in rows}


def samples(settings: Settings, name: str) -> list[float]:
    """The samples of a series of the service; none while it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.ml_metrics_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except urllib.error.URLError:
        return []
    return [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name)]


def metric(settings: Settings, name: str) -> float:
    """Their sum."""
    return sum(samples(settings, name))


def test_killed_twice_it_stores_what_an_uninterrupted_run_would(
    settings: Settings, start: Callable[[], Process]
) -> None:
    servers = settings.kafka_bootstrap_servers
    rows = list(updates(FILMS, WINDOWS))
    third = len(rows) // 3
    sender = KafkaProducer(bootstrap_servers=servers)
    sender.send(TREND_STREAM, key=b"1", value=b"{no json").get(30)
    sender.close()
    with Store.open(settings) as store:
        first = start()
        publish(servers, rows[:third])
        wait_until(lambda: len(stored(store)) >= len(expected(rows[:third])) // 2, DEADLINE, poll=0.5)
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
        publish(servers, rows[third : 2 * third])
        second = start()
        wait_until(lambda: len(stored(store)) >= len(expected(rows[: 2 * third])), DEADLINE, poll=0.5)
        assert second.end(signal.SIGKILL) == -signal.SIGKILL
        publish(servers, rows[2 * third :])
        last = start()
        wanted = expected(rows)
        wait_until(lambda: stored(store) == wanted, DEADLINE, what="every forecast and outcome", poll=0.5)
        assert wait_until(lambda: metric(settings, "ml_predictions_total"), DEADLINE, poll=0.5)
        assert wait_until(lambda: samples(settings, "trendscope_ml_consumer_lag") == [0], DEADLINE, poll=0.5)
        engine, _ = uninterrupted(rows)
        for horizon, score in engine.scores().items():
            (shown,) = samples(settings, f'ml_mae{{horizon="{horizon}",version="{engine.champion}"}}')
            assert shown == pytest.approx(score.mae, rel=1e-9)
        assert last.end(signal.SIGTERM) == 0, last.log.read_text()[-2000:]
        _figures_are_those_of(rows, store)
    _published_what_was_stored(servers, wanted)


def _figures_are_those_of(rows: list[TrendUpdate], store: Store) -> None:
    """Every figure of every window close, of both versions, all horizons and all baselines."""
    wanted: dict[tuple[str, str, int], dict[Any, float]] = {}
    for row in metric_rows.rows(uninterrupted(rows)[1].closes):
        wanted.setdefault((row.model_version, row.metric, row.horizon), {})[row.at] = row.value
    assert {(version, "mae_ewma", 3) for version in (version_of("steady"), version_of("quick"))} < set(wanted)
    for key, figures in wanted.items():
        found = {row.at: row.value for row in store.metrics.series(*key)}
        assert found == pytest.approx(figures, rel=1e-9, abs=1e-9), key
    assert max(wanted[version_of("steady"), "mae", 1]) == START + (WINDOWS - 2) * SLIDE + WINDOW


def _published_what_was_stored(servers: str, wanted: dict[tuple[int, Any, int], Prediction]) -> None:
    """Copies are allowed, and equal; the last word on each forecast is the stored one."""
    last: dict[tuple[int, Any, int], Prediction] = {}
    forecast: dict[tuple[int, Any, int], float] = {}
    for row, _ in read_topic(servers, PREDICTIONS_STREAM, Prediction):
        key = (row.movie_id, row.made_at, row.horizon)
        assert forecast.setdefault(key, row.predicted) == row.predicted
        last[key] = row
    assert last == wanted


def test_a_topic_made_anew_starts_the_model_afresh(settings: Settings, start: Callable[[], Process]) -> None:
    servers = settings.kafka_bootstrap_servers
    rows = list(updates(FILMS, 12))
    admin = open_admin(servers, deadline=30)
    with Store.open(settings) as store:
        for attempt in range(2):
            admin.delete_topics([TREND_STREAM])
            wait_until(lambda: create_topics(servers, deadline=30), DEADLINE, poll=0.5)
            publish(servers, rows)
            process = start()
            wait_until(lambda: stored(store) == expected(rows), DEADLINE, poll=0.5)
            wait_until(
                lambda: metric(settings, "ml_predictions_total") == FILMS * 12 * len(HORIZONS), DEADLINE, poll=0.5
            )
            assert process.end(signal.SIGTERM) == 0
            said = process.log.read_text()
            assert ("was made anew" in said) == bool(attempt)
    admin.close()
