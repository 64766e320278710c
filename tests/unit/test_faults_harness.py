"""The harness's own parts: the plan of rounds, what a round reports, what it keeps and what it plants."""

import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from common.clock import to_millis
from configs.settings import ROOT
from contracts.errors import ContractError
from processors.parse import Limits, parse_comment
from tests.faults import __main__ as faults
from tests.faults.__main__ import main, plan
from tests.faults.collect import shown
from tests.faults.evidence import Batch, Evidence, Served
from tests.faults.fault import REGISTRY, Details, Fault, Grade, register
from tests.faults.keeping import Keeper, committed, read_batches
from tests.faults.kinds import disk
from tests.faults.kinds.messages import poison
from tests.faults.kinds.upgrade import digest
from tests.faults.rounds import Round, play, summary
from tests.faults.world import World
from tests.support.small_platform import run
from tests.support.waiting import wait_until

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class TestPlan:
    def test_the_same_seed_gives_the_same_rounds(self) -> None:
        names = sorted(REGISTRY)
        assert plan(50, 7, names) == plan(50, 7, names) != plan(50, 8, names)

    def test_every_fault_comes_about_as_often(self) -> None:
        names = sorted(REGISTRY)
        chosen = plan(3 * len(names), 1, names)
        assert all(chosen.count(name) == 3 for name in names)

    def test_faults_that_need_the_same_world_are_side_by_side(self) -> None:
        needs = [tuple(sorted(REGISTRY[name]().needs)) for name in plan(80, 3, sorted(REGISTRY))]
        changes = sum(before != after for before, after in itertools.pairwise(needs))
        assert changes == len(set(needs)) - 1


class TestRegistry:
    def test_every_number_of_the_list_has_a_fault(self) -> None:
        assert {kind().number for kind in REGISTRY.values()} == set(range(1, 15))

    def test_each_says_what_it_does(self) -> None:
        assert all((type(kind()).__doc__ or "").strip() for kind in REGISTRY.values())

    def test_two_of_one_name_are_refused(self) -> None:
        name = next(iter(REGISTRY))
        double = type("Double", (Fault,), {"name": name, "number": 1, "inject": lambda *_: {}})
        with pytest.raises(ValueError, match=name):
            register(double)

    def test_a_grade_picks(self) -> None:
        assert (Grade.QUICK.pick(1, 9), Grade.FULL.pick(1, 9)) == (1, 9)


