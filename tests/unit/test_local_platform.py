"""The platform's life with small programs in place of the real ones, and the command line around it."""

import hashlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import typer

from configs.settings import ROOT, Settings
from local import cli, docker, platform, readiness, suite
from local.checks import is_free
from local.containers import cli as containers
from local.containers.stack import ImagesMissingError
from local.environment import PLATFORM_MARK
from local.errors import NodeError, SetupError
from local.launch import read_starts
from local.platform import Platform
from local.ports import free_ports
from local.programs import Program
from local.readiness import Readiness
from local.runtime import MAXIMUM_JAVA, MINIMUM_JAVA
from local.status import Pace
from local.supervision import ProcessState, Supervisor, wait_gone
from tests.support.ranking import Tables, forecast, trend
from tests.support.waiting import wait_until

_DEADLINE = 60.0
JAVA_EXIT = 79
"""What setup.sh knows as a missing Java."""
SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder with a path as short as a socket needs."""
    with tempfile.TemporaryDirectory(prefix="ts-", ignore_cleanup_errors=True) as path:
        yield Path(path) / "data"


@pytest.fixture
def settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data folder and ports of the test's own, also for commands that read the environment."""
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    for name, value in {"data_dir": folder, "compose_project_name": "no-such-project", **ports}.items():
        monkeypatch.setenv(name.upper(), str(value))
    return Settings(_env_file=None)


@pytest.fixture
def small(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Program]]:
    """The programs a platform has in these tests: one that runs, one that is done at once. Nothing is fetched."""
    known = [
        Program("kafka", SLEEP, order=10, ports=(("KAFKA_PORT", settings.kafka_port),)),
        Program("init", (sys.executable, "-c", "pass"), order=20, one_shot=True),
    ]
    monkeypatch.setattr(platform, "programs", lambda *_, **__: list(known))
    monkeypatch.setattr(platform, "install_jars", lambda *_: 0)
    yield known
    Supervisor(settings.data_dir).shut_down(_DEADLINE)


def wait_started(running: Platform) -> None:
    """Until the programs have taken the supervisor's place: before that, SIGTERM meets the supervisor's own handler."""
    for name in ("kafka", "init"):
        wait_until(lambda name=name: read_starts(running.supervisor.home / f"{name}.starts"), _DEADLINE)  # type: ignore[misc]


def pid_of(running: Platform, name: str) -> int | None:
    return next((state.pid for state in running.states() if state.name == name), None)


