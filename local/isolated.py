"""Settings of a platform that runs beside another one: a data folder and ports of its own, and only simulated APIs."""

from pathlib import Path
from typing import Any

from configs.settings import Settings, load_settings
from local.nodes.base import LOOPBACK
from local.ports import free_ports


def isolated_settings(data_dir: Path, **overrides: Any) -> Settings:
    """Settings that share nothing with the user's platform; `overrides` win over everything.

    Raises:
        ConfigurationError: another setting of the environment or `.env` is wrong.
    """
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    own = {"bind_address": LOOPBACK, "tmdb_api_key": None, "reddit_client_id": None, "reddit_client_secret": None}
    return load_settings(**{"data_dir": data_dir, **ports, **own, **overrides})
