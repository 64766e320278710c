"""The platform as one object when it runs as containers; the counterpart of `local.platform.Platform`."""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from configs.settings import ROOT, Settings
from local.checks import is_free
from local.containers import variables as names
from local.containers.compose import Project, ask, memory, missing_images, service_of
from local.envfile import ENV_FILE
from local.environment import local_settings
from local.errors import NodeError, SetupError
from local.nodes.base import LOOPBACK
from local.programs import Program
from local.readiness import Readiness
from local.supervision import ProcessState

Say = Callable[[str], None]

PROJECT = "trendscope"
_NAME = "COMPOSE_PROJECT_NAME"
READY_SECONDS = 900.0
"""From built images to films with forecasts; measured in docs/deployment.md, and a laptop may be slower."""
_POLL_SECONDS = 1.0


class ImagesMissingError(SetupError):
    """An image that the core needs is neither here nor to be had: not pulled, or not built."""


class Containers:
    """The containers of one compose project. A second one needs a name, an env file and ports of its own."""

    def __init__(
        self,
        settings: Settings,
        *,
        project: str | None = None,
        env_file: Path = ENV_FILE,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is started yet; the name is COMPOSE_PROJECT_NAME's unless given; `extra` wins over the env file."""
        self._given = settings
        # The compose file publishes every port on the loopback.
        self.settings = local_settings(settings).model_copy(update={"bind_address": LOOPBACK})
        self._variables = {**names.read(env_file), **(extra or {})}
        self.left_out: dict[str, str] = {}
        """Optional images that cannot be had, each with the reason."""
        self._project = project or os.environ.get(_NAME) or self._variables.get(_NAME) or PROJECT
        self._env_file = env_file
        self._extra = dict(extra or {})

    @property
    def project(self) -> Project:
        """Compose calls with the profiles that are wanted and can be had."""
        unavailable = [names.GRAFANA] if self._variables.get("GRAFANA_IMAGE") in self.left_out else []
        chosen = names.profiles(self._variables.get(names.PROFILES, ""), self._given, without=unavailable)
        own = {names.PROFILES: ",".join(chosen), "CODE_VERSION": _code_version()}
        return Project(self._project, self._env_file, {**self._extra, **own})

    @property
    def simulated(self) -> bool:
        """Whether an API without key is simulated."""
        return self._given.needs_simulator

    def up(self, *, say: Say) -> None:
        """Get or build the images, and start; returns once every container was started.

        Raises:
            ImagesMissingError: an image of the core is neither here nor to be had.
            SetupError: a port is taken, or a build failed while containers of before run.
        """
        self._find_images(say)
        self._check_ports()
        self._build(say)
        say("starting the containers, each when what it needs is healthy")
        self.project.run("up", "--detach", "--no-build", "--remove-orphans")

    def _find_images(self, say: Say) -> None:
        wanted = names.images(self._variables, self.project.variables[names.PROFILES].split(","))
        missing = missing_images(wanted)
        optional = {self._variables.get("GRAFANA_IMAGE", "")}
        self.left_out = {image: why for image, why in missing.items() if image in optional}
        for image, why in self.left_out.items():
            say(f"without {image}, which cannot be had here ({why})")
        if core := {image: why for image, why in missing.items() if image not in optional}:
            listed = "; ".join(f"{image}: {why}" for image, why in core.items())
            raise ImagesMissingError(f"images that cannot be had here: {listed}")

    def _build(self, say: Say) -> None:
        log = self.settings.data_dir / "logs" / "images.log"
        say(f"building the images (the first time: some minutes; {log} has what is done)")
        try:
            self.project.run_quietly(log, "build")
        except SetupError as error:
            if self.is_running():
                raise  # they go on, and have the ports that processes in their place would need
            raise ImagesMissingError(str(error)) from error

    def _check_ports(self) -> None:
        if self.is_running():
            return
        taken = [
            f"{name} ({port})"
            for name in type(self.settings).model_fields
            if name in _PUBLISHED and not is_free(port := getattr(self.settings, name))
        ]
        if taken:
            raise SetupError(f"ports that something else has: {', '.join(taken)}; stop that, or set others in .env")

    def wait_ready(self, *, deadline: float = READY_SECONDS, say: Say) -> None:
        """Wait until films with TrendScores and forecasts are there, and every container is healthy.

        Raises:
            SetupError: a service stopped because of a wrong setting.
            NodeError: the deadline passed.
        """
        end = time.monotonic() + deadline
        running = [Program(state.name, (), order=0) for state in self.states()]
        Readiness(self.settings, self, [*running, Program("kafka", (), order=0)]).wait(deadline, say)
        say("waiting for every container to be healthy")
        while sick := [state for state in self.states() if state.state not in {"RUNNING", "EXITED"}]:
            if time.monotonic() > end:
                parts = [f"{state.name} is {state.state}:\n{self.log_tail(state.name, 5)}" for state in sick]
                raise NodeError("\n".join(parts))
            time.sleep(_POLL_SECONDS)

    def states(self) -> list[ProcessState]:
        """Every container's state, by name; empty when there are none."""
        return sorted((state_of(one) for one in self.project.containers()), key=lambda state: state.name)

    def memory(self) -> dict[str, int]:
        """Bytes each running container uses, by service."""
        used = memory()
        return {service_of(one): used[one["Id"]] for one in self.project.containers() if one["Id"] in used}

    def log_tail(self, name: str, lines: int) -> str:
        """The last lines that a container wrote."""
        found = [one["Id"] for one in self.project.containers() if service_of(one) == name]
        return "\n".join(_log(found[0], lines)) if found else ""

    def is_running(self) -> bool:
        """Whether any container runs."""
        return any(one["State"]["Running"] for one in self.project.containers())

    def exists(self) -> bool:
        """Whether there are containers, running or stopped, or volumes, which outlive them."""
        ours = ("--quiet", "--filter", f"label=com.docker.compose.project={self._project}")
        return bool(ask("ps", "--all", *ours) or ask("volume", "ls", *ours))

    def logs(self, service: str | None, *, lines: int, follow: bool) -> None:
        """Show the logs of one service or of all."""
        arguments = ["logs", f"--tail={lines}", *(["--follow"] if follow else []), *([service] if service else [])]
        self.project.run(*arguments)

    def stop(self) -> None:
        """Stop every container, those that depend on others first; the volumes stay."""
        self.project.run("stop")

    def reset(self) -> None:
        """Remove containers, networks and volumes: all data."""
        self.project.run("down", "--volumes", "--remove-orphans")

    def urls(self) -> list[tuple[str, str]]:
        """What people open, of the containers that run."""
        ports = self._variables
        candidates: Iterable[tuple[str, str, str]] = (
            ("serving", "The dashboard and the API", str(self.settings.serving_port)),
            ("grafana", f"Grafana: user admin, password in {self._env_file.name}", ports.get("GRAFANA_PORT") or "3000"),
            ("mlflow", "MLflow: forecasting runs and models", str(self.settings.mlflow_port)),
            ("prometheus", "Prometheus: metrics and alerts", str(self.settings.prometheus_port)),
            ("alertmanager", "Alertmanager", ports.get("ALERTMANAGER_PORT") or "9093"),
            ("spark-master", "Spark: the cluster", ports.get("SPARK_MASTER_UI_PORT") or "8080"),
            ("trend-processor", "Spark: the streaming job", f"{self.settings.spark_ui_port}/StreamingQuery/"),
        )
        running = {state.name for state in self.states() if state.state == "RUNNING"}
        return [(text, f"http://127.0.0.1:{port}") for name, text, port in candidates if name in running]


_PUBLISHED = {
    "kafka_port", "cassandra_port", "mlflow_port", "spark_ui_port", "tmdb_producer_metrics_port",
    "reddit_producer_metrics_port", "processor_metrics_port", "ml_metrics_port", "momentum_metrics_port",
    "drift_port", "serving_port",
}  # fmt: skip
"""The settings that are ports of this machine whatever the profiles."""

_STATES = {"exited": "EXITED", "restarting": "BACKOFF", "dead": "FATAL", "created": "STARTING", "paused": "PAUSED"}
_HEALTH = {"healthy": "RUNNING", "starting": "STARTING", "unhealthy": "UNHEALTHY"}


def state_of(container: Mapping[str, Any]) -> ProcessState:
    """A container's state in the supervisor's words; RUNNING means healthy where there is a health check."""
    told = container["State"]
    health = told.get("Health", {}).get("Status", "healthy")
    code = int(told.get("ExitCode", 0))
    state = _HEALTH.get(health, "STARTING") if told["Status"] == "running" else _STATES.get(told["Status"], "UNKNOWN")
    if state == "BACKOFF" and code == _MISCONFIGURED:
        state = "EXITED"  # it is started again in vain: only another setting helps
    since = told["StartedAt"] if told["Running"] else told["FinishedAt"]
    return ProcessState(service_of(container), state, int(told["Pid"]) or None, _instant(since), code)


_MISCONFIGURED = 78


def _instant(text: str) -> datetime | None:
    """The engine's RFC 3339 with nanoseconds; None for its zero time."""
    whole = text.split(".", maxsplit=1)[0].rstrip("Z")
    return None if whole.startswith("0001") else datetime.fromisoformat(f"{whole}+00:00")


def _log(container: str, lines: int) -> list[str]:
    done = subprocess.run(
        ["docker", "logs", "--tail", str(lines), container],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    return done.stdout.splitlines()


def _code_version() -> str:
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
