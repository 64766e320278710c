"""One stack for all tests of this folder, brought up from nothing as `./setup.sh --docker` does it, without keys.

These tests build images and start some twenty containers: they run when asked for alone (`./setup.sh test --compose`).
"""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from configs.settings import ROOT, load_settings
from local import docker
from local.containers.stack import Containers
from local.containers.variables import complete
from local.envfile import EXAMPLE
from local.isolated import isolated_settings
from local.ports import free_ports
from storage.store import Store
from tests.support.prometheus import Prometheus

STAND_INS = ROOT.parent / "shared" / "images"
"""Where a machine without an image registry has what builds the public images from packages."""
_STAND_INS = ("base", "python", "temurin", "prometheus", "alertmanager", "kafka", "cassandra")
RUNNING = os.environ.get("TRENDSCOPE_COMPOSE_ENV")
"""The env file of a stack that runs already: the tests take it as it is, and leave it."""
RATE = "3"
"""Comments a second: enough in a few minutes for every figure to have a value."""


def pytest_ignore_collect() -> bool | None:
    """Nothing of this folder is collected unless it was asked for."""
    return None if os.environ.get("TRENDSCOPE_COMPOSE_TESTS") else True


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine answers, and the public images can be had."""
    if not RUNNING and (STAND_INS / "ensure-docker").is_file():
        subprocess.run([STAND_INS / "ensure-docker"], check=True)
        subprocess.run([STAND_INS / "build-standins", *_STAND_INS], check=True)
    if reason := docker.problem():
        pytest.fail(f"no containers here: {reason}")


@pytest.fixture(scope="session")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Variables as in .env.example, with ports and a project name of this session's own and a quicker clock."""
    if RUNNING:
        return Path(RUNNING)
    settings = isolated_settings(tmp_path_factory.mktemp("unused"))
    ports = {name.upper(): getattr(settings, name) for name in type(settings).model_fields if name.endswith("_port")}
    more = dict(zip(("GRAFANA_PORT", "ALERTMANAGER_PORT", "SPARK_MASTER_UI_PORT"), free_ports(3), strict=True))
    own = {
        **ports,
        **more,
        "COMPOSE_PROJECT_NAME": f"trendscope-{secrets.token_hex(3)}",
        "SIMULATOR_RATE": RATE,
        "TMDB_FETCH_INTERVAL": "20",
        "REDDIT_FETCH_INTERVAL": "2",
        "MLFLOW_MODEL_INTERVAL": "1 minute",
    }
    path = tmp_path_factory.mktemp("compose") / "env"
    text = "\n".join(line for line in EXAMPLE.read_text().splitlines() if line.partition("=")[0] not in own)
    path.write_text("\n".join([text, *(f"{name}={value}" for name, value in own.items())]) + "\n")
    complete(path)
    return path


@pytest.fixture(scope="session")
def stack(engine: None, env_file: Path, monkeypatch_session: pytest.MonkeyPatch) -> Iterator[Containers]:
    """Ready: healthy containers, films with TrendScores and forecasts."""
    settings = load_settings(_env_file=env_file)
    made = Containers(settings, env_file=env_file)
    if RUNNING:
        yield made
        return
    began = time.monotonic()
    try:
        made.up(say=_say)
        _say(f"started after {time.monotonic() - began:.0f} s")
        made.wait_ready(say=_say)
        _say(f"ready after {time.monotonic() - began:.0f} s")
        yield made
    finally:
        made.reset()


@pytest.fixture(scope="session")
def monkeypatch_session() -> Iterator[pytest.MonkeyPatch]:
    """No variable of this host reaches compose: it would win over the env file."""
    with pytest.MonkeyPatch.context() as patch:
        for line in EXAMPLE.read_text().splitlines():
            patch.delenv(line.removeprefix("# ").partition("=")[0], raising=False)
        yield patch


@pytest.fixture(scope="session")
def store(stack: Containers) -> Iterator[Store]:
    """The stack's Cassandra, through the published port."""
    with Store.open(stack.settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def prometheus(stack: Containers) -> Prometheus:
    """The stack's Prometheus, through the published port."""
    return Prometheus(f"http://127.0.0.1:{stack.settings.prometheus_port}")


@pytest.fixture(scope="session")
def simulator(stack: Containers) -> str:
    """The address of the simulator."""
    requests.get(f"{stack.settings.simulator_url}/healthz", timeout=10).raise_for_status()
    return stack.settings.simulator_url


def _say(text: str) -> None:
    """Progress, for whoever looks at the run's output."""
    with Path("/dev/stderr").open("a") as out:
        out.write(f"compose: {text}\n")
