"""The loop's order of side effects: a crash at every step, then a restart, must end as if nothing had happened."""

import base64
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from configs.logging import configure_logging
from configs.topics import DEAD_LETTER_STREAM, MAX_MESSAGE_BYTES, PREDICTIONS_STREAM
from contracts.errors import DependencyError
from contracts.events import DeadLetter, DeadLetterReason, Event, Prediction, TrendUpdate
from ml_service import snapshot
from ml_service.engine import Batch, Engine
from ml_service.items import Answer, Request
from ml_service.service import VERSIONS_FOLDER, Service, restore
from ml_service.snapshot import Snapshot
from ml_service.tracking import NoTracking
from ml_service.versions import Versions
from storage.records import ModelMetric
from tests.support.ml import CONFIG, updates

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BATCH = 17


class CrashError(Exception):
    """The process ends here."""


@dataclass
class Record:
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class World:
    """What outlives the process: the topic, the tables, the published events; and where it crashes next."""

    def __init__(self, values: list[bytes]) -> None:
        self.records = [Record(0, offset, b"1", value) for offset, value in enumerate(values)]
        self.first = 0
        self.topic_id = "one"
        self.stored: dict[tuple[Any, ...], Prediction] = {}
        self.figures: dict[tuple[Any, ...], float] = {}
        self.published: list[tuple[str, Event]] = []
        self.committed: dict[int, int] = {}
        self.lag_known = True
        self.crash_at: tuple[str, int] = ("", 0)
        self.calls: dict[str, int] = {}

    def reach(self, place: str) -> None:
        self.calls[place] = self.calls.get(place, 0) + 1
        if self.crash_at == (place, self.calls[place]):
            raise CrashError(place)


class FakeSource:
    def __init__(self, world: World) -> None:
        self.world, self.topic_id, self.offsets = world, world.topic_id, {0: 0}

    def limits(self) -> dict[int, tuple[int, int]]:
        return {0: (self.world.first, len(self.world.records))}

    def seek(self, offsets: dict[int, int]) -> None:
        self.offsets = {0: max(offsets.get(0, 0), self.world.first)}

    def poll(self) -> list[Any]:
        self.world.reach("poll")
        start = self.offsets[0]
        self.offsets = {0: min(len(self.world.records), start + BATCH)}
        return list(self.world.records[start : self.offsets[0]])

    def commit(self, offsets: dict[int, int]) -> None:
        self.world.reach("commit")
        self.world.committed = dict(offsets)

    def lag(self) -> int | None:
        return len(self.world.records) - self.offsets[0] if self.world.lag_known else None


class FakeTables:
    def __init__(self, world: World) -> None:
        self.world = world

    def predictions(self, rows: Iterable[Prediction]) -> None:
        self.world.reach("store")
        for row in rows:
            known = self.world.stored.get((row.movie_id, row.made_at, row.horizon))
            if known is None or known.actual is None or row.actual is not None:
                self.world.stored[row.movie_id, row.made_at, row.horizon] = row
        self.world.reach("stored")

    def metrics(self, rows: Iterable[ModelMetric]) -> None:
        for row in rows:
            self.world.figures[row.model_version, row.metric, row.horizon, row.at] = row.value
        self.world.reach("measured")


class FakeSink:
    def __init__(self, world: World) -> None:
        self.world = world
        self.waiting: list[tuple[str, Event]] = []

    def send(self, topic: str, event: Event) -> None:
        self.world.reach("send")
        self.waiting.append((topic, event))

    def flush(self) -> None:
        self.world.reach("flush")
        self.world.published += self.waiting
        self.waiting = []
        self.world.reach("flushed")


def service(world: World, folder: Path) -> Service:
    source = FakeSource(world)
    return Service(
        restore(folder, CONFIG, source),
        source=source,
        tables=FakeTables(world),
        sink=FakeSink(world),
        folder=folder,
        clock=lambda: NOW,
        snapshot_seconds=0.0,
        monotonic=lambda: 0.0,  # saving takes no time: every step saves
    )


def ticking(source: FakeSource, folder: Path, now: list[float]) -> Service:
    """A new one that saves every ten seconds of a clock in the test's hands."""
    world = source.world
    return Service(
        Snapshot(Engine(CONFIG), source.topic_id, {}), source=source, tables=FakeTables(world), sink=FakeSink(world),
        folder=folder, clock=lambda: NOW, snapshot_seconds=10.0, monotonic=lambda: now[0],
    )  # fmt: skip


