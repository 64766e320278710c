"""Calls of the container engine: compose in whichever version is here, and what the engine says of containers."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import ROOT
from local.errors import SetupError
from local.nodes.base import tail

_ASK_SECONDS = 60.0
_LABEL = "com.docker.compose"


def compose_command() -> list[str]:
    """`docker compose` (v2) or `docker-compose` (1.29 and later).

    Raises:
        SetupError: neither is here.
    """
    if _succeeds("docker", "compose", "version"):
        return ["docker", "compose"]
    if shutil.which("docker-compose") and _succeeds("docker-compose", "version"):
        return ["docker-compose"]
    raise SetupError("neither `docker compose` nor `docker-compose` is installed")


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=_ASK_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@dataclass(frozen=True, slots=True)
class Project:
    """One run of docker-compose.yml: its name, the env file its variables come from, and those that win over it."""

    name: str
    env_file: Path
    variables: Mapping[str, str]

    def command(self, *arguments: str) -> list[str]:
        """The whole command line."""
        place = ["--project-directory", str(ROOT), "--file", str(ROOT / "docker-compose.yml")]
        return [*compose_command(), "--project-name", self.name, "--env-file", str(self.env_file), *place, *arguments]

    def run(self, *arguments: str) -> None:
        """Run a compose command in the foreground, its output shown.

        Raises:
            SetupError: it failed; it has said why itself.
        """
        done = subprocess.run(self.command(*arguments), cwd=ROOT, env={**os.environ, **self.variables}, check=False)
        if done.returncode:
            raise SetupError(f"compose {' '.join(arguments)} failed with {done.returncode}; its own words are above")

    def run_quietly(self, log: Path, *arguments: str) -> None:
        """Run a compose command whose output is long, into a log file.

        Raises:
            SetupError: it failed; the text ends with the last lines of the log.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            done = subprocess.run(
                self.command(*arguments),
                cwd=ROOT, env={**os.environ, **self.variables}, stdout=out, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        if done.returncode:
            raise SetupError(f"compose {' '.join(arguments)} failed with {done.returncode} ({log}):\n{tail(log, 10)}")

    def containers(self) -> list[dict[str, Any]]:
        """What the engine says of every container of the project, by `docker inspect`."""
        return inspect("container", ask("ps", "--all", "--quiet", "--filter", f"label={_LABEL}.project={self.name}"))


def ask(*arguments: str) -> list[str]:
    """The lines that a docker command prints; none when it fails."""
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False
    )  # fmt: skip
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def inspect(kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """`docker KIND inspect` of the names; one that went away in between is left out."""
    if not names:
        return []
    done = subprocess.run(
        ["docker", kind, "inspect", *names], capture_output=True, text=True, timeout=_ASK_SECONDS, check=False
    )
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found


def service_of(container: Mapping[str, Any]) -> str:
    """The compose service of a container; from the second of a scaled service on with its number."""
    labels = container["Config"]["Labels"]
    number = labels.get(f"{_LABEL}.container-number", "1")
    service = str(labels[f"{_LABEL}.service"])
    return service if number == "1" else f"{service}-{number}"


def memory() -> dict[str, int]:
    """Bytes each running container uses, by its full id, as the engine counts them (without file cache)."""
    rows = (
        line.split(" ", 1) for line in ask("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}} {{.MemUsage}}")
    )
    return {name: size(text.split("/")[0]) for name, text in rows}


def size(text: str) -> int:
    """Bytes of `123.4MiB`."""
    units = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "B": 1}
    for unit, factor in units.items():
        if text.strip().endswith(unit):
            return int(float(text.strip().removesuffix(unit)) * factor)
    return 0


def missing_images(images: Mapping[str, str]) -> dict[str, str]:
    """The images that are neither here nor can be pulled, each with the registry's last word."""
    problems: dict[str, str] = {}
    for image in dict.fromkeys(images.values()):
        if inspect("image", [image]):
            continue
        done = subprocess.run(["docker", "pull", "--quiet", image], capture_output=True, text=True, check=False)
        if done.returncode:
            problems[image] = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return problems
