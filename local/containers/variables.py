"""The variables of docker-compose.yml: what `.env` lacks is added to it once, and the profiles are chosen."""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from configs.settings import Settings
from local.envfile import ENV_FILE, EXAMPLE

PASSWORD = "GRAFANA_ADMIN_PASSWORD"  # noqa: S105 - the variable's name
PROFILES = "COMPOSE_PROFILES"
SIMULATOR, MONITORING, GRAFANA = "simulator", "monitoring", "grafana"
_PASSWORD_BYTES = 18


def read(path: Path = ENV_FILE) -> dict[str, str]:
    """The variables of an env file; those without a value are empty."""
    return {name: value or "" for name, value in dotenv_values(path).items()}


def complete(target: Path = ENV_FILE, example: Path = EXAMPLE) -> list[str]:
    """Give `.env` the variables without which docker-compose.yml does not start; returns the names of what was added.

    These are the ones the example sets (images and profiles), for an `.env` that is older than they are, and a password
    of Grafana's own. What is there stays as it is.
    """
    known, wanted = read(target), {name: value for name, value in read(example).items() if value}
    added = {name: value for name, value in wanted.items() if name not in known}
    lines = target.read_text().splitlines()
    if not known.get(PASSWORD):
        added[PASSWORD] = secrets.token_urlsafe(_PASSWORD_BYTES)
        lines = [line for line in lines if not line.startswith(f"{PASSWORD}=")]
    if added:
        lines += [f"{name}={value}" for name, value in added.items()]
        target.write_text("\n".join(lines) + "\n")
    return sorted(added)


def profiles(chosen: str, settings: Settings, *, without: Iterable[str] = ()) -> list[str]:
    """The profiles to run: those of `.env`, the simulator exactly when a key is missing, and nothing of `without`."""
    left_out = {SIMULATOR, *without}
    found = [name for part in chosen.split(",") if (name := part.strip()) and name not in left_out]
    return [SIMULATOR, *found] if settings.needs_simulator else found


def images(variables: Mapping[str, str], active: Iterable[str]) -> dict[str, str]:
    """The public images that a start needs, by the variable that names them."""
    by_profile = {
        "PROMETHEUS_IMAGE": MONITORING,
        "ALERTMANAGER_IMAGE": MONITORING,
        "GRAFANA_IMAGE": GRAFANA,
    }
    names = [name for name in variables if name.endswith("_IMAGE")]
    return {name: variables[name] for name in names if by_profile.get(name) in {None, *active}}
