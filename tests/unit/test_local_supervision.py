"""A real supervisord runs small programs as it runs the platform's: restarts, exit codes, back-off, stop order."""

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from configs.settings import Settings
from local import launch
from local.programs import Program, programs
from local.share import NICENESS
from local.supervision import ProcessState, Supervisor
from tests.support.waiting import wait_until

_NICEST = 19
"""Where niceness ends, so that the tests can themselves be run with the least priority."""
_DEADLINE = 60.0
"""Seconds on a busy machine; each wait ends as soon as its fact is there."""


def script(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


SLEEP = "import time; time.sleep(600)"


class TestBackOff:
    def test_the_first_start_and_one_restart_are_free(self) -> None:
        assert launch.delay([], 1_000) == 0
        assert launch.delay([999.0], 1_000) == 0

    def test_it_doubles_up_to_a_limit(self) -> None:
        assert [launch.delay([1_000.0] * count, 1_000) for count in range(2, 8)] == [1, 2, 4, 8, 16, 30]

    def test_old_starts_do_not_count_nor_do_those_of_a_clock_set_back(self) -> None:
        assert launch.delay([800.0, 870.0, 5_000.0], 1_000) == 0

    def test_a_damaged_file_is_no_history(self, tmp_path: Path) -> None:
        assert launch.read_starts(tmp_path / "none") == []
        (tmp_path / "starts").write_text("1.5\nrubbish")
        assert launch.read_starts(tmp_path / "starts") == []
        (tmp_path / "starts").write_text("1.5\n2.5")
        assert launch.read_starts(tmp_path / "starts") == [1.5, 2.5]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder with a path as short as a socket needs."""
    with tempfile.TemporaryDirectory(prefix="ts-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[..., Supervisor]]:
    """Start a supervisor with programs; it is stopped with the test."""
    supervisor = Supervisor(folder)

    def start(*known: Program, environment: dict[str, str] | None = None) -> Supervisor:
        supervisor.configure(known)
        supervisor.start({**os.environ, **(environment or {})})
        return supervisor

    yield start
    supervisor.shut_down(_DEADLINE)


def state_of(supervisor: Supervisor, name: str) -> ProcessState:
    return next(state for state in supervisor.states() if state.name == name)


def test_it_runs_logs_and_stops(run: Callable[..., Supervisor], folder: Path) -> None:
    code = f"import os; print('hello', os.environ['GREETING'], flush=True); {SLEEP}"
    supervisor = run(Program("greeter", script(code), order=1), environment={"GREETING": "100%"})
    wait_until(lambda: "hello 100%" in supervisor.log_file("greeter").read_text(), _DEADLINE)
    state = state_of(supervisor, "greeter")
    assert state.state == "RUNNING"
    assert state.pid is not None
    assert state.since is not None
    supervisor.shut_down(_DEADLINE)
    assert not psutil.pid_exists(state.pid)
    assert not supervisor.is_running()
    assert supervisor.states() == []
    supervisor.shut_down()  # nothing to do is no error


@pytest.mark.parametrize("yields", [False, True])
def test_each_program_has_a_share_of_the_processors_of_its_own(run: Callable[..., Supervisor], yields: bool) -> None:
    code = f"print('here', flush=True); {SLEEP}"
    supervisor = run(Program("one", script(code), order=1, yields=yields))
    wait_until(lambda: "here" in supervisor.log_file("one").read_text(), _DEADLINE)
    pid = state_of(supervisor, "one").pid
    assert pid is not None
    assert os.getsid(pid) == os.getpgid(pid) == pid
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(_NICEST, own + (NICENESS if yields else 0))
    autogroup = Path(f"/proc/{pid}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text().rsplit(maxsplit=1)[-1] == str(NICENESS if yields else 0)


def test_what_is_killed_is_started_again(run: Callable[..., Supervisor]) -> None:
    supervisor = run(Program("victim", script(SLEEP), order=1))
    starts = supervisor.home / "victim.starts"
    wait_until(lambda: len(launch.read_starts(starts)) == 1, _DEADLINE, what="the start")
    first = state_of(supervisor, "victim").pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(launch.read_starts(starts)) == 2, _DEADLINE, what="the restart")
    assert state_of(supervisor, "victim").pid not in {first, None}


@pytest.mark.parametrize(("code", "misconfigured"), [(0, False), (78, True)])
def test_what_ended_for_good_is_left_alone(run: Callable[..., Supervisor], code: int, misconfigured: bool) -> None:
    supervisor = run(Program("ended", script(f"print('x', flush=True); raise SystemExit({code})"), order=1))
    wait_until(lambda: state_of(supervisor, "ended").state == "EXITED", _DEADLINE)
    state = state_of(supervisor, "ended")
    assert (state.exit_code, state.is_misconfigured) == (code, misconfigured)
    supervisor.start_program("ended")
    wait_until(lambda: supervisor.log_file("ended").read_text() == "x\nx\n", _DEADLINE, what="a start by hand")


def test_what_fails_is_started_again_and_not_in_a_hurry(run: Callable[..., Supervisor], folder: Path) -> None:
    supervisor = run(Program("failing", script("raise SystemExit(69)"), order=1))
    starts = supervisor.home / "failing.starts"
    wait_until(lambda: len(launch.read_starts(starts)) >= 3, _DEADLINE, what="two restarts")
    times = launch.read_starts(starts)
    assert times[2] - times[1] >= launch.delay(times[:2], times[1])


def test_the_highest_order_stops_first_and_has_gone_before_the_next(
    run: Callable[..., Supervisor], folder: Path
) -> None:
    stopping_slowly = folder / "slow.py"
    stopping_slowly.write_text(
        "import pathlib, signal, sys, time\n"
        "def stop(*_):\n"
        "    time.sleep(0.3)\n"
        "    with pathlib.Path(sys.argv[2]).open('a') as file:\n"
        "        file.write(sys.argv[1] + ' ')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )

    def slow(name: str) -> tuple[str, ...]:
        return (sys.executable, str(stopping_slowly), name, str(folder / "order"))

    names = ["store", "processing", "source"]
    supervisor = run(*(Program(name, slow(name), order=number) for number, name in enumerate(names)))
    for name in names:
        wait_until(lambda name=name: "ready" in supervisor.log_file(name).read_text(), _DEADLINE)  # type: ignore[misc]
    supervisor.shut_down(_DEADLINE)
    assert (folder / "order").read_text().split() == ["source", "processing", "store"]


def test_a_long_data_folder_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = Supervisor(tmp_path / ("x" * 120))
    other = Supervisor(tmp_path / ("y" * 120))
    assert len(str(deep.socket)) < 104
    assert deep.socket != other.socket
    assert Supervisor(Path("/tmp/a")).socket == Path("/tmp/a").resolve() / "supervisor" / "rpc.sock"


class TestPrograms:
    def named(self, simulator: bool, prometheus: str | None = None, **values: object) -> dict[str, Program]:
        settings = Settings(_env_file=None, **values)  # type: ignore[arg-type]
        found = programs(settings, simulator=simulator, prometheus=prometheus, simulator_args=["--rate", "3"])
        return {program.name: program for program in found}

    def test_stores_come_first_and_go_last(self) -> None:
        names = list(self.named(simulator=True))
        assert names[:3] == ["cassandra", "kafka", "init"]
        assert names.index("ml-service") < names.index("trend-processor") < names.index("reddit-producer")

    def test_the_simulator_runs_only_when_it_is_needed(self) -> None:
        assert "simulator" not in self.named(simulator=False)
        assert self.named(simulator=True)["simulator"].command[-2:] == ("--rate", "3")

    def test_prometheus_runs_only_where_it_is_installed(self) -> None:
        assert "prometheus" not in self.named(simulator=False)
        assert self.named(simulator=False, prometheus="/bin/p")["prometheus"].command[0] == "/bin/p"

    def test_no_tracking_server_is_started_beside_the_users_own(self) -> None:
        for address in ("http://elsewhere:1", "http://elsewhere:5000", "http://127.0.0.1:50001", "databricks"):
            assert "mlflow" not in self.named(simulator=False, mlflow_tracking_uri=address), address
        assert "mlflow" in self.named(simulator=False)
        assert "mlflow" in self.named(simulator=False, mlflow_tracking_uri="http://localhost:5000/")

    def test_only_the_api_listens_where_the_setting_says(self) -> None:
        found = self.named(True, "/bin/p", bind_address="0.0.0.0")
        elsewhere = [name for name, program in found.items() if "0.0.0.0" in " ".join(program.command)]
        assert elsewhere == ["serving"]
        assert found["serving"].command[:2] == ("env", "BIND_ADDRESS=0.0.0.0")

    def test_every_port_is_named_by_its_setting(self) -> None:
        settings = Settings(_env_file=None)
        ports = {name: port for each in self.named(True, "/bin/p").values() for name, port in each.ports}
        assert ports == {name: getattr(settings, name.lower()) for name in ports}
        assert set(ports) == {name.upper() for name in Settings.model_fields if name.endswith("_port")}
