"""Signals to the processes of a platform, with small programs in place of the real ones; and a disk that is full."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from configs.settings import Settings
from local import platform as platform_module
from local.platform import Platform
from local.ports import free_ports
from local.programs import Program
from local.supervision import Supervisor
from tests.faults import setting
from tests.faults.fault import Grade
from tests.faults.kinds import servers
from tests.faults.kinds.disk import fill
from tests.faults.processes import family, frozen, kill, kill_for_good, kill_part, pid_of, state_of
from tests.faults.world import World
from tests.support.waiting import wait_until

_DEADLINE = 60.0
_PARENT = (
    "import subprocess, sys, time; "
    "child = [sys.executable, '-c', 'import sys; sys.stdin.read()', 'worker']; "
    "running = subprocess.Popen(child, stdin=subprocess.PIPE); "
    "time.sleep(600)"
)
"""A program with a child that can be told by its command line, and that ends when its parent does."""


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform of one program, started once."""
    with (
        tempfile.TemporaryDirectory(prefix="ts-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        names = [name for name in Settings.model_fields if name.endswith("_port")]
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        settings = Settings(_env_file=None, data_dir=Path(folder) / "data", **ports)  # type: ignore[arg-type]
        known = [Program("job", (sys.executable, "-c", _PARENT), order=10)]
        monkeypatch.setattr(platform_module, "programs", lambda *_, **__: list(known))
        monkeypatch.setattr(platform_module, "install_jars", lambda *_: 0)
        monkeypatch.setattr(Platform, "check", lambda _: None)
        found = Platform(settings)
        found.up()
        try:
            yield found
        finally:
            Supervisor(settings.data_dir).shut_down(_DEADLINE)


@pytest.fixture
def running(platform: Platform) -> Platform:
    """With its program and that one's child there, whatever the test before did."""
    if state_of(platform, "job").pid is not None:
        kill_for_good(platform, "job")  # not a stop: SIGTERM is lost on a program that is just being started
    for starts in platform.supervisor.home.glob("*.starts"):
        starts.unlink()  # no back-off between tests
    platform.supervisor.start_program("job")
    wait_until(lambda: len(family(pid_of(platform, "job"))) == 2, _DEADLINE, what="the child")
    return platform


def statuses(pid: int) -> set[str]:
    return {process.status() for process in family(pid)}


def test_what_is_killed_is_started_again(running: Platform) -> None:
    before = kill(running, "job")
    wait_until(lambda: state_of(running, "job").pid not in {None, before}, _DEADLINE, what="a new process")
    assert not psutil.pid_exists(before) or psutil.Process(before).status() == psutil.STATUS_ZOMBIE


def test_what_is_killed_for_good_stays_dead_until_it_is_started(running: Platform) -> None:
    kill_for_good(running, "job")
    assert state_of(running, "job").pid is None
    running.supervisor.start_program("job")
    assert pid_of(running, "job")


def test_a_part_is_killed_and_the_rest_lives(running: Platform) -> None:
    pid = pid_of(running, "job")
    assert kill_part(running, "job", "no such words") is None
    child = kill_part(running, "job", "worker")
    assert child is not None
    wait_until(lambda: psutil.Process(child).status() == psutil.STATUS_ZOMBIE, _DEADLINE, what="the child's end")
    assert pid_of(running, "job") == pid


def test_what_is_frozen_is_silent_with_its_children_and_then_goes_on(running: Platform) -> None:
    pid = pid_of(running, "job")
    with frozen(running, "job"):
        wait_until(lambda: statuses(pid) == {psutil.STATUS_STOPPED}, _DEADLINE, what="both to stop")
    wait_until(lambda: psutil.STATUS_STOPPED not in statuses(pid), _DEADLINE, what="both to go on")


def test_what_is_frozen_can_be_killed(running: Platform) -> None:
    with frozen(running, "job"):
        kill_for_good(running, "job")
    assert state_of(running, "job").pid is None


def test_of_the_observers_those_are_away_that_are_there(running: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prometheus is part of a platform only where it is installed."""
    before = pid_of(running, "job")
    counts = iter([1, 4])

    def messages(*_: object) -> int:
        count = next(counts)
        if count > 1:
            wait_until(lambda: statuses(before) == {psutil.STATUS_STOPPED}, _DEADLINE, what="it to be frozen")
        return count

    monkeypatch.setattr(servers, "OBSERVERS", frozenset({"job", "prometheus"}))
    monkeypatch.setattr(servers, "messages_in", messages)
    world = cast(World, SimpleNamespace(platform=running, settings=None))
    fault = servers.ObserversAway()
    details = fault.inject(world, Random(1), cast(Grade, SimpleNamespace(pick=lambda *_: 0.2)))
    assert details == {"away": ["job"], "seconds": 0.2, "forecasts_meanwhile": 3}
    wait_until(lambda: state_of(running, "job").pid not in {None, before}, _DEADLINE, what="a new process")
    assert list(fault.aftermath(world)) == []


def test_a_program_that_is_not_there_is_told_by_name(running: Platform) -> None:
    with pytest.raises(LookupError, match="prometheus is no program of this platform, which runs job"):
        state_of(running, "prometheus")


def test_a_full_disk_takes_nothing_until_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not setting.can_mount():
        pytest.skip("takes root to make a small disk")
    monkeypatch.setattr(setting, "DISKS", {"checkpoint": "64k"})
    with setting.small_disks(tmp_path):
        place = tmp_path / "checkpoint"
        assert fill(place / "ballast") == 64 * 1024
        with pytest.raises(OSError, match="No space left"):
            (place / "state").write_bytes(b"x" * 5_000)
        (place / "ballast").unlink()
        (place / "state").write_bytes(b"x" * 5_000)
    assert not (tmp_path / "checkpoint" / "state").exists(), "the disk is gone again"
