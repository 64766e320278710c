"""Momentum and the API as processes on real Kafka and Cassandra: a breakout from its mentions to the stream, and an
outage of the store while people are looking."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from configs.settings import ROOT, Settings
from configs.topics import BREAKOUTS_STREAM
from contracts.events import Breakout
from local.environment import to_environment
from local.nodes.cassandra import CassandraNode
from storage.records import FilmHour, FilmMomentum
from storage.store import Store
from tests.support import records
from tests.support.cassandra import migrated, settings_for
from tests.support.notebook import run_notebook
from tests.support.ports import free_port, free_ports
from tests.support.topics import read_topic
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

DEADLINE = 120
"""Seconds a start and its work may take on a machine that is busy with other things."""
BEGIN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
MINUTE, WINDOW = timedelta(minutes=1), timedelta(minutes=5)
QUIET, LOUD = 200, 8
"""Windows before the breakout, and with it."""


@contextmanager
def process(module: str, settings: Settings, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m <module>`; its log is shown when the test fails."""
    log = folder / f"{module}.log"
    with log.open("ab") as stream:
        child = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env={**os.environ, **to_environment(settings)}, stderr=stream
        )
    try:
        yield child
    except BaseException as error:
        error.add_note("\n".join(log.read_text(errors="replace").splitlines()[-20:]))
        raise
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="module")
def own_cassandra(servers_dir: Path) -> Iterator[CassandraNode]:
    """A node of this module's own, because it is killed."""
    port, storage_port = free_ports(2)
    node = CassandraNode(servers_dir / "cassandra-serving", port=port, storage_port=storage_port, heap="512m")
    with node.running(DEADLINE):
        yield node


@pytest.fixture(scope="module")
def settings(own_cassandra: CassandraNode, kafka: str) -> Settings:
    return migrated(
        settings_for(
            own_cassandra,
            kafka_bootstrap_servers=kafka,
            serving_port=free_port(),
            momentum_metrics_port=free_port(),
            breakout_webhook_url=None,
        )
    )


def window(store: Store, number: int, mentions: dict[int, int], *, is_final: bool = True) -> None:
    """One window of three films."""
    start = BEGIN + number * MINUTE
    store.trends.upsert(
        records.update(
            film, start, title=f"Film {film}", mentions=count, trend_score=min(100.0, 40.0 + count), is_final=is_final,
            sentiment=0.1 if count else None,
        )
        for film, count in mentions.items()
    )  # fmt: skip


def fill(store: Store) -> None:
    """Films, and quiet hours."""
    store.movies.upsert(records.film(film, title=f"Film {film}") for film in (1, 2, 3))
    for number in range(QUIET):
        window(store, number, {1: number % 2, 2: 3 + number % 3, 3: 0})
    store.mentions.upsert(records.example(f"t1_{n}", 1) for n in range(3))


class Listener:
    """A client of the event stream, in a thread."""

    def __init__(self, url: str) -> None:
        self.events: list[tuple[str, Any]] = []
        self._answer = requests.get(url, stream=True, timeout=60)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        name = ""
        try:
            for line in self._answer.iter_lines():
                if line.startswith(b"event: "):
                    name = line[7:].decode()
                elif line.startswith(b"data: "):
                    self.events.append((name, json.loads(line[6:])))
        except (requests.RequestException, AttributeError):
            return  # the server has gone, or the test hung up

    def of(self, name: str) -> list[Any]:
        return [data for event, data in self.events if event == name]

    def close(self) -> None:
        self._answer.close()


