"""One comparison on a real Cassandra: `--once` as a process, its report, its mark, and what it says without data."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from configs.settings import Settings
from contracts.events import Prediction, TrendUpdate
from local.nodes.cassandra import CassandraNode
from monitoring.drift.frames import COLUMNS
from storage.store import Store
from tests.support.cassandra import migrated, settings_for
from tests.support.records import NOON, WINDOW, prediction, update

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

FILMS, SLIDE = 12, timedelta(minutes=5)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def settings(cassandra_node: CassandraNode, tmp_path: Path) -> Settings:
    return migrated(settings_for(cassandra_node, data_dir=tmp_path))


def once(settings: Settings) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "CASSANDRA_PORT": str(settings.cassandra_port),
        "CASSANDRA_KEYSPACE": settings.cassandra_keyspace,
        "DATA_DIR": str(settings.data_dir),
        "STARTUP_DEADLINE": "30",
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:1",  # nobody listens there: the report is on disk all the same
    }
    command = [sys.executable, "-m", "monitoring.drift_detection", "--once"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def windows(end: datetime, *, loud: float) -> Iterator[tuple[TrendUpdate, Prediction]]:
    """Final windows of two hours with the forecasts made from them, and what came of those."""
    rng = random.Random(str(end))
    for number in range(2 * HOUR // SLIDE):
        start = end - 2 * HOUR + number * SLIDE
        for film in range(1, FILMS + 1):
            mentions = int(rng.uniform(0, 10) * loud)
            kinds = {"mentions": mentions, "mentions_text": mentions, "mentions_thread": 0}
            counts = {"positive": mentions, "neutral": 0, "negative": 0}
            score, error = rng.uniform(40, 60), rng.gauss(0, 2 * loud)
            row = update(
                film, start, is_final=True, trend_score=score, sentiment=0.1 if mentions else None, **kinds, **counts
            )
            made = prediction(
                film, row.window_end, current=score, predicted=score, actual=score - error, error=error, horizon=1
            )
            yield row, made


def write(store: Store, end: datetime, *, loud: float) -> None:
    rows = list(windows(end, loud=loud))
    store.trends.upsert(row for row, _ in rows)
    store.predictions.upsert(made for _, made in rows)


def test_a_changed_hour_is_found_reported_and_marked_once(settings: Settings) -> None:
    said = once(settings)
    assert said.returncode == 3, said.stderr
    assert "too_little_data" in said.stderr
    end = NOON + 2 * DAY
    with Store.open(settings) as store:
        for days in (2, 1):
            write(store, end - days * DAY, loud=1.0)
        write(store, end, loud=5.0)
        said = once(settings)
        assert said.returncode == 0, said.stderr
        found = json.loads(said.stdout)
        assert set(found["columns"]) == set(COLUMNS)
        drifted = {column for column, one in found["columns"].items() if one["drifted"]}
        assert {"log_mentions", "absolute_error"} <= drifted
        assert not drifted & {"predicted", "trend_score", "popularity_part"}
        assert (found["drifted"], found["same_time_of_day"]) == (True, True)
        assert (found["current_rows"], found["reference_rows"]) == (12 * FILMS, 24 * FILMS)
        assert "mlflow_away" in said.stderr
        assert once(settings).returncode == 0
        marks = store.metrics.series("events", "data_drift", 1)
    # The newest windows are left alone: not final for sure, or without the outcomes of their forecasts.
    assert found["at"] == (end - 3 * WINDOW).isoformat()
    assert [mark.at.isoformat() for mark in marks] == [found["at"]]
    assert marks[0].value == pytest.approx(found["share"])
    name = f"{end - 3 * WINDOW:%Y%m%dT%H%MZ}"
    reports = {path.name: path.stat().st_size for path in (settings.data_dir / "drift").iterdir()}
    assert reports.keys() == {f"{name}.html", f"{name}.json", f"{name}.evidently.json"}
    assert reports[f"{name}.html"] > 100_000
