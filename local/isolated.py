"""Settings of a platform that runs beside another one: a data folder and ports of its own, and only simulated APIs."""

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from configs.settings import Settings, load_settings
from local.nodes.base import LOOPBACK


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports of 127.0.0.1 that were free a moment ago.

    The kernel may lend one to an outgoing connection in between, which its user then reports.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for candidate in sockets:
            candidate.bind((LOOPBACK, 0))
        return [candidate.getsockname()[1] for candidate in sockets]


def isolated_settings(data_dir: Path, **overrides: Any) -> Settings:
    """Settings that share nothing with the user's platform; `overrides` win over everything.

    Raises:
        ConfigurationError: another setting of the environment or `.env` is wrong.
    """
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    keys = {"tmdb_api_key": None, "reddit_client_id": None, "reddit_client_secret": None}
    return load_settings(**{"data_dir": data_dir, **ports, **keys, **overrides})