class TestWhatAMachineLacks:
    def test_a_fault_that_cannot_be_played_is_left_out(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(disk, "can_mount", lambda: False)
        monkeypatch.setattr("signal.signal", lambda *_: None)  # this process keeps its own
        assert main(["--rounds", "3", "--only", "full_kafka_disk"]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["rounds"] == 0
        assert "full_kafka_disk is left out: it takes root" in told.err


class _World:
    """A world that does as it is told."""

    def __init__(self, evidence: Evidence, flow: Callable[[], float] = lambda: 2.5) -> None:
        self.calls: list[str] = []
        self._evidence, self._flow = evidence, flow
        self.platform = self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*_: object) -> Any:
            self.calls.append(name)
            answers: dict[str, Callable[[], Any]] = {
                "received": lambda: 5,
                "wait_flow": self._flow,
                "evidence": lambda: self._evidence,
                "states": list,
            }
            return answers.get(name, lambda: None)()

        return call


class _Shot(Fault):
    name, number = "shot", 1

    def __init__(self, error: Exception | None = None, wrong: tuple[str, ...] = ()) -> None:
        self._error, self._wrong = error, wrong

    def inject(self, world: World, rng: random.Random, grade: Grade) -> Details:
        if self._error:
            raise self._error
        return {"number": rng.random()}

    def heal(self, world: World) -> None:
        cast("_World", world).calls.append("heal")

    def aftermath(self, world: World) -> tuple[str, ...]:
        return self._wrong


def shoot(world: _World, fault: Fault) -> Round:
    return play(cast(World, world), 3, fault, random.Random(1), Grade.QUICK)


class TestRound:
    def test_one_that_goes_well(self) -> None:
        world = _World(run().evidence())
        one = shoot(world, _Shot())
        assert world.calls == ["start_sources", "heal", "received", "wait_flow", "settle", "evidence"]
        line = json.loads(json.dumps(one.line()))
        assert (line["fault"], line["recovery_seconds"], line["violations"]) == ("shot", 2.5, [])
        assert line["received"] == sum(line["ledger"].values())

    def test_the_command_says_where_evidence_is_kept(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        asked: list[Any] = []

        def remember(_: World, number: int, fault: Fault, *rest: object) -> Round:
            asked.append(rest[-1])
            return Round(number, fault.name)

        monkeypatch.setattr("signal.signal", lambda *_: None)
        monkeypatch.setattr(faults, "open_world", lambda *_: nullcontext(_World(run().evidence())))
        monkeypatch.setattr(faults, "play", remember)
        assert main(["--rounds", "2", "--only", "poison", "--keep", str(tmp_path)]) == 0
        assert asked == [tmp_path, tmp_path]

    def test_a_violated_invariant_and_a_wrong_aftermath_are_told(self) -> None:
        evidence = run().evidence()
        evidence.forecasts = evidence.forecasts[1:]
        one = shoot(_World(evidence), _Shot(wrong=("no gap was told",)))
        assert any(text.startswith("I5") for text in one.violations)
        assert one.violations[-1] == "shot: no gap was told"
        assert not one.world_is_lost

    def test_a_platform_that_does_not_come_back_violates_i6(self) -> None:
        def never() -> float:
            raise TimeoutError("progress did not come about")

        one = shoot(_World(run().evidence(), flow=never), _Shot())
        assert one.world_is_lost
        assert one.violations[0].startswith("I6: the platform did not come back: progress")

    def test_a_fault_that_fails_is_healed_all_the_same(self) -> None:
        world = _World(run().evidence())
        one = shoot(world, _Shot(error=AssertionError("ended with 0")))
        assert "heal" in world.calls
        assert one.world_is_lost

    def test_the_summary(self) -> None:
        rounds = [Round(n, "shot", recovery_seconds=float(n)) for n in range(4)]
        rounds.append(Round(4, "other", violations=["I1: x"]))
        times = {"recoveries": 4, "recovery_seconds_p50": 1.5, "recovery_seconds_max": 3.0}
        assert summary(rounds) == {
            "rounds": 5,
            "faults": {
                "other": {"rounds": 1, "recoveries": 0, "recovery_seconds_p50": None, "recovery_seconds_max": None},
                "shot": {"rounds": 4, **times},
            },
            **times,
            "violations": 1,
        }
        assert summary([])["recovery_seconds_max"] is None


class TestKeeping:
    def test_what_is_deleted_was_kept(self, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.mkdir()
        with Keeper(source, tmp_path / "kept", "[0-9]*") as keeper:
            (source / "1").write_text("one")
            (source / ".2.tmp").write_text("not whole yet")
            wait_until((keeper.kept / "1").exists, 10, what="the copy")
            (source / "1").unlink()
            (source / "3").write_text("three")
            keeper.look()
        assert {path.name: path.read_text() for path in keeper.kept.iterdir()} == {"1": "one", "3": "three"}

    def test_offset_logs_are_read_in_order(self, tmp_path: Path) -> None:
        head = 'v1\n{"batchWatermarkMs":0,"batchTimestampMs":%d,"conf":{}}\n'
        (tmp_path / "10").write_text(head % 2_000 + '{"tmdb_stream":{"0":7},"reddit_stream":{"0":30}}')
        (tmp_path / "9").write_text(head % 1_000 + '{"tmdb_stream":{"0":7}}\n{"reddit_stream":{"0":20}}')
        assert read_batches(tmp_path) == [Batch(9, 20, 7, 1_000), Batch(10, 30, 7, 2_000)]

    def test_done_is_what_is_committed_not_what_is_begun(self, tmp_path: Path) -> None:
        assert committed(tmp_path) is None
        log = 'v1\n{"batchTimestampMs":%d}\n{"reddit_stream":{"0":20}}\n{"tmdb_stream":{"0":%d}}'
        for folder in ("offsets", "commits"):
            (tmp_path / folder).mkdir()
        for number in (9, 10, 11):
            (tmp_path / "offsets" / str(number)).write_text(log % (number, 70 * number))
        for number in (9, 10):
            (tmp_path / "commits" / str(number)).write_text("v1\n{}")
        assert committed(tmp_path) == Batch(10, 20, 700, 10)
        (tmp_path / "offsets" / "10").unlink()
        assert committed(tmp_path) is None

    def test_a_digest_sees_every_change(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("1")
        before = digest(tmp_path)
        assert digest(tmp_path) == before
        (tmp_path / "a").rename(tmp_path / "b")
        assert digest(tmp_path) != before


def test_what_a_comment_was_when_first_shown_counts() -> None:
    """A simulator that is started again may show another comment by the same id."""
    later = {"id": "a", "deleted": False, "gone": False}
    assert shown(later, None) == Served("a", deleted=False, gone=False)
    assert shown(later, Served("a", deleted=True, gone=True)) == Served("a", deleted=True, gone=True)
    assert shown(later | {"deleted": True, "gone": True}, Served("a")) == Served("a", deleted=False, gone=True)


def test_what_is_planted_becomes_of_it_what_the_harness_says() -> None:
    limits, appended = Limits(100_000, 300_000), to_millis(NOW)
    for value, verdict in poison(NOW, "p"):
        try:
            comment, _ = parse_comment(value, appended, limits)
        except ContractError:
            assert verdict == "dead_letter", value[:80] if value else value
        else:
            assert verdict == ("not_organic" if comment.origin == "search" else ""), value


def test_a_shifted_clock_steps_with_its_file(tmp_path: Path) -> None:
    shift, module = tmp_path / "shift", tmp_path / "tells_time.py"
    shift.write_text("-600")
    module.write_text(
        "import pathlib, sys\nfrom common.clock import system_clock\n"
        "first = system_clock()\n"
        f"pathlib.Path({str(shift)!r}).write_text('600')\n"
        "print(first.isoformat(), system_clock().isoformat())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.shifted", str(shift), "tells_time"],
        cwd=ROOT, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    first, second = (datetime.fromisoformat(text) for text in done.stdout.split())
    now = datetime.fromtimestamp(time.time(), UTC)
    assert abs(first - (now - timedelta(minutes=10))) < timedelta(minutes=1)
    assert abs(second - (now + timedelta(minutes=10))) < timedelta(minutes=1)
