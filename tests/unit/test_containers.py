"""Containers as the command line sees them, with what the engine would say in place of an engine."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from configs.settings import Settings
from local import cli
from local.containers import compose, stack, variables
from local.containers.stack import Containers, ImagesMissingError, state_of
from local.envfile import EXAMPLE
from local.errors import NodeError, SetupError

KEYS = {"tmdb_api_key": "k", "reddit_client_id": "i", "reddit_client_secret": "s"}


def plain(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def container(service: str = "kafka", *, number: int = 1, **state: Any) -> dict[str, Any]:
    """What `docker inspect` says of a healthy container, with overrides of its state."""
    labels = {"com.docker.compose.service": service, "com.docker.compose.container-number": str(number)}
    told = {
        "Status": "running",
        "Running": True,
        "Pid": 42,
        "ExitCode": 0,
        "StartedAt": "2026-06-01T12:00:00.123456789Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {"Status": "healthy"},
    }
    return {"Id": f"{service}-{number}", "Config": {"Labels": labels}, "State": told | state}


class TestVariables:
    def test_an_env_file_of_before_gets_what_it_lacks_once(self, tmp_path: Path) -> None:
        target = tmp_path / ".env"
        target.write_text("TMDB_API_KEY=mine\nKAFKA_IMAGE=apache/kafka:9\n")
        added = variables.complete(target)
        found = variables.read(target)
        assert "GRAFANA_ADMIN_PASSWORD" in added
        assert "CASSANDRA_IMAGE" in added
        assert "KAFKA_IMAGE" not in added
        assert found["KAFKA_IMAGE"] == "apache/kafka:9"
        assert found["TMDB_API_KEY"] == "mine"
        assert len(found["GRAFANA_ADMIN_PASSWORD"]) >= 20
        before = target.read_text()
        assert variables.complete(target) == []
        assert target.read_text() == before

    def test_a_new_env_file_gets_a_password_and_nothing_else(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first", tmp_path / "second"
        for target in (first, second):
            target.write_text(EXAMPLE.read_text())
            assert variables.complete(target) == ["GRAFANA_ADMIN_PASSWORD"]
        assert variables.read(first)["GRAFANA_ADMIN_PASSWORD"] != variables.read(second)["GRAFANA_ADMIN_PASSWORD"]
        assert first.read_text().count("GRAFANA_ADMIN_PASSWORD=") == 1

    def test_the_password_of_somebodys_own_stays(self, tmp_path: Path) -> None:
        target = tmp_path / ".env"
        target.write_text(EXAMPLE.read_text().replace("GRAFANA_ADMIN_PASSWORD=", "GRAFANA_ADMIN_PASSWORD=mine"))
        assert variables.complete(target) == []

    @pytest.mark.parametrize(
        ("chosen", "keys", "without", "expected"),
        [
            ("simulator,monitoring,grafana", {}, [], ["simulator", "monitoring", "grafana"]),
            ("simulator, monitoring", KEYS, [], ["monitoring"]),
            ("monitoring", {"tmdb_api_key": "k"}, [], ["simulator", "monitoring"]),
            ("simulator,monitoring,grafana", {}, ["grafana"], ["simulator", "monitoring"]),
            ("", KEYS, [], []),
        ],
    )
    def test_the_simulator_runs_exactly_when_a_key_is_missing(
        self, chosen: str, keys: dict[str, str], without: list[str], expected: list[str]
    ) -> None:
        assert variables.profiles(chosen, plain(**keys), without=without) == expected

    def test_only_images_of_what_runs_are_needed(self) -> None:
        known = variables.read(EXAMPLE)
        assert set(variables.images(known, [])) == {"PYTHON_IMAGE", "KAFKA_IMAGE", "CASSANDRA_IMAGE"}
        assert set(variables.images(known, ["monitoring"])) >= {"PROMETHEUS_IMAGE", "ALERTMANAGER_IMAGE"}
        assert "GRAFANA_IMAGE" in variables.images(known, ["grafana"])


class TestStates:
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({}, "RUNNING"),
            ({"Health": {"Status": "starting"}}, "STARTING"),
            ({"Health": {"Status": "unhealthy"}}, "UNHEALTHY"),
            ({"Status": "exited", "Running": False}, "EXITED"),
            ({"Status": "restarting", "ExitCode": 69}, "BACKOFF"),
            ({"Status": "created", "Running": False}, "STARTING"),
            ({"Status": "dead", "Running": False}, "FATAL"),
        ],
    )
    def test_the_engines_words_become_the_supervisors(self, told: dict[str, Any], expected: str) -> None:
        assert state_of(container(**told)).state == expected

    def test_a_container_without_a_health_check_runs_when_it_runs(self) -> None:
        bare = container()
        del bare["State"]["Health"]
        assert state_of(bare).state == "RUNNING"

    def test_a_wrong_setting_is_seen_though_the_engine_tries_again(self) -> None:
        assert state_of(container(Status="restarting", ExitCode=78)).is_misconfigured
        assert not state_of(container(Status="restarting", ExitCode=69)).is_misconfigured

    def test_times_names_and_pids(self) -> None:
        state = state_of(container("spark-worker", number=2))
        assert (state.name, state.pid) == ("spark-worker-2", 42)
        assert state.since == datetime(2026, 6, 1, 12, tzinfo=UTC)
        fresh = state_of(container(Status="created", Running=False, Pid=0))
        assert (fresh.pid, fresh.since) == (None, None)

    @pytest.mark.parametrize(
        ("text", "size"), [("512B", 512), (" 1.5KiB ", 1536), ("2MiB", 2 << 20), ("1.25GiB", 5 << 28), ("--", 0)]
    )
    def test_sizes(self, text: str, size: int) -> None:
        assert compose.size(text) == size


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    """Every compose call is noted and succeeds; the engine has no containers and every image."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(compose.Project, "run", lambda _, *arguments: calls.append(arguments))
    monkeypatch.setattr(compose.Project, "run_quietly", lambda _, __, *arguments: calls.append(arguments))
    monkeypatch.setattr(compose.Project, "containers", lambda _: [])
    monkeypatch.setattr(stack, "missing_images", lambda _: {})
    monkeypatch.setattr(stack, "is_free", lambda _: True)
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    return calls


