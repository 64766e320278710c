"""What a user gets from `./setup.sh`, held against an independent recomputation.

The tests are in the order of the platform's story (see conftest.py): first those that want it busy.
"""

import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest
import requests
from mlflow import MlflowClient

from common.clock import from_millis, to_millis
from configs.settings import ROOT, Settings
from configs.topics import DEAD_LETTER_STREAM, PREDICTIONS_STREAM, REDDIT_STREAM, TMDB_STREAM, TREND_STREAM
from contracts.events import DeadLetter, Prediction, TmdbFilm, TrendUpdate
from local.environment import to_environment
from local.nodes.base import LOOPBACK
from local.platform import Platform
from local.readiness import messages_in
from local.urls import answers, urls
from storage.store import Store
from tests import oracle
from tests.e2e.recording import linked_comments
from tests.support.topics import read_topic
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

Key = tuple[int, datetime]

EXPECTED_METRICS = {
    "tmdb_producer_metrics_port": ("trendscope_producer_published_total", "trendscope_producer_polls_total"),
    "reddit_producer_metrics_port": ("trendscope_producer_published_total", "trendscope_reddit_gaps_total"),
    "processor_metrics_port": ("trendscope_processor_records_total", "trendscope_processor_batch_seconds_bucket"),
    "ml_metrics_port": ("ml_predictions_total", "ml_mae", "ml_rmse", "ml_prediction_seconds_bucket"),
    "momentum_metrics_port": ("trendscope_momentum_windows_total", "trendscope_momentum_last_window_timestamp_seconds"),
    "serving_port": ("trendscope_serving_requests_total", "trendscope_serving_window_timestamp_seconds"),
    "simulator_port": ("trendscope_simulator_comments_served_total",),
}
"""Service by its port's setting, and what it must show."""


def stored_windows(store: Store) -> dict[Key, TrendUpdate]:
    """All of `trends_by_window`."""
    return {
        (update.movie_id, update.window_start): update
        for start in store.trends.windows(100_000)
        for update in store.trends.window(start)
    }


def command(settings: Settings, *arguments: str) -> str:
    """What `./setup.sh ARGUMENTS` prints for this platform."""
    environment = {**os.environ, **to_environment(settings), "COLUMNS": "200"}
    for name in ("TMDB_API_KEY", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"):
        environment[name] = ""  # the simulator's, not a user's
    done = subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("port_name", EXPECTED_METRICS)
def test_every_service_shows_its_metrics(platform: Platform, port_name: str) -> None:
    port = getattr(platform.settings, port_name)

    def missing() -> list[str]:
        text = requests.get(f"http://{LOOPBACK}:{port}/metrics", timeout=10).text
        return [name for name in EXPECTED_METRICS[port_name] if f"\n{name}" not in text]

    # An error figure needs an outcome: one horizon of five minutes and the watermark's delay after the first forecast.
    wait_until(lambda: not missing(), 480, what="every metric shown", poll=1)


def test_prometheus_reaches_every_target(survivor: Platform) -> None:
    if "prometheus" not in {program.name for program in survivor.programs}:
        pytest.skip("Prometheus is not installed")
    url = f"http://{LOOPBACK}:{survivor.settings.prometheus_port}/api/v1/targets"

    def down() -> list[str]:
        targets = requests.get(url, timeout=10).json()["data"]["activeTargets"]
        return [target["scrapeUrl"] for target in targets if target["health"] != "up"] if targets else ["none"]

    wait_until(lambda: not down(), 60, what="every target up", poll=1)


def test_status_and_top_show_what_runs(survivor: Platform) -> None:
    status = command(survivor.settings, "status")
    for program in survivor.programs:
        assert program.name in status
    top = command(survivor.settings, "top", "--once")
    assert "TrendScore" in top
    assert " [" in top, "a forecast with its interval"


def test_dashboard_and_its_files_answer(survivor: Platform) -> None:
    url = f"http://{LOOPBACK}:{survivor.settings.serving_port}"
    page = requests.get(url, timeout=10)
    assert page.ok
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    named = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)
    assert any(name.endswith("/js/main.js") for name in named)
    assert [name for name in named if not requests.get(url + name, timeout=10).ok] == []
    # What the first page asks for: a closed window with films.
    wait_until(lambda: requests.get(f"{url}/api/v1/trending?limit=50", timeout=10).json()["films"], 60, what="films")


def test_every_address_that_is_printed_opens(survivor: Platform) -> None:
    printed = urls(survivor.settings, survivor.programs)
    services = {program.name for program in survivor.programs}
    assert len(printed) >= len(services & {"serving", "mlflow", "drift", "prometheus", "simulator", "momentum"}) + 5
    wrong = {url: answer.status_code for _, url in printed if not (answer := requests.get(url, timeout=30)).ok}
    assert wrong == {}


def test_mlflow_has_the_run_with_its_metrics(survivor: Platform) -> None:
    client = MlflowClient(survivor.settings.mlflow_tracking_uri)

    def has_metrics() -> bool:
        experiments = [found.experiment_id for found in client.search_experiments()]
        return any(run.data.params and run.data.metrics for run in client.search_runs(experiments))

    wait_until(has_metrics, 400, what="a run with parameters and metrics", poll=2)