def test_a_breakout_is_found_stored_published_shown_and_streamed_once(
    settings: Settings, kafka: str, tmp_path: Path
) -> None:
    base = f"http://127.0.0.1:{settings.serving_port}"
    with Store.open(settings) as store:
        fill(store)
        with process("momentum", settings, tmp_path) as momentum, process("serving", settings, tmp_path):
            last = BEGIN + (QUIET - 1) * MINUTE
            wait_until(lambda: store.momentum.window(last), DEADLINE, what="the momentum of the last window")
            wait_until(lambda: _ok(f"{base}/readyz"), DEADLINE, what="the API")
            assert store.breakouts.latest() == []
            listener = Listener(f"{base}/api/v1/stream")
            for number in range(QUIET, QUIET + LOUD):
                window(store, number, {1: 12 * (number - QUIET + 1), 2: 4, 3: 0})
            found = wait_until(store.breakouts.latest, DEADLINE, what="the breakout")
            assert [each.movie_id for each in found] == [1]
            wait_until(lambda: listener.of("breakout"), DEADLINE, what="the breakout in the stream")
            loudest = BEGIN + (QUIET + LOUD - 1) * MINUTE

            def shown() -> Any:
                answer = requests.get(f"{base}/api/v1/trending?sort=momentum", timeout=10).json()
                return answer if answer["window"]["start"] == f"{loudest:%Y-%m-%dT%H:%M:%SZ}" else None

            ranking = wait_until(shown, DEADLINE, what="the newest window with its momentum")
            first = ranking["films"][0]
            assert first["movie_id"] == 1
            assert first["momentum"]["in_breakout"] is True
            assert first["momentum"]["growth"] > 3
            assert first["rank_move"]["change"] >= 0
            # the state is put before it is announced: who hears of it finds it, and who asks may be a moment ahead
            wait_until(
                lambda: ranking["window"] in [told["window"] for told in listener.of("trends")],
                DEADLINE, what="the newest window in the stream",
            )  # fmt: skip
            listener.close()
            # killed and started again, it takes in the same windows and tells nobody anew
            momentum.send_signal(signal.SIGKILL)
            momentum.wait()
        with process("momentum", settings, tmp_path):
            window(store, QUIET + LOUD, {1: 90, 2: 4, 3: 0})
            after = BEGIN + (QUIET + LOUD) * MINUTE
            wait_until(lambda: store.momentum.window(after), DEADLINE, what="the window after the kill")
            assert [each.breakout_id for each in store.breakouts.latest()] == [found[0].breakout_id]
    ids = {breakout.breakout_id for breakout, _ in read_topic(kafka, BREAKOUTS_STREAM, Breakout)}
    assert ids == {found[0].breakout_id}