def run(world: World, folder: Path) -> Service:
    running = service(world, folder)
    while running.step():
        pass
    running.finish()
    return running


def encoded(rows: Iterable[TrendUpdate]) -> list[bytes]:
    return [row.encode() for row in rows]


ROWS = list(updates(2, 30))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(encoded(ROWS))
    run(world, tmp_path_factory.mktemp("undisturbed"))
    return world


def test_undisturbed_it_stores_and_publishes_what_the_engine_says(undisturbed: World) -> None:
    batch, engine = Batch(), Engine(CONFIG)
    for row in ROWS:
        engine.process(row, batch)
    assert [event for _, event in undisturbed.published] == batch.predictions
    assert {topic for topic, _ in undisturbed.published} == {PREDICTIONS_STREAM}
    assert undisturbed.stored == {(row.movie_id, row.made_at, row.horizon): row for row in batch.predictions}
    assert undisturbed.figures
    assert undisturbed.committed == {0: len(ROWS)}


@pytest.mark.parametrize("place", ["poll", "store", "stored", "measured", "send", "flush", "flushed", "commit"])
@pytest.mark.parametrize("time", [1, 3])
def test_after_a_crash_anywhere_the_tables_and_figures_are_the_same(
    undisturbed: World, place: str, time: int, tmp_path: Path
) -> None:
    world = World(encoded(ROWS))
    world.crash_at = (place, time)
    with pytest.raises(CrashError):
        run(world, tmp_path)
    world.crash_at = (place, world.calls[place] + 2)  # and once more, while it recovers
    with pytest.raises(CrashError):
        run(world, tmp_path)
    world.crash_at = ("", 0)
    run(world, tmp_path)
    assert world.stored == undisturbed.stored
    assert world.figures == undisturbed.figures
    assert world.committed == undisturbed.committed
    assert set(map(str, world.published)) == set(map(str, undisturbed.published))  # copies, all equal


def full(*_: object) -> None:
    raise OSError("no space left on device")