class TestLife:
    def test_it_starts_stops_and_leaves_its_data(self, settings: Settings, small: list[Program]) -> None:
        running = Platform(settings)
        assert not running.is_running()
        running.up()
        pid = pid_of(running, "kafka")
        assert pid is not None
        assert psutil.Process(pid).environ()["TMDB_API_KEY"] == "simulated"
        (running.data_dir / "kept").touch()
        running.stop()
        assert wait_gone(pid, 0)
        assert not running.is_running()
        assert (running.data_dir / "kept").exists()
        running.stop()  # nothing to do is no error

    def test_a_second_start_keeps_what_runs_and_starts_what_stopped(
        self, settings: Settings, small: list[Program]
    ) -> None:
        running = Platform(settings)
        running.up()
        pid = pid_of(running, "kafka")
        said: list[str] = []
        wait_started(running)
        Platform(settings).up(say=said.append)
        assert pid_of(running, "kafka") == pid
        assert said == ["already running; starting what has stopped"]
        running.supervisor.stop_program("kafka")
        Platform(settings).up()
        assert wait_until(lambda: pid_of(running, "kafka"), _DEADLINE) != pid

    def test_open_files_are_raised_to_what_is_allowed(self, folder: Path) -> None:
        folder.mkdir()
        code = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
        lower = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 300)); "
        launch = lower + "from local.launch import main; import sys; main(sys.argv[1:])"
        command = [sys.executable, "-c", launch, str(folder / "x.starts"), sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=_DEADLINE)
        assert done.stdout.split() == ["300", "300"]

    def test_a_changed_setting_restarts_it(self, settings: Settings, small: list[Program]) -> None:
        running = Platform(settings)
        running.up()
        pid = pid_of(running, "kafka")
        changed = Platform(settings.model_copy(update={"w1_popularity": 0.9}))
        said: list[str] = []
        changed.up(say=said.append)
        assert said[0] == "the configuration has changed: stopping first"
        new = pid_of(changed, "kafka")
        assert new not in {None, pid}
        assert psutil.Process(new).environ()["W1_POPULARITY"] == "0.9"

    def test_a_changed_setting_that_cannot_be_had_leaves_it_running(
        self, settings: Settings, small: list[Program]
    ) -> None:
        running = Platform(settings)
        running.up()
        pid = pid_of(running, "kafka")
        small.append(Program("prometheus", SLEEP, order=60, ports=(("PROMETHEUS_PORT", settings.prometheus_port),)))
        said: list[str] = []
        with (
            socket.create_server(("127.0.0.1", settings.prometheus_port)),
            pytest.raises(SetupError, match="PROMETHEUS_PORT"),
        ):
            Platform(settings).up(say=said.append)
        assert (pid_of(running, "kafka"), said) == (pid, [])

    def test_ports_that_it_has_itself_are_no_obstacle_to_a_restart(
        self, settings: Settings, small: list[Program]
    ) -> None:
        port = settings.kafka_port
        listen = f"import socket, time; kept = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
        small[0] = Program("kafka", (sys.executable, "-c", listen), order=10, ports=(("KAFKA_PORT", port),))
        running = Platform(settings)
        running.up()
        wait_until(lambda: not is_free(port), _DEADLINE)
        pid = pid_of(running, "kafka")
        changed = Platform(settings.model_copy(update={"w1_popularity": 0.9}))
        changed.up()
        assert pid_of(changed, "kafka") not in {None, pid}

    def test_secrets_are_in_no_file(self, settings: Settings, small: list[Program]) -> None:
        Platform(settings, extra_env={"EXTRA_SECRET": "hunter2hunter2"}).up()
        files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if b"hunter2hunter2" in path.read_bytes()]

    def test_what_outlived_its_supervisor_is_ended_by_stop(self, settings: Settings, small: list[Program]) -> None:
        running = Platform(settings)
        running.up()
        pid = pid_of(running, "kafka")
        assert pid is not None
        wait_started(running)
        assert psutil.Process(pid).environ()[PLATFORM_MARK] == str(running.data_dir)
        os.kill(int((running.supervisor.home / "supervisord.pid").read_text()), signal.SIGKILL)
        wait_until(lambda: not running.is_running(), _DEADLINE)
        assert not wait_gone(pid, 0)
        running.stop()
        assert wait_gone(pid, 0)

    def test_a_taken_port_stops_the_start_before_anything_runs(self, settings: Settings, small: list[Program]) -> None:
        with socket.create_server(("127.0.0.1", settings.kafka_port)), pytest.raises(SetupError, match="KAFKA_PORT"):
            Platform(settings).up()
        assert not Platform(settings).is_running()

    def test_a_missing_java_stops_the_start_before_anything_is_fetched_or_runs(
        self, settings: Settings, small: list[Program], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        fetched: list[str] = []
        monkeypatch.setattr(platform, "install_jars", lambda *_: fetched.append("jars"))
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        with pytest.raises(SetupError, match="no Java in JAVA_HOME"):
            Platform(settings).up()
        assert not Platform(settings).is_running()
        assert fetched == []

    def test_programs_can_be_left_out(self, settings: Settings, small: list[Program]) -> None:
        assert [each.name for each in Platform(settings, without=["init"]).programs] == ["kafka"]

    def test_which_apis_are_simulated_is_known(self, settings: Settings) -> None:
        assert Platform(settings).simulated == ["TMDB", "Reddit"]
        keyed = settings.model_copy(update={"reddit_client_id": "id"})
        assert Platform(keyed).simulated == ["TMDB"]


class TestReset:
    def test_it_stops_and_deletes_everything(self, settings: Settings, small: list[Program]) -> None:
        running = Platform(settings)
        running.up()
        pid = pid_of(running, "kafka")
        (running.data_dir / "kafka").mkdir()
        (running.data_dir / "author.key").touch()
        running.reset()
        assert list(running.data_dir.iterdir()) == []
        assert wait_gone(pid or 0, 0)

    def test_a_folder_that_is_no_platforms_is_left_alone(self, settings: Settings) -> None:
        settings.data_dir.mkdir()
        (settings.data_dir / "thesis.txt").touch()
        with pytest.raises(SetupError, match="does not look like a data folder"):
            Platform(settings).reset()
        assert (settings.data_dir / "thesis.txt").exists()

    def test_a_folder_that_is_not_there_is_reset_already(self, settings: Settings) -> None:
        Platform(settings).reset()
        assert not settings.data_dir.exists()

    def test_a_linked_folder_is_not_followed(self, settings: Settings, tmp_path: Path, small: list[Program]) -> None:
        (tmp_path / "precious").touch()
        (settings.data_dir / "supervisor").mkdir(parents=True)
        (settings.data_dir / "link").symlink_to(tmp_path)
        Platform(settings).reset()
        assert (tmp_path / "precious").exists()


class TestReadiness:
    class Known(Supervisor):
        """A supervisor whose programs are in given states."""

        def __init__(self, folder: Path, states: list[ProcessState]) -> None:
            super().__init__(folder)
            self._states = states

        def states(self) -> list[ProcessState]:
            return self._states

    def ready(self, settings: Settings, **codes: int | None) -> tuple[Readiness, Supervisor]:
        """Programs by name: running (None), or exited with a code."""
        states = [
            ProcessState(name, "RUNNING" if code is None else "EXITED", None, None, code or 0)
            for name, code in codes.items()
        ]
        supervisor = self.Known(settings.data_dir, states)
        supervisor.logs.mkdir(parents=True)
        return Readiness(settings, supervisor, [Program(name, ("true",), order=1) for name in codes]), supervisor

    def test_a_service_with_a_wrong_setting_ends_the_waiting_at_once(self, settings: Settings) -> None:
        waiting, supervisor = self.ready(settings, kafka=None, ml=78)
        supervisor.log_file("ml").write_text("W1_POPULARITY: too large\n")
        with pytest.raises(SetupError, match=r"ml stopped, a setting is wrong:\nW1_POPULARITY"):
            waiting.wait(60, lambda _: None)

    def test_the_deadline_names_the_step_and_what_does_not_run(self, settings: Settings) -> None:
        waiting, supervisor = self.ready(settings, kafka=1, init=0)
        supervisor.log_file("kafka").write_text("disk full\n")
        said: list[str] = []
        with pytest.raises(
            NodeError, match=r"no Kafka, Cassandra .* after 0 s; kafka is EXITED(.|\n)*disk full"
        ) as caught:
            waiting.wait(0, said.append)
        assert "init" not in str(caught.value)
        assert said == ["waiting for Kafka, Cassandra and their topics and tables"]

    def test_steps_are_waited_for_in_their_order_and_only_of_programs_that_run(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting, _ = self.ready(settings, **{"kafka": None, "tmdb-producer": None, "trend-processor": None})
        monkeypatch.setattr(waiting, "_has_schema", lambda: True)
        monkeypatch.setattr(waiting, "_has_trends", lambda: True)
        monkeypatch.setattr(readiness, "messages_in", lambda *_: 1)
        paces = iter([Pace(), Pace(last_poll=1.0)])
        monkeypatch.setattr(readiness, "measure", lambda _: next(paces))
        said: list[str] = []
        waiting.wait(5, said.append)
        assert [text.removeprefix("waiting for ") for text in said[1:]] == ["films from TMDB", "TrendScores"]

    @pytest.mark.parametrize(
        ("lag", "processed", "reached"),
        [
            (None, "after", False),  # the job has not written a micro-batch since it started
            (7, "before", False),  # what is there is from before the start
            (7, "after", True),
            (0, "before", True),  # nothing new came, and nothing waits
        ],
    )
    def test_old_windows_alone_are_no_trendscores(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, lag: int | None, processed: str, reached: bool
    ) -> None:
        began = datetime(2026, 6, 1, 12, tzinfo=UTC)
        row = trend(processed_at=began + timedelta(seconds=1 if processed == "after" else -1))
        waiting = Readiness(settings, Supervisor(settings.data_dir), [], clock=lambda: began)
        monkeypatch.setattr(readiness, "measure", lambda _: Pace(lag=lag))
        monkeypatch.setattr(waiting, "_store", Tables([row], []))
        assert waiting._has_trends() is reached

    def test_forecasts_are_those_of_a_forecaster_that_runs(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = Readiness(settings, Supervisor(settings.data_dir), [])
        monkeypatch.setattr(waiting, "_store", Tables([trend()], [forecast()]))
        paces = iter([Pace(), Pace(last_event=1.0)])
        monkeypatch.setattr(readiness, "measure", lambda _: next(paces))
        assert [waiting._has_predictions(), waiting._has_predictions()] == [False, True]

    def test_a_broker_that_is_away_has_no_messages(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        class Away:
            def __init__(self, **_: Any) -> None:
                raise OSError

        monkeypatch.setattr(readiness, "KafkaConsumer", Away)
        assert readiness.messages_in(settings, "reddit_stream") == 0


class TestCommandLine:
    def run(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
    ) -> tuple[int, str]:
        """The exit code and all output of `python -m local ARGUMENTS`."""
        monkeypatch.setattr(sys, "argv", ["local", *arguments])
        try:
            cli.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        return int(code), captured.out + captured.err

    @pytest.fixture
    def call(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings) -> Any:
        return lambda *arguments: self.run(monkeypatch, capsys, *arguments)

    def test_help_names_every_command(self, call: Any) -> None:
        code, text = call("--help")
        assert code == 0
        for command in ("up", "status", "logs", "top", "stop", "reset", "install", "test"):
            assert command in text

    def test_status_of_what_does_not_run(self, call: Any) -> None:
        code, text = call("status")
        assert (code, "not running" in text) == (3, True)

    def test_status_logs_and_stop_of_what_runs(self, call: Any, settings: Settings, small: list[Program]) -> None:
        Platform(settings).up()
        code, text = call("status")
        assert code == 0
        assert "kafka" in text
        assert "running" in text
        Supervisor(settings.data_dir).log_file("kafka").write_text("a line\n")
        assert call("logs", "kafka") == (0, "a line\n")
        code, text = call("stop")
        assert (code, text.rstrip().endswith("stopped")) == (0, True)
        code, text = call("stop")
        assert (code, text.rstrip().endswith("was not running")) == (0, True)

    def test_logs_of_an_unknown_service_name_the_known_ones(self, call: Any, settings: Settings) -> None:
        logs = Supervisor(settings.data_dir).logs
        logs.mkdir(parents=True)
        (logs / "kafka.log").touch()
        code, text = call("logs", "kafak")
        assert code == 78
        assert "no log of kafak; there are: kafka" in text

    def test_a_wrong_setting_is_named(self, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TREND_WINDOW_DURATION", "five minutes")
        code, text = call("status")
        assert code == 78
        assert "TREND_WINDOW_DURATION" in text
        assert "Traceback" not in text

    def test_containers_that_cannot_be_are_refused_when_asked_for(
        self, call: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(docker, "problem", lambda: "the engine sleeps")
        monkeypatch.setattr(cli, "ensure_env_file", lambda: False)
        assert call("up", "--docker") == (78, "error: --docker: the engine sleeps\n")
        assert call("up", "--docker", "--local") == (78, "error: --docker and --local exclude each other\n")

    def test_containers_are_used_where_an_engine_answers(self, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[str] = []
        monkeypatch.setattr(docker, "problem", lambda: None)
        monkeypatch.setattr(containers, "up", lambda *_: calls.append("containers"))
        monkeypatch.setattr(cli, "_up_local", lambda: calls.append("processes"))
        monkeypatch.setattr(cli, "ensure_env_file", lambda: False)
        assert call()[0] == 0
        assert call("up", "--local")[0] == 0
        assert calls == ["containers", "processes"]

    def test_passwords_of_the_local_run_are_not_given_up_for_containers(
        self, call: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[str] = []
        monkeypatch.setenv("SECURE", "1")
        monkeypatch.setattr(docker, "problem", lambda: None)
        monkeypatch.setattr(containers, "up", lambda *_: calls.append("containers"))
        monkeypatch.setattr(cli, "_up_local", lambda: calls.append("processes"))
        monkeypatch.setattr(cli, "ensure_env_file", lambda: False)
        code, text = call("up", "--docker")
        assert (code, calls) == (78, [])
        assert "containers want SECURE=0 in .env" in text
        code, text = call("up")
        assert (code, calls) == (0, ["processes"])
        assert "going on without containers: SECURE=1 is for processes of the machine" in text

    def test_without_the_images_processes_take_their_place_unless_containers_were_asked_for(
        self, call: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_image(*_: object) -> None:
            raise ImagesMissingError("images that cannot be had here: apache/kafka:4.3.1: no route to host")

        calls: list[str] = []
        monkeypatch.setattr(docker, "problem", lambda: None)
        monkeypatch.setattr(containers, "up", no_image)
        monkeypatch.setattr(cli, "_up_local", lambda: calls.append("processes"))
        monkeypatch.setattr(cli, "ensure_env_file", lambda: False)
        monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody is there to answer
        code, text = call("up")
        assert (code, calls) == (0, ["processes"])
        assert "going on without containers: images that cannot be had here: apache/kafka:4.3.1" in text
        assert call("up", "--docker")[0] == 78
        assert calls == ["processes"]

    def test_a_missing_java_has_an_exit_code_of_its_own(
        self, call: Any, small: list[Program], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(cli, "ensure_env_file", lambda: False)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        code, text = call("up", "--local")
        assert (code, "no Java in JAVA_HOME" in text) == (JAVA_EXIT, True)

    def test_reset_asks_first(self, call: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        (settings.data_dir / "supervisor").mkdir(parents=True)
        asked: list[str] = []
        monkeypatch.setattr(typer, "confirm", asked.append)
        assert call("reset")[0] == 1
        assert asked == [f"Delete everything in {settings.data_dir.resolve()}?"]
        assert (settings.data_dir / "supervisor").exists()
        assert call("reset", "--yes")[0] == 0
        assert not (settings.data_dir / "supervisor").exists()

    def test_top_without_a_platform_says_so(self, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cli, "_STORE_SECONDS", 0.1)
        code, text = call("top", "--once")
        assert code == 69
        assert "no Cassandra answered" in text


class TestSuite:
    def test_every_check_runs_though_one_fails_and_pytest_comes_last(self, tmp_path: Path) -> None:
        seen = tmp_path / "seen"
        said: list[str] = []
        append = [sys.executable, "-c", f"open({str(seen)!r}, 'a').write('x')"]
        failed = suite.run(
            [("a", append), ("b", ["false"]), ("c", ["/no/such/command"]), ("tests", append)], said.append
        )
        assert failed == ["b", "c"]
        assert seen.read_text() == "xx"
        assert [name for name, _ in suite.commands(fast=True)][-1] == "tests"
        assert not said[-1].endswith("s)")  # nothing comes after pytest's own closing line

    def test_the_tests_run_beside_the_checks_and_their_output_comes_last(self, tmp_path: Path) -> None:
        begun = tmp_path / "begun"
        wait = f"import pathlib, time\nwhile not pathlib.Path({str(begun)!r}).exists(): time.sleep(0.01)"
        tests = f"import sys; open({str(begun)!r}, 'w'); print('x' * 200_000); print('1 passed'); sys.exit(1)"
        said: list[str] = []
        failed = suite.run(
            [("waits", [sys.executable, "-c", wait]), ("tests", [sys.executable, "-c", tests])],
            said.append,
        )
        assert failed == ["tests"]
        assert said[1].startswith("waits: ok")
        assert said[-1] == "1 passed"

    def test_faults_are_rounds_whose_number_the_command_line_may_change(self) -> None:
        ((name, command),) = suite.faults_command(["--rounds", "3"])
        assert name == "tests"
        assert command[1:] == ["-m", "tests.faults", *suite.FAULT_ROUNDS, "--rounds", "3"]

    def test_fast_leaves_out_what_needs_servers(self) -> None:
        assert "not spark and not integration and not e2e" in suite.commands(fast=True)[-1][1][-1]
        assert suite.commands(fast=False, pytest_args=["-k", "x"])[-1][1][-2:] == ["-k", "x"]


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
class TestSetupScript:
    @pytest.fixture
    def bare(self, tmp_path: Path) -> Path:
        """A copy of the script in a folder of its own, with a PATH that has the basic tools alone."""
        shutil.copy(ROOT / "setup.sh", tmp_path)
        tools = tmp_path / "bin"
        tools.mkdir()
        for name in ("bash", "sed", "date", "dirname", "id", "head", "rm"):
            (tools / name).symlink_to(shutil.which(name) or name)
        return tmp_path

    def call(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(folder / "bin"), "HOME": str(folder)}
        return subprocess.run(
            [str(folder / "setup.sh"), *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def test_help_needs_nothing(self, bare: Path) -> None:
        done = self.call(bare, "--help")
        assert done.returncode == 0
        for command in ("up", "status", "top", "logs", "stop", "reset", "test"):
            assert f"./setup.sh {command}" in done.stdout.replace("[up]", "up")

    def test_each_missing_thing_has_a_line(self, bare: Path) -> None:
        done = self.call(bare, "--local")
        assert done.returncode == 78
        assert [line.split(" (")[0] for line in done.stderr.splitlines()] == [
            "missing: Python 3.11 or 3.12",
            "missing: Java 17 to 21",
        ]

    @pytest.mark.parametrize(("major", "fits"), [(11, False), (MINIMUM_JAVA, True), (MAXIMUM_JAVA, True), (25, False)])
    def test_a_java_that_the_servers_do_not_run_on_counts_as_missing(self, bare: Path, major: int, fits: bool) -> None:
        self.script(bare / "bin" / "java", f"echo 'openjdk version \"{major}.0.1\"' >&2")
        assert ("missing: Java" not in self.call(bare, "--local").stderr) == fits

    def test_unit_tests_and_stopping_need_no_java(self, bare: Path) -> None:
        for arguments in (["test", "--fast"], ["stop"], ["up", "--docker"]):
            assert "Java" not in self.call(bare, *arguments).stderr

    def script(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def install(self, bare: Path, kind: str = "run", says: str = 'echo "ran $*"') -> None:
        """As if the packages of a lock file were installed, and a Python that only says what it is to run."""
        for name, text in (("requirements.lock", "a==1\n"), ("requirements-dev.lock", "a==1\nb==1\n")):
            (bare / name).write_text(text)
        lock = bare / ("requirements.lock" if kind == "run" else "requirements-dev.lock")
        (bare / "bin" / "python3").unlink(missing_ok=True)
        (bare / "bin" / "python3").symlink_to(sys.executable)
        self.script(bare / ".venv" / "bin" / "python", says)
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        (bare / ".venv" / ".trendscope-lock").write_text(f"{kind} {digest}\n")

    def test_installed_packages_are_not_installed_again(self, bare: Path) -> None:
        for kind in ("run", "dev"):
            self.install(bare, kind)
            done = self.call(bare, "status")
            assert (done.returncode, done.stdout) == (0, "ran -m local status\n")

    def test_compiled_code_is_built_where_no_timeout_command_is(self, bare: Path) -> None:
        self.install(bare)
        self.script(bare / "bin" / "cargo", "")
        self.script(bare / "native" / "build.sh", "echo built >native/built")
        done = self.call(bare, "up", "--docker")
        assert (done.returncode, done.stdout) == (0, "ran -m local up --docker\n")
        assert (bare / "native" / "built").read_text() == "built\n"

    def test_processes_in_the_place_of_containers_get_their_java(self, bare: Path) -> None:
        says = f'echo "ran $*"; [ "$4" = --local ] || exit {JAVA_EXIT}'
        self.install(bare, says=says)
        (bare / "docker-compose.yml").touch()
        self.script(bare / "bin" / "docker", "")
        done = self.call(bare)
        assert (done.returncode, done.stdout) == (78, "ran -m local\n")
        assert done.stderr.startswith("missing: Java 17 to 21")
        launcher = bare / "bin" / "java"
        self.script(bare / "java17", "echo 'openjdk version \"17.0.1\"' >&2")
        self.script(bare / "bin" / "id", "echo 0")
        (bare / "bin" / "env").symlink_to(shutil.which("env") or "env")
        self.script(
            bare / "bin" / "apt-get", f"case $* in *openjdk-17*) /bin/ln -sf {bare / 'java17'} {launcher} ;; esac"
        )
        done = self.call(bare)
        lines = [line for line in done.stdout.splitlines() if line.startswith("ran")]
        assert (done.returncode, lines) == (0, ["ran -m local", "ran -m local up --local"])

    def test_an_array_that_may_be_empty_is_no_error_for_the_bash_of_macos(self) -> None:
        plain = re.findall(r'(?<!\+)"\$\{(\w+)\[@\]\}"', (ROOT / "setup.sh").read_text())
        assert set(plain) <= {"missing"}, 'bash 3.2 takes an empty array for unset: ${name[@]+"${name[@]}"}'
