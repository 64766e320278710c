"""Whether the platform can run as containers here."""

import shutil
import subprocess
from pathlib import Path

from configs.settings import ROOT

COMPOSE_FILE = ROOT / "docker-compose.yml"
_ENGINE_SECONDS = 20.0
"""An engine answers at once; Docker Desktop that is just starting takes its time."""


def problem(compose_file: Path = COMPOSE_FILE) -> str | None:
    """Why containers are no option here; None when they are. A client alone is not enough: the engine must answer."""
    if not compose_file.is_file():
        return f"there is no {compose_file.name} here"
    docker = shutil.which("docker")
    if docker is None:
        return "Docker is not installed"
    try:
        answer = subprocess.run(
            [docker, "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            text=True,
            timeout=_ENGINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the Docker engine did not answer for {_ENGINE_SECONDS:.0f} s"
    except OSError as error:
        return f"docker does not run ({error})"
    if answer.returncode or not answer.stdout.strip():
        return "the Docker client is here, but no engine answers it"
    return None
