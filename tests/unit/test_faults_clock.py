"""The fault that moves the host's clock: when it is played, what it moves, and that it puts everything right."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from local.programs import Program
from tests.faults import shifted, world
from tests.faults.fault import Grade
from tests.faults.kinds.clock import ALLOWED, HostClock


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the clock was moved by, in whole seconds; the machine's own stays as it is."""
    found: list[int] = []

    def settime(clock: int, nanoseconds: int) -> None:
        assert clock == time.CLOCK_REALTIME
        found.append(round((nanoseconds - time.time_ns()) / 1e9))

    monkeypatch.setattr(time, "clock_settime_ns", settime)
    return found


class _World:
    """Stops and starts as it is told; its comments flow, or not."""

    def __init__(self, shift: Path, *, comes_back: bool = True) -> None:
        self.source_shift, self._comes_back = shift, comes_back
        self.asks, self._processed = True, 10
        self.prober = SimpleNamespace(silence=self._silence)
        self.up = True

    @contextmanager
    def _silence(self) -> Iterator[None]:
        self.asks = False
        yield
        self.asks = True

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.up = False
        yield
        if not self._comes_back:
            raise TimeoutError("it does not come up")
        self.up = True

    def new_session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def received(self) -> int:
        return 10

    def processed(self) -> int:
        self._processed += 1
        return self._processed


def test_without_a_word_from_the_user_no_clock_is_moved(monkeypatch: pytest.MonkeyPatch, moved: list[int]) -> None:
    monkeypatch.delenv(ALLOWED, raising=False)
    assert f"{ALLOWED}=1 allows it" in str(HostClock().missing())
    assert moved == []
    monkeypatch.setenv(ALLOWED, "1")
    assert HostClock().missing() is None
    assert moved == [0]


def test_without_the_right_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    monkeypatch.setenv(ALLOWED, "1")
    monkeypatch.setattr(time, "clock_settime_ns", refused)
    assert "CAP_SYS_TIME" in str(HostClock().missing())


def test_the_clock_goes_back_while_everything_is_down_and_forward_again(
    tmp_path: Path, moved: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    fault, of = HostClock(), _World(tmp_path / "shift")
    told = fault.inject(of, Random(1), Grade.QUICK)  # type: ignore[arg-type]
    assert told["seconds"] == -300
    assert told["processed"] > 0
    assert (moved, of.source_shift.read_text(), of.asks) == ([-300], "300", False)
    fault.heal(of)  # type: ignore[arg-type]
    fault.heal(of)  # type: ignore[arg-type]
    assert (moved, of.source_shift.read_text(), of.asks) == ([-300, 300], "0", True)


def test_a_platform_that_does_not_come_up_gets_its_clock_back(tmp_path: Path, moved: list[int]) -> None:
    fault, of = HostClock(), _World(tmp_path / "shift", comes_back=False)
    with pytest.raises(TimeoutError):
        fault.inject(of, Random(1), Grade.QUICK)  # type: ignore[arg-type]
    fault.heal(of)  # type: ignore[arg-type]
    assert moved == [-300, 300]


def test_only_the_source_has_a_clock_of_its_own(tmp_path: Path) -> None:
    source = Program("simulator", ("python", "-m", "simulator", "--seed", "3"), order=1)
    job = Program("trend-processor", ("python", "-m", "processors"), order=2)
    file = tmp_path / "shift"
    assert world._shifted(job, file) is job
    command = world._shifted(source, file).command
    assert command == ("python", "-m", "tests.faults.shifted", str(file), "simulator", "--seed", "3")


def test_a_service_with_a_shifted_clock_gets_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clock_reader.py").write_text(
        "import sys\nfrom datetime import UTC, datetime\nfrom common.clock import system_clock\n"
        "print(sys.argv[1:], round((system_clock() - datetime.now(UTC)).total_seconds()))\n"
    )
    (tmp_path / "shift").write_text("300")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("common.clock.system_clock", None)
    monkeypatch.setattr("sys.argv", [])
    shifted.main(tmp_path / "shift", "clock_reader", "--seed", "3")
    assert capsys.readouterr().out == "['--seed', '3'] 300\n"