def test_every_comment_served_is_accounted_for(settled: Platform, store: Store, served: dict[str, int]) -> None:
    received = messages_in(settled.settings, REDDIT_STREAM)
    ledger = store.ledger.totals()
    assert received == sum(ledger.values())
    assert served["served"] == received + served["deleted"] - ledger.get("duplicate", 0)
    assert ledger["counted"] > 500
    assert ledger.get("late", 0) == ledger.get("dead_letter", 0) == 0
    assert read_topic(settled.settings.kafka_bootstrap_servers, DEAD_LETTER_STREAM, DeadLetter) == []


def test_every_window_equals_the_plain_recomputation(settled: Platform, store: Store, snapshots: Path) -> None:
    settings = settled.settings
    comments = linked_comments(settings.kafka_bootstrap_servers, snapshots)
    accepted, _ = oracle.sift([comments], delay=0)  # nothing was late, as the ledger's test says
    slide = int(settings.trend_slide_duration.total_seconds() * 1_000)
    size = int(settings.trend_window_duration.total_seconds() * 1_000)
    expected = {(movie, from_millis(at)): total for (movie, at), total in oracle.totals(accepted, size, slide).items()}
    polls: dict[int, list[tuple[int, float | None]]] = defaultdict(list)
    for film, _ in read_topic(settings.kafka_bootstrap_servers, TMDB_STREAM, TmdbFilm):
        polls[film.movie_id].append((to_millis(film.fetched_at), film.popularity))

    stored = stored_windows(store)
    assert expected.keys() <= stored.keys()
    for key, update in stored.items():
        wanted = expected.get(key, oracle.Totals())
        assert (update.mentions_text, update.mentions_thread) == (wanted.text, wanted.thread), key
        assert (update.positive, update.negative) == (wanted.positive, wanted.negative), key
        assert update.sentiment == pytest.approx(wanted.mean, abs=1e-9), key
        level = oracle.popularity(polls[update.movie_id], to_millis(update.window_end))
        assert update.popularity == level, key
        assert update.trend_score == pytest.approx(oracle.trend_score(wanted, level), abs=1e-9), key


def test_topic_and_store_agree_and_revisions_never_go_back(settled: Platform, store: Store) -> None:
    latest: dict[Key, TrendUpdate] = {}
    for update, _ in read_topic(settled.settings.kafka_bootstrap_servers, TREND_STREAM, TrendUpdate):
        key = (update.movie_id, update.window_start)
        assert key not in latest or update.revision >= latest[key].revision
        assert not (key in latest and latest[key].is_final and update.revision != latest[key].revision)
        latest[key] = update
    stored = stored_windows(store)
    assert stored.keys() == latest.keys()
    ignored = {"processed_at"}  # a batch that was written twice has two
    for key, update in latest.items():
        assert stored[key].model_dump(exclude=ignored) == update.model_dump(exclude=ignored)
    assert {update.movie_id for update in stored.values() if not update.mentions}, (
        "films without a mention keep a score"
    )


def test_each_forecast_is_made_once_and_scored_by_its_own_window(settled: Platform, store: Store) -> None:
    windows = {(u.movie_id, u.window_end): u for u in stored_windows(store).values() if u.is_final}
    first: dict[tuple[int, datetime, int], Prediction] = {}
    outcomes: dict[tuple[int, datetime, int], Prediction] = {}
    for prediction, _ in read_topic(settled.settings.kafka_bootstrap_servers, PREDICTIONS_STREAM, Prediction):
        key = (prediction.movie_id, prediction.made_at, prediction.horizon)
        known = (first if prediction.actual is None else outcomes).setdefault(key, prediction)
        assert known == prediction, "published again after a restart, and equal"
    assert first
    assert outcomes, "the backlog is longer than the shortest horizon, so some outcomes are known"
    for prediction in first.values():
        assert prediction.current == windows[prediction.movie_id, prediction.made_at].trend_score
        assert prediction.target_window_start >= prediction.made_at, "input and target windows do not overlap"
        assert prediction.lower <= prediction.predicted <= prediction.upper
    for key, prediction in outcomes.items():
        assert prediction.predicted == first[key].predicted
        assert prediction.actual == windows[prediction.movie_id, prediction.target_window_end].trend_score
        assert prediction.error == pytest.approx(prediction.predicted - prediction.actual, abs=1e-9)


def test_a_stop_ends_everything_and_a_start_goes_on(settled: Platform, store: Store) -> None:
    before = stored_windows(store)
    forecasts = len(store.predictions.times(10_000))
    settings = settled.settings
    settled.stop()
    assert not settled.is_running()
    assert not any(answers(LOOPBACK, port) for program in settled.programs for _, port in program.ports)

    settled.up()
    settled.wait_ready(deadline=240)
    with Store.open(settings) as again:
        processed = sum(again.ledger.totals().values())
        wait_until(
            lambda: (
                sum(again.ledger.totals().values()) > processed and len(again.predictions.times(10_000)) > forecasts
            ),
            240,
            what="new comments and forecasts after the restart",
            poll=1,
        )
        after = stored_windows(again)
    for key, update in before.items():
        assert after[key].revision >= update.revision
        assert not update.is_final or after[key] == update