def containers(tmp_path: Path, **values: Any) -> Containers:
    return Containers(plain(**values), project="test", env_file=tmp_path / ".env")


class TestStack:
    def test_up_builds_and_starts(self, engine: list[tuple[str, ...]], tmp_path: Path) -> None:
        said: list[str] = []
        made = containers(tmp_path)
        made.up(say=said.append)
        assert [call[0] for call in engine] == ["build", "up"]
        assert made.project.variables["COMPOSE_PROFILES"] == "simulator,monitoring,grafana"
        assert made.left_out == {}

    def test_without_grafanas_image_the_rest_starts(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = variables.read(EXAMPLE)["GRAFANA_IMAGE"]
        monkeypatch.setattr(stack, "missing_images", lambda _: {image: "no such host"})
        said: list[str] = []
        made = containers(tmp_path)
        made.up(say=said.append)
        assert made.project.variables["COMPOSE_PROFILES"] == "simulator,monitoring"
        assert said[0] == f"without {image}, which cannot be had here (no such host)"
        assert [call[0] for call in engine] == ["build", "up"]

    def test_without_an_image_of_the_core_nothing_starts(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stack, "missing_images", lambda _: {"apache/kafka:4.3.1": "no such host"})
        with pytest.raises(ImagesMissingError, match=r"apache/kafka:4\.3\.1: no such host"):
            containers(tmp_path).up(say=lambda _: None)
        assert engine == []

    def test_images_that_cannot_be_built_are_missing_too_unless_containers_of_before_run(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object) -> NoReturn:
            raise SetupError("compose build failed with 17")

        monkeypatch.setattr(compose.Project, "run_quietly", fails)
        with pytest.raises(ImagesMissingError, match="compose build failed with 17"):
            containers(tmp_path).up(say=lambda _: None)
        monkeypatch.setattr(compose.Project, "containers", lambda _: [container()])
        with pytest.raises(SetupError) as caught:
            containers(tmp_path).up(say=lambda _: None)
        assert not isinstance(caught.value, ImagesMissingError)
        assert engine == []

    def test_a_taken_port_is_named_before_anything_starts(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stack, "is_free", lambda port: port != 19042)
        with pytest.raises(SetupError, match=r"cassandra_port \(19042\)"):
            containers(tmp_path, cassandra_port=19042).up(say=lambda _: None)
        assert engine == []

    def test_stopping_keeps_the_volumes_and_resetting_does_not(
        self, engine: list[tuple[str, ...]], tmp_path: Path
    ) -> None:
        made = containers(tmp_path)
        made.stop()
        made.reset()
        assert engine == [("stop",), ("down", "--volumes", "--remove-orphans")]

    @pytest.mark.parametrize(("kind", "there"), [("ps", True), ("volume", True), ("network", False)])
    def test_data_without_containers_are_there_to_be_reset(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, there: bool
    ) -> None:
        def ask(*arguments: str) -> list[str]:
            assert arguments[-1] == "label=com.docker.compose.project=test"
            return ["x"] if arguments[0] == kind else []

        monkeypatch.setattr(stack, "ask", ask)
        assert containers(tmp_path).exists() == there

    def test_a_container_that_stays_ill_is_told_with_the_end_of_its_log(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ill = container("mlflow", Health={"Status": "unhealthy"})
        monkeypatch.setattr(compose.Project, "containers", lambda _: [ill])
        monkeypatch.setattr("local.readiness.Readiness.wait", lambda *_: None)
        monkeypatch.setattr(stack, "_log", lambda *_: ["database is locked"])
        with pytest.raises(NodeError, match=r"mlflow is UNHEALTHY:\ndatabase is locked"):
            containers(tmp_path).wait_ready(deadline=0, say=lambda _: None)

    def test_logs_of_one_service_are_followed(self, engine: list[tuple[str, ...]], tmp_path: Path) -> None:
        containers(tmp_path).logs("kafka", lines=5, follow=True)
        assert engine == [("logs", "--tail=5", "--follow", "kafka")]

    def test_containers_are_met_on_the_loopback_whatever_the_address_of_the_local_run(
        self, engine: list[tuple[str, ...]], tmp_path: Path
    ) -> None:
        assert containers(tmp_path, bind_address="192.0.2.1").settings.bind_address == "127.0.0.1"

    def test_the_name_is_the_variables(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / ".env").write_text("COMPOSE_PROJECT_NAME=other\n")
        monkeypatch.delenv("COMPOSE_PROJECT_NAME", raising=False)
        assert Containers(plain(), env_file=tmp_path / ".env").project.name == "other"
        (tmp_path / ".env").write_text("")
        assert Containers(plain(), env_file=tmp_path / ".env").project.name == "trendscope"


def test_what_a_long_command_says_is_kept_and_its_end_told_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        compose.Project, "command", lambda _, *words: ["sh", "-c", "echo one; echo two; exit $CODE", *words]
    )
    log = tmp_path / "logs" / "build.log"
    compose.Project("p", tmp_path / ".env", {"CODE": "0"}).run_quietly(log, "build")
    assert log.read_text() == "one\ntwo\n"
    with pytest.raises(SetupError, match=r"compose build failed with 3 (.|\n)*two"):
        compose.Project("p", tmp_path / ".env", {"CODE": "3"}).run_quietly(log, "build")


def test_either_compose_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "_succeeds", lambda *command: command[0] == "docker")
    assert compose.compose_command() == ["docker", "compose"]
    monkeypatch.setattr(compose, "_succeeds", lambda *command: command[0] == "docker-compose")
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/docker-compose")
    assert compose.compose_command() == ["docker-compose"]
    monkeypatch.setattr(compose, "_succeeds", lambda *_: False)
    with pytest.raises(SetupError, match="neither"):
        compose.compose_command()


