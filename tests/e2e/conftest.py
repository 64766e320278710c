"""One platform for all tests of this folder, started as `./setup.sh` starts it, with a data folder and own ports.

Its story, in the order the fixtures need each other: it starts with nothing and becomes ready (`platform`); the Spark
driver and the forecaster are killed while comments arrive, and come back (`survivor`); the sources are stopped and
everything in flight arrives (`settled`). The tests then compare what is in Cassandra and the topics.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from configs.topics import REDDIT_STREAM, TREND_STREAM
from local.isolated import isolated_settings
from local.platform import Platform
from local.readiness import messages_in
from local.status import measure, probes
from storage.store import Store
from tests.e2e.recording import SnapshotKeeper
from tests.support.waiting import wait_until

KILLED = ("trend-processor", "ml-service")
_RECOVERY_SECONDS = 180.0
"""On a busy machine: the JVM, the catalogue and the first micro-batch."""
_POLL = 0.5


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    """A short path of this session's own."""
    with tempfile.TemporaryDirectory(prefix="trendscope-e2e-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture(scope="package")
def snapshots(folder: Path) -> Iterator[Path]:
    """Every catalogue snapshot the job published."""
    with SnapshotKeeper(folder / "data" / "catalogue", folder / "snapshots"):
        yield folder / "snapshots"


@pytest.fixture(scope="package")
def platform(folder: Path, snapshots: Path) -> Iterator[Platform]:
    """Ready: films with TrendScores and forecasts are in Cassandra."""
    settings = isolated_settings(
        folder / "data",
        tmdb_fetch_interval=20,
        reddit_fetch_interval=2,
        mlflow_model_interval=timedelta(minutes=1),
        author_hash_key="e2e",
    )
    platform = Platform(settings, simulator_args=["--rate", "3"])
    try:
        platform.up()
        platform.wait_ready()
        yield platform
    finally:
        platform.stop()


@pytest.fixture(scope="package")
def store(platform: Platform) -> Iterator[Store]:
    """The platform's Cassandra."""
    with Store.open(platform.settings) as opened:
        yield opened


@pytest.fixture(scope="package")
def survivor(platform: Platform, store: Store) -> Platform:
    """After SIGKILL of the driver and the forecaster: both were started again and went on."""
    before = {state.name: state.pid for state in platform.states()}
    processed = sum(store.ledger.totals().values())
    forecast = store.predictions.times(1)[0]
    for name in KILLED:
        pid = before[name]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: all(state.pid not in {None, before[state.name]} for state in platform.states() if state.name in KILLED),
        _RECOVERY_SECONDS,
        what="the restart of what was killed",
        poll=_POLL,
    )
    wait_until(
        lambda: sum(store.ledger.totals().values()) > processed and store.predictions.times(1)[0] > forecast,
        _RECOVERY_SECONDS,
        what="progress after the restart",
        poll=_POLL,
    )
    return platform


@pytest.fixture(scope="package")
def settled(survivor: Platform, store: Store) -> Platform:
    """The sources are stopped, and all they sent has been processed."""
    for name in ("reddit-producer", "tmdb-producer"):
        survivor.supervisor.stop_program(name)
    settings = survivor.settings
    received = messages_in(settings, REDDIT_STREAM)
    wait_until(
        lambda: sum(store.ledger.totals().values()) == received,
        _RECOVERY_SECONDS,
        what="the processing of every comment",
        poll=_POLL,
    )
    wait_until(
        lambda: all(measure(probe).lag == 0 for probe in probes(settings).values() if probe.lag),
        _RECOVERY_SECONDS,
        what="the end of the lag",
        poll=_POLL,
    )
    assert messages_in(settings, TREND_STREAM)
    return survivor


@pytest.fixture(scope="package")
def served(settled: Platform) -> dict[str, int]:
    """How many distinct comments the simulator has shown, and how many of them were deleted ones."""
    answer = requests.get(f"{settled.settings.simulator_url}/_sim/ledger", timeout=30).json()
    return {"served": answer["served"], "deleted": answer["deleted"]}