def _ok(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def test_an_outage_shows_the_last_state_and_its_age_and_ends_by_itself(
    settings: Settings, own_cassandra: CassandraNode, tmp_path: Path
) -> None:
    base = f"http://127.0.0.1:{settings.serving_port}"
    with process("serving", settings, tmp_path):
        wait_until(lambda: _ok(f"{base}/readyz"), DEADLINE, what="the API")
        fresh = requests.get(f"{base}/api/v1/trending", timeout=10).json()
        assert fresh["source"]["stale"] is False
        requests.get(f"{base}/api/v1/movies/1/mentions", timeout=10).raise_for_status()
        own_cassandra.kill()
        try:
            stale = wait_until(lambda: _stale(base), DEADLINE, what="a stale answer")
            assert stale["films"] == fresh["films"]
            assert stale["source"]["age_seconds"] > 0
            assert requests.get(f"{base}/api/v1/movies/1/mentions", timeout=10).json()["source"]["stale"] is True
            never = requests.get(f"{base}/api/v1/movies/2/history?hours=700", timeout=10)
            assert never.status_code == 503
            assert never.headers["content-type"] == "application/problem+json"
        finally:
            own_cassandra.start(DEADLINE)
        wait_until(lambda: not _stale(base), DEADLINE, what="a fresh answer")
        again = requests.get(f"{base}/api/v1/movies/2/history?hours=700", timeout=30)
        assert again.status_code == 200


def test_the_notebook_tells_the_story(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On what the breakout's test has left."""
    with process("serving", settings, tmp_path):
        wait_until(lambda: _ok(f"http://127.0.0.1:{settings.serving_port}/readyz"), DEADLINE, what="the API")
        text = run_notebook(ROOT / "notebooks" / "trend_story.ipynb", to_environment(settings), monkeypatch)
    assert "windows compared, all equal" in text
    assert "Film 1" in text
    assert text.count("<Figure") >= 1


def _stale(base: str) -> Any:
    answer = requests.get(f"{base}/api/v1/trending", timeout=10).json()
    return answer if answer["source"]["stale"] else None


class TestTables:
    """What the two services keep comes back as it was written."""

    def test_momentum_and_hours(self, store: Store) -> None:
        row = FilmMomentum(
            movie_id=1, window_start=BEGIN, window_end=BEGIN + WINDOW, mentions=7, span_seconds=3_600, expected=2.5,
            growth=2.0, share_of_voice=0.125, history_seconds=1e5, in_breakout=False, rank=3,
        )  # fmt: skip
        moved = row.model_copy(update={"movie_id": 2, "previous_rank": 4, "previous_at": BEGIN - MINUTE})
        store.momentum.upsert([row, moved])
        assert sorted(store.momentum.window(BEGIN), key=lambda each: each.movie_id) == [row, moved]
        hour = FilmHour(
            movie_id=1, hour=BEGIN, until=BEGIN + 2 * WINDOW, windows=2, trend_score=50.0, popularity_part=40.0,
            mentions_part=30.0, sentiment_part=55.0, mentions=4, sentiment_sum=0.5, positive=2, neutral=1, negative=1,
        )  # fmt: skip
        more = hour.model_copy(update={"until": BEGIN + 3 * WINDOW, "windows": 3, "mentions": 9})
        store.momentum.upsert_hours([more])
        store.momentum.upsert_hours([hour])
        assert store.momentum.hours(1) == [more.model_dump()], "the row that knows more wins, whichever comes last"

    def test_state_goes_forward_only(self, store: Store) -> None:
        assert store.momentum.state() is None
        store.momentum.save_state(BEGIN + MINUTE, b"later")
        store.momentum.save_state(BEGIN, b"earlier")
        assert store.momentum.state() == (BEGIN + MINUTE, b"later")

    def test_breakouts_come_newest_first_and_an_end_stays(self, store: Store) -> None:
        rows = [_breakout(number, BEGIN - number * timedelta(hours=20)) for number in range(1, 5)]
        ended = rows[0].model_copy(update={"status": "ended", "ended_at": rows[0].last_at})
        store.breakouts.upsert([*rows, ended])
        store.breakouts.upsert(rows)
        assert store.breakouts.latest() == [ended, *rows[1:]]
        assert store.breakouts.latest(2) == [ended, rows[1]]
        assert store.breakouts.latest(since=rows[1].started_at) == [ended, rows[1]]

    def test_a_sample_of_windows_and_a_look_at_the_first_row(self, store: Store) -> None:
        store.trends.upsert(records.update(9, BEGIN + n * MINUTE, is_final=n < 2) for n in range(4))
        starts = [BEGIN + n * MINUTE for n in (0, 2, 50)]
        assert [row["window_start"] for row in store.trends.sample(9, starts)] == [BEGIN + 2 * MINUTE, BEGIN]
        assert store.trends.scores(BEGIN) == {9: records.update(9).trend_score}
        assert [store.trends.seems_final(start) for start in starts] == [True, False, None]


def _breakout(movie_id: int, begin: datetime) -> Breakout:
    return Breakout(
        breakout_id=f"{movie_id}-x", movie_id=movie_id, title="Dune", status="active", started_at=begin,
        detected_at=begin + WINDOW, last_at=begin + WINDOW, mentions=9, expected=0.5, p_value=1e-9, peak_mentions=9,
        peak_at=begin + WINDOW, total_mentions=9,
    )  # fmt: skip
