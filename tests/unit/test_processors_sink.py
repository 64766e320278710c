"""The order of the side effects, one test a step that fails; crash switch, checkpoint identity, progress."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY

from configs.settings import ROOT, Settings, load_settings
from contracts.errors import ConfigurationError, DependencyError
from contracts.events import DeadLetter, DeadLetterReason, Event, TmdbFilm, TrendUpdate
from processors import metrics
from processors.catalogue import Catalogue
from processors.checkpoint import Checkpoint
from processors.crash import CrashPoint, CrashSwitch
from processors.progress import Progress
from processors.records import WINDOW, DocumentKind, Documents, FoldOutput
from processors.service import _short
from processors.sink import Sink, SinkRules, StoppingError
from processors.snapshots import SnapshotFiles
from processors.trend_score import ScoreRule
from processors.windows import WindowRule
from storage.records import MentionExample

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW_NUMBER = int(NOW.timestamp()) // 60
SETTINGS = load_settings(_env_file=None)


class World:
    """A store and a publisher that write down what happens, and fail when told to."""

    def __init__(self, failing: str = "", times: int = 0) -> None:
        self.log: list[tuple[str, list[Any]]] = []
        self.failing, self.times = failing, times
        self.movies, self.mentions, self.trends, self.ledger = (
            _Table(self, name) for name in ("movies", "mentions", "trends", "ledger")
        )
        self._queued: list[tuple[str, Event]] = []

    def step(self, name: str, items: list[Any]) -> None:
        if name == self.failing and self.times:
            self.times -= 1
            raise DependencyError(f"{name} is away")
        self.log.append((name, items))

    def send(self, topic: str, event: Event) -> None:
        self._queued.append((topic, event))

    def flush(self) -> None:
        queued, self._queued = self._queued, []
        self.step("flush", queued)

    @property
    def steps(self) -> list[str]:
        return [name for name, _ in self.log]

    def written(self, name: str) -> list[Any]:
        return next(items for step, items in reversed(self.log) if step == name)


class _Table:
    def __init__(self, world: World, name: str) -> None:
        self._world, self._name = world, name

    def upsert(self, rows: Iterable[Any], /) -> None:
        self._world.step(self._name, list(rows))


def make_sink(world: World, folder: Path, deadline: float = 5) -> Sink:
    rules = SinkRules("job", WindowRule.from_settings(SETTINGS), ScoreRule.from_settings(SETTINGS), deadline)
    return Sink(rules, world, world, Catalogue(SnapshotFiles(folder)), lambda: NOW)


def window(movie: int, number: int = WINDOW_NUMBER, **fields: Any) -> Any:
    row = np.zeros(1, WINDOW)
    row["movie"], row["window"], row["revision"], row["popularity"] = movie, number, 1, np.nan
    for name, value in fields.items():
        row[name] = value
    return row


def film(movie: int, title: str = "", at: datetime = NOW) -> bytes:
    return TmdbFilm(movie_id=movie, title=title or f"Film {movie}", fetched_at=at).encode()


def example(movie: int, name: str) -> bytes:
    values: dict[str, Any] = {
        "movie_id": movie,
        "comment_id": name,
        "created_utc": NOW,
        "subreddit": "movies",
        "excerpt": "x",
    }
    return MentionExample(**values, sentiment=0.5, via="text").model_dump_json().encode()


def letter() -> DeadLetter:
    return DeadLetter(source_topic="t", raw_base64="", reason=DeadLetterReason.SCHEMA, detail="d", seen_at=NOW)


def outputs(*windows: Any, **documents: list[bytes]) -> list[FoldOutput]:
    kinds = {DocumentKind(name): Documents(list(range(len(some))), some) for name, some in documents.items()}
    at = int(NOW.timestamp() * 1_000)
    table = np.concatenate(windows) if windows else np.empty(0, WINDOW)
    lead = FoldOutput(table, {"counted": 3, "late": 0}, kinds, at, at, at - 120_000, state_bytes=10)
    other = FoldOutput(np.empty(0, WINDOW), {}, {}, at, at, at - 120_000, state_bytes=5)
    return [FoldOutput.decode(output.encode()) for output in (lead, other)]


FULL = outputs(
    window(1), window(2), film=[film(1), film(2)], example=[example(1, "c")], dead_letter=[letter().encode()]
)


class TestOrder:
    def test_the_store_before_the_topics(self, tmp_path: Path) -> None:
        world = World()
        make_sink(world, tmp_path).write(FULL, 7)
        assert world.steps == ["movies", "mentions", "trends", "ledger", "flush"]
        assert [topic for topic, _ in world.written("flush")] == ["dead_letter_stream", "trend_stream", "trend_stream"]
        assert [entry.model_dump() for entry in world.written("ledger")] == [
            {"job_id": "job", "batch_id": 7, "category": category, "count": count, "at": NOW}
            for category, count in (("counted", 3), ("late", 0))
        ]

    @pytest.mark.parametrize("step", ["movies", "mentions", "trends", "ledger", "flush"])
    def test_a_step_that_fails_once_is_done_again_from_the_start(self, tmp_path: Path, step: str) -> None:
        world = World(step, times=1)
        make_sink(world, tmp_path).write(FULL, 7)
        order = ["movies", "mentions", "trends", "ledger", "flush"]
        assert world.steps == order[: order.index(step)] + order

    @pytest.mark.parametrize("step", ["trends", "flush"])
    def test_a_server_away_for_too_long_fails_the_batch_and_nothing_later_happens(
        self, tmp_path: Path, step: str
    ) -> None:
        world = World(step, times=1_000)
        with pytest.raises(DependencyError, match=f"{step} is away"):
            make_sink(world, tmp_path, deadline=0.1).write(FULL, 7)
        assert step not in world.steps
        assert not SnapshotFiles(tmp_path).versions()

    def test_the_same_batch_again_writes_the_same(self, tmp_path: Path) -> None:
        first, second = World(), World()
        make_sink(first, tmp_path / "1").write(FULL, 7)
        make_sink(second, tmp_path / "2").write(FULL, 7)
        assert first.log == second.log

    def test_after_close_no_batch_is_begun(self, tmp_path: Path) -> None:
        world = World()
        sink = make_sink(world, tmp_path)
        sink.close(1)
        with pytest.raises(StoppingError):
            sink(None, 1)  # type: ignore[arg-type]
        assert not world.log

    def test_a_stop_ends_the_waiting_for_a_server(self, tmp_path: Path) -> None:
        sink = make_sink(World("trends", times=1_000), tmp_path, deadline=3_600)
        sink.close(1)
        with pytest.raises(DependencyError):
            sink.write(FULL, 7)


class TestRows:
    def update(self, tmp_path: Path, **fields: Any) -> TrendUpdate:
        world = World()
        make_sink(world, tmp_path).write(outputs(window(1, **fields), film=[film(1, "Heat")]), 0)
        (update,) = world.written("trends")
        assert isinstance(update, TrendUpdate)
        return update

    def test_a_window_as_others_read_it(self, tmp_path: Path) -> None:
        units = 10**11
        update = self.update(
            tmp_path, text=3, thread=1, sentiment=units, positive=2, negative=1, popularity=500.0,
            observed=int(NOW.timestamp() * 1_000), rank=3, revision=2, final=1,
        )  # fmt: skip
        assert (update.title, update.window_start, update.window_end) == ("Heat", NOW, NOW + timedelta(minutes=5))
        assert (update.mentions, update.mentions_text, update.mentions_thread) == (4, 3, 1)
        assert (update.positive, update.neutral, update.negative) == (2, 1, 1)
        assert (update.sentiment, update.sentiment_sum) == (0.25, 1.0)
        assert (update.popularity, update.popularity_observed_at, update.trending_rank) == (500.0, NOW, 3)
        assert (update.popularity_part, update.revision, update.is_final) == (100, 2, True)

    def test_what_is_unknown_is_none(self, tmp_path: Path) -> None:
        update = self.update(tmp_path)
        assert (update.popularity, update.popularity_observed_at, update.trending_rank) == (None, None, None)
        assert (update.sentiment, update.sentiment_part, update.popularity_part, update.trend_score) == (
            None,
            50,
            0,
            15,
        )

    def test_updates_are_in_the_order_of_their_windows(self, tmp_path: Path) -> None:
        world = World()
        rows = [window(movie, WINDOW_NUMBER + n) for movie, n in ((2, 1), (1, 1), (2, 0), (1, 0))]
        make_sink(world, tmp_path).write(outputs(*rows, film=[film(1), film(2)]), 0)
        starts = [(u.window_start.minute, u.movie_id) for u in world.written("trends")]
        assert starts == [(0, 1), (0, 2), (1, 1), (1, 2)]

    def test_the_newest_poll_of_a_film_is_written(self, tmp_path: Path) -> None:
        world = World()
        polls = [film(1, "New"), film(1, "Old", NOW - timedelta(hours=1)), film(2)]
        make_sink(world, tmp_path).write(outputs(film=polls), 0)
        assert sorted(f.title for f in world.written("movies")) == ["Film 2", "New"]

    def test_few_examples_a_film_are_written(self, tmp_path: Path) -> None:
        world = World()
        some = [example(movie, f"c{n}") for n in range(9) for movie in (1, 2)]
        make_sink(world, tmp_path).write(outputs(example=some), 0)
        assert [(e.movie_id, e.comment_id) for e in world.written("mentions")] == [
            (movie, f"c{n}") for n in range(3) for movie in (1, 2)
        ]

    def test_films_reach_the_workers_as_a_snapshot(self, tmp_path: Path) -> None:
        make_sink(World(), tmp_path).write(FULL, 0)
        files = SnapshotFiles(tmp_path)
        assert files.load(files.versions()[0]).films.keys() == {1, 2}

    def test_metrics(self, tmp_path: Path) -> None:
        def value(name: str, **labels: str) -> float:
            return REGISTRY.get_sample_value(f"trendscope_processor_{name}", labels) or 0

        counted, letters = value("records_total", category="counted"), value("dead_letters_total", reason="schema")
        make_sink(World(), tmp_path).write(FULL, 0)
        assert value("records_total", category="counted") == counted + 3
        assert value("dead_letters_total", reason="schema") == letters + 1
        assert value("state_bytes") == 15
        assert value("watermark_lag_seconds") == 120
        assert value("catalogue_films") == 2


class TestCrash:
    @pytest.mark.parametrize("text", ["nowhere:batch=1", "after_publish", "after_publish:batch=x", "after_publish:1"])
    def test_a_wrong_switch_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigurationError, match="TRENDSCOPE_CRASH"):
            CrashSwitch.from_environment({"TRENDSCOPE_CRASH": text})

    def test_no_switch_no_crash(self) -> None:
        CrashSwitch.from_environment({}).at(CrashPoint.AFTER_PUBLISH, -1)

    @pytest.mark.parametrize("point", list(CrashPoint))
    def test_dies_at_its_point_alone(self, point: CrashPoint) -> None:
        code = (
            "from processors.crash import CrashPoint, CrashSwitch; switch = CrashSwitch.from_environment()\n"
            "for batch in range(3):\n    for point in CrashPoint:\n        switch.at(point, batch)\n"
            "        print(point, batch, flush=True)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
            env=os.environ | {"TRENDSCOPE_CRASH": f"{point}:batch=1"},
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL
        assert len(done.stdout.splitlines()) == 3 + list(CrashPoint).index(point)


class TestCheckpoint:
    def test_the_first_start_makes_an_identity_and_the_next_keeps_it(self, tmp_path: Path) -> None:
        first = Checkpoint(tmp_path).claim(SETTINGS, "cluster")
        assert Checkpoint(tmp_path).claim(SETTINGS, "cluster") == first
        assert Checkpoint(tmp_path / "other").claim(SETTINGS, "cluster").job_id != first.job_id

    @pytest.mark.parametrize(
        ("cluster", "change", "named"),
        [
            ("another", {}, "kafka_cluster"),
            ("cluster", {"trend_slide_duration": timedelta(seconds=30)}, "slide"),
            ("cluster", {"trend_window_duration": timedelta(minutes=10)}, "panes"),
        ],
    )
    def test_another_jobs_checkpoint_is_refused(
        self, tmp_path: Path, cluster: str, change: dict[str, Any], named: str
    ) -> None:
        Checkpoint(tmp_path).claim(SETTINGS, "cluster")
        with pytest.raises(ConfigurationError, match=rf"{named}.*start afresh with"):
            Checkpoint(tmp_path).claim(changed(**change), cluster)

    def test_weights_may_change(self, tmp_path: Path) -> None:
        first = Checkpoint(tmp_path).claim(SETTINGS, "cluster")
        assert Checkpoint(tmp_path).claim(changed(w1_popularity=0.9), "cluster") == first

    def test_the_checkpoints_buckets_are_kept(self, tmp_path: Path) -> None:
        Checkpoint(tmp_path).claim(SETTINGS, "cluster")
        assert Checkpoint(tmp_path).claim(changed(spark_shuffle_partitions=9), "cluster").buckets == 2

    @pytest.mark.parametrize("content", [None, b"{", b"{}"])
    def test_a_checkpoint_nobody_knows_is_refused(self, tmp_path: Path, content: bytes | None) -> None:
        Checkpoint(tmp_path).spark.mkdir(parents=True)
        if content is not None:
            (tmp_path / "checkpoint" / "job.json").write_bytes(content)
        with pytest.raises(ConfigurationError, match=r"job\.json"):
            Checkpoint(tmp_path).claim(SETTINGS, "cluster")


def changed(**fields: Any) -> Settings:
    return load_settings(_env_file=None, **fields)


REPORT: dict[str, Any] = {
    "batchId": 4,
    "numInputRows": 10,
    "inputRowsPerSecond": 5.0,
    "durationMs": {"triggerExecution": 700},
    "sources": [
        {
            "endOffset": '{"reddit_stream": {"0": 90}, "tmdb_stream": {"0": 5}}',
            "latestOffset": {"reddit_stream": {"0": 100}, "tmdb_stream": {"0": 5}},
        }
    ],
}


class TestProgress:
    def test_lag_by_topic(self) -> None:
        Progress(lambda: NOW).observe(REPORT, active=False)
        lag = [
            REGISTRY.get_sample_value("trendscope_processor_consumer_lag", {"topic": topic})
            for topic in ("reddit_stream", "tmdb_stream")
        ]
        assert lag == [10, 0]

    @pytest.mark.parametrize("nothing", ["", "null", None])
    def test_before_any_offset(self, nothing: str | None) -> None:
        metrics.CONSUMER_LAG.clear()
        Progress(lambda: NOW).observe(
            REPORT | {"sources": [{"endOffset": nothing, "latestOffset": nothing}]}, active=False
        )
        assert REGISTRY.get_sample_value("trendscope_processor_consumer_lag", {"topic": "reddit_stream"}) is None

    def test_a_batch_that_never_ends_is_no_health(self) -> None:
        now = [NOW]
        progress = Progress(lambda: now[0])
        assert progress.health() == "the query has not started"
        progress.observe(None, active=True)
        assert progress.health() is None
        now[0] += timedelta(minutes=6)
        progress.observe(REPORT, active=True)
        assert progress.health() is None, "a batch ended"
        now[0] += timedelta(minutes=6)
        progress.observe(REPORT, active=True)
        assert progress.health() == "a micro-batch runs for 360 s"
        progress.observe(REPORT, active=False)
        assert progress.health() is None, "idle is healthy"


def test_a_spark_failure_is_told_in_one_line() -> None:
    error = RuntimeError(
        "[STREAM_FAILED] Query terminated: Job aborted\n  File \"x.py\", line 3\n    raise DependencyError('no')\n"
        "contracts.errors.DependencyError: Cassandra is away\n\tat org.apache.spark.Error(Some.scala:1)\n"
    )
    assert _short(error) == "contracts.errors.DependencyError: Cassandra is away"
