"""From settings to the environment of the services, and which of the two sources has to be simulated."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from configs.settings import Settings
from local.nodes.base import LOOPBACK
from local.secure import with_secrets


def local_settings(settings: Settings) -> Settings:
    """The settings as the services of this machine get them.

    Servers are those the runner starts; an API without key is the simulator's.
    """
    changes: dict[str, Any] = {
        "kafka_bootstrap_servers": f"{LOOPBACK}:{settings.kafka_port}",
        "cassandra_hosts": (LOOPBACK,),
    }
    if "mlflow_tracking_uri" not in settings.model_fields_set:
        changes["mlflow_tracking_uri"] = f"http://{LOOPBACK}:{settings.mlflow_port}"
    return with_secrets(settings).with_simulator(settings.simulator_url).model_copy(update=changes)


def serving_host(settings: Settings) -> str:
    """Where this machine reaches the API and the dashboard: on the loopback when they listen everywhere."""
    return LOOPBACK if settings.bind_address == _EVERYWHERE else settings.bind_address


_EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, not bound to


def to_environment(settings: Settings) -> dict[str, str]:
    """Every setting as the environment variable that `load_settings` reads back to the same value."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name.upper(): _text(value) for name, value in values.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, timedelta):
        return f"{value // timedelta(milliseconds=1)} milliseconds"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return str(value)


def service_environment(settings: Settings, inherited: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the supervisor, which the services inherit: secrets are in no file this way."""
    return {
        **inherited,
        **to_environment(settings),
        "BIND_ADDRESS": LOOPBACK,  # only the API can ask for a key: `local.programs` gives it the setting's
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # The tracking server's job runner needs processes of its own and nothing here gives it jobs.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        PLATFORM_MARK: str(settings.data_dir.resolve()),
        **extra,
    }


PLATFORM_MARK = "TRENDSCOPE_PLATFORM"
"""In the environment of every process of a platform, with its data folder as the value: how `stop` finds strays."""