def test_a_disk_that_is_full_holds_up_the_commit_alone(
    undisturbed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(encoded(ROWS))
    running = service(world, tmp_path)
    running.step()
    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        for _ in range(3):
            running.step()
        running.finish()
    assert world.committed == {0: BATCH}
    saved = snapshot.load(tmp_path, CONFIG)
    assert saved is not None
    assert saved.offsets == {0: BATCH}
    run(world, tmp_path)  # the process ended meanwhile
    assert world.stored == undisturbed.stored
    assert world.figures == undisturbed.figures
    assert world.committed == undisturbed.committed


def test_a_disk_that_has_room_again_is_used_at_the_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, now = World(encoded(ROWS)), [0.0]
    running = ticking(FakeSource(world), tmp_path, now)
    tries: list[int] = []

    def refuse(*_: object) -> None:
        tries.append(1)
        raise OSError("read-only file system")

    with monkeypatch.context() as disk:
        disk.setattr(snapshot, "save", refuse)
        for now[0] in (10.0, 15.0, 20.0):
            running.step()
    assert len(tries) == 2
    now[0] = 30.0
    running.step()
    assert world.committed == {0: 4 * BATCH}


def test_after_a_restart_the_age_of_the_saved_state_is_that_of_the_file(tmp_path: Path) -> None:
    name = "trendscope_ml_snapshot_timestamp_seconds"
    service(World([]), tmp_path)
    assert REGISTRY.get_sample_value(name) == 0
    run(World(encoded(ROWS)), tmp_path)
    assert REGISTRY.get_sample_value(name) == NOW.timestamp()
    os.utime(tmp_path / snapshot.FILE_NAME, (1e9, 1e9))
    service(World(encoded(ROWS)), tmp_path)
    assert REGISTRY.get_sample_value(name) == 1e9


def test_a_store_that_is_away_ends_the_step_before_anything_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(encoded(ROWS))
    running = service(world, tmp_path)

    def away(*_: object) -> None:
        raise DependencyError("no Cassandra")

    monkeypatch.setattr(running._tables, "predictions", away)
    with pytest.raises(DependencyError):
        running.step()
    assert world.published == []


def test_state_is_saved_from_time_to_time_and_at_the_end(tmp_path: Path) -> None:
    world, now = World(encoded(ROWS)), [0.0]
    running = ticking(FakeSource(world), tmp_path, now)
    running.step()
    assert world.committed == {}
    now[0] = 10.0
    running.step()
    assert world.committed == {0: 2 * BATCH}
    running.step()
    running.finish()
    assert world.committed == {0: 3 * BATCH}


def test_a_commit_that_waits_for_the_broker_does_not_put_off_the_next_save(tmp_path: Path) -> None:
    world, now = World(encoded(ROWS)), [0.0]

    class SlowBroker(FakeSource):
        def commit(self, offsets: dict[int, int]) -> None:
            now[0] += 30.0
            super().commit(offsets)

    running = ticking(SlowBroker(world), tmp_path, now)
    now[0] = 10.0
    running.step()
    assert world.committed == {0: BATCH}
    now[0] += 10.0
    running.step()
    assert world.committed == {0: 2 * BATCH}, "ten seconds later, as always"


def test_a_record_that_does_not_fit_is_set_aside_whole(tmp_path: Path) -> None:
    values = [b"{no json", b'{"movie_id": "x"}', *encoded(ROWS[:4])]
    world = World(values)
    world.records.append(Record(0, len(values), None, None))
    run(world, tmp_path)
    letters = [event for topic, event in world.published if topic == DEAD_LETTER_STREAM]
    assert [letter.source_offset for letter in letters if isinstance(letter, DeadLetter)] == [0, 1, 6]
    first = letters[0]
    assert isinstance(first, DeadLetter)
    assert base64.b64decode(first.raw_base64) == b"{no json"
    assert (first.reason, first.source_topic, first.seen_at) == (DeadLetterReason.MALFORMED_JSON, "trend_stream", NOW)
    assert len([event for topic, event in world.published if topic == PREDICTIONS_STREAM]) == 2 * 4 // 2


def test_a_record_of_any_size_and_key_gives_a_letter_that_fits_its_topic(tmp_path: Path) -> None:
    world = World([])
    world.records.append(Record(0, 0, b"\x00" * 1_000_000, b"x" * 7 * 1024 * 1024))
    run(world, tmp_path)
    ((topic, letter),) = world.published
    assert topic == DEAD_LETTER_STREAM
    assert isinstance(letter, DeadLetter)
    assert len(letter.key) + len(letter.encode()) < MAX_MESSAGE_BYTES
    assert "only the first" in letter.detail
    assert world.committed == {0: 1}


def test_a_topic_made_anew_starts_afresh(tmp_path: Path) -> None:
    world = World(encoded(ROWS))
    run(world, tmp_path)
    world.topic_id = "two"
    assert service(world, tmp_path).engine.model.films == 0


def test_a_topic_that_ends_before_the_saved_position_starts_afresh(tmp_path: Path) -> None:
    run(World(encoded(ROWS)), tmp_path)
    assert service(World(encoded(ROWS[:10])), tmp_path).engine.model.films == 0


def test_records_that_retention_removed_are_a_gap_and_the_state_stays(tmp_path: Path) -> None:
    world = World(encoded(ROWS))
    run(world, tmp_path)
    later = [row for row in updates(2, 60) if row.window_start > ROWS[-1].window_start]
    world.records += [Record(0, len(ROWS) + number, b"1", value) for number, value in enumerate(encoded(later))]
    world.first = len(ROWS) + 20
    running = service(world, tmp_path)
    assert running.engine.model.films == 2
    assert running._source.offsets == {0: world.first}


def test_damaged_files_start_afresh(tmp_path: Path) -> None:
    world = World(encoded(ROWS))
    run(world, tmp_path)
    (tmp_path / "state.snapshot").write_bytes(b"rubbish")
    assert service(world, tmp_path).engine.model.films == 0


def test_after_an_upgrade_it_starts_afresh_with_one_line_and_ends_in_the_same_tables(
    undisturbed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(encoded(ROWS))
    with monkeypatch.context() as past:
        past.setattr(snapshot, "code_fingerprint", lambda: "mixture-1:0123")
        run(world, tmp_path)
    capsys.readouterr()
    configure_logging("test")
    run(world, tmp_path)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (reason,) = [line["reason"] for line in said if line["event"] == "state_new"]
    assert "mixture-1:0123" in reason
    assert world.stored == undisturbed.stored
    assert world.figures == undisturbed.figures


class Asking(NoTracking):
    """Somebody asks for a version once; remembers the answers."""

    def __init__(self, request: Request) -> None:
        self.requests, self.answers = [request], list[Answer]()

    def request(self) -> Request | None:
        return self.requests.pop() if self.requests else None

    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)


def exhaust(running: Service) -> None:
    while running.step():
        pass


def asked(world: World, folder: Path, tracking: Asking) -> Service:
    source = FakeSource(world)
    return Service(
        restore(folder, CONFIG, source), source=source, tables=FakeTables(world), sink=FakeSink(world), folder=folder,
        clock=lambda: NOW, snapshot_seconds=1e9, tracking=tracking, monotonic=lambda: 0.0,
    )  # fmt: skip


def test_a_rollback_is_saved_before_anything_it_leads_to(tmp_path: Path) -> None:
    world = World(encoded(ROWS))
    digest = Versions(tmp_path / VERSIONS_FOLDER).keep(run(World(encoded(ROWS)), tmp_path / "old").engine, 1)
    tracking = Asking(Request("7", "quick", digest, "now"))
    running = asked(world, tmp_path, tracking)
    running.step()
    (answer,) = tracking.answers
    assert answer.followed_from is not None
    assert world.committed == running._source.offsets  # saved at once, long before the next save is due
    assert running.engine.champion.endswith("steady")  # the window that is under way is not touched
    world.crash_at = ("store", world.calls["store"] + 1)
    with pytest.raises(CrashError):
        exhaust(running)
    again = asked(world, tmp_path, Asking(Request("9", "quick", "gone", "later")))
    exhaust(again)
    assert again.engine.champion.endswith("quick")
    made = [row for row in world.stored.values() if row.model_version.endswith("quick")]
    assert min(row.made_at for row in made) == answer.followed_from
    rollbacks = {key[3]: value for key, value in world.figures.items() if key[:2] == ("events", "rollback")}
    assert rollbacks == {answer.followed_from: 7.0}


def test_a_rollback_that_cannot_be_saved_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = Versions(tmp_path / VERSIONS_FOLDER).keep(run(World(encoded(ROWS)), tmp_path / "old").engine, 1)
    world, tracking = World(encoded(ROWS)), Asking(Request("7", "quick", digest, "now"))
    running = asked(world, tmp_path, tracking)
    monkeypatch.setattr(snapshot, "save", full)
    exhaust(running)
    (answer,) = tracking.answers
    assert answer.followed_from is None
    assert "cannot save" in answer.reason
    assert running.engine.champion.endswith("steady")


def test_a_rollback_that_the_disk_refuses_after_all_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = Versions(tmp_path / VERSIONS_FOLDER).keep(run(World(encoded(ROWS)), tmp_path / "old").engine, 1)
    tracking, room = Asking(Request("7", "quick", digest, "now")), [True]
    running = asked(World(encoded(ROWS)), tmp_path, tracking)
    monkeypatch.setattr(snapshot, "save", lambda *_: room.pop() if room else full())
    with pytest.raises(DependencyError, match="rollback"):
        exhaust(running)
    assert tracking.answers == []


def test_a_rollback_whose_answer_was_lost_is_answered_again_and_not_followed_again(tmp_path: Path) -> None:
    digest = Versions(tmp_path / VERSIONS_FOLDER).keep(run(World(encoded(ROWS)), tmp_path / "old").engine, 1)
    request = Request("7", "quick", digest, "now")
    world, first, second = World(encoded(ROWS)), Asking(request), Asking(request)
    asked(world, tmp_path, first).step()
    again = asked(world, tmp_path, second)
    exhaust(again)
    assert second.answers == first.answers
    assert again.engine.lineage == 1
    once_more = Asking(Request("7", "quick", digest, "later"))
    asked(world, tmp_path, once_more).step()
    assert once_more.answers[0].followed_from != first.answers[0].followed_from, "another request is followed"


@pytest.mark.parametrize("learner", ["gone", "../../secret", ""])
def test_a_rollback_to_what_is_not_kept_is_refused_with_its_reason(learner: str, tmp_path: Path) -> None:
    world, tracking = World(encoded(ROWS)), Asking(Request("7", "quick", learner, "now"))
    running = asked(world, tmp_path, tracking)
    exhaust(running)
    (answer,) = tracking.answers
    assert answer.followed_from is None
    assert "version 7" in answer.reason
    assert running.engine.champion.endswith("steady")


def test_the_lag_is_absent_until_it_is_known(tmp_path: Path) -> None:
    world = World(encoded(ROWS))
    running = service(world, tmp_path)
    world.lag_known = False
    running.step()
    assert REGISTRY.get_sample_value("trendscope_ml_consumer_lag") is None
    world.lag_known = True
    running.step()
    assert REGISTRY.get_sample_value("trendscope_ml_consumer_lag") == len(ROWS) - 2 * BATCH
