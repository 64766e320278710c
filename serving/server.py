"""Runs the application until told to stop."""

import socket
import threading
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from common.listening import serve_until

_BACKLOG = 2_048
"""A thousand browsers that come back after a restart come at once."""
_GRACE_SECONDS = 5


def serve(app: FastAPI, listener: socket.socket, stop: threading.Event, proxies: Sequence[str]) -> None:
    """`common.listening.serve_until` with the application, and its errors.

    Args:
        app: the application.
        listener: a bound socket.
        stop: ends it.
        proxies: addresses whose X-Forwarded-For and X-Forwarded-Proto are believed.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, backlog=_BACKLOG, timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False, forwarded_allow_ips=list(proxies),
    )  # fmt: skip
    serve_until(stop, uvicorn.Server(config), listener, _GRACE_SECONDS)