def test_an_image_that_cannot_be_pulled_is_told_with_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def docker(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if command[1] == "image":
            return subprocess.CompletedProcess(command, 0, '[{"Id": "x"}]' if command[3] == "here:1" else "[]", "")
        return subprocess.CompletedProcess(command, 1, "", "Error\nno such host\n")

    monkeypatch.setattr("subprocess.run", docker)
    assert compose.missing_images({"A_IMAGE": "here:1", "B_IMAGE": "away:1"}) == {"away:1": "no such host"}


class TestCommands:
    """The command line over containers; there is no platform of processes beside them."""

    @pytest.fixture
    def call(
        self, engine: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> Callable[..., tuple[int, str]]:
        made = containers(tmp_path)
        monkeypatch.setattr("local.containers.cli.found", lambda: made)
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

        def run(*arguments: str) -> tuple[int, str]:
            monkeypatch.setattr("sys.argv", ["setup.sh", *arguments])
            try:
                cli.main()
                code: Any = 0
            except SystemExit as end:
                code = end.code or 0
            return int(code), capsys.readouterr().out

        return run

    def test_status_shows_what_runs_with_the_engines_own_measure_of_memory(
        self, call: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert call("status")[0] == 3, "there are containers, and none runs"
        monkeypatch.setattr(compose.Project, "containers", lambda _: [container("kafka"), container("cassandra")])
        monkeypatch.setattr(stack, "memory", lambda: {"kafka-1": 300 << 20})
        code, text = call("status")
        assert code == 0
        assert [line.split()[1] for line in text.splitlines() if "running" in line] == ["cassandra", "kafka"]
        assert "300 MB" in text

    def test_stop_logs_and_reset_go_to_the_containers(
        self, call: Callable[..., tuple[int, str]], engine: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, text = call("stop")
        assert (code, engine) == (0, []), "nothing runs: nothing is stopped"
        assert "was not running" in text
        monkeypatch.setattr(compose.Project, "containers", lambda _: [container("kafka")])
        call("stop")
        call("logs", "kafka", "-n", "3")
        call("reset", "--yes")
        assert engine == [("stop",), ("logs", "--tail=3", "kafka"), ("down", "--volumes", "--remove-orphans")]
