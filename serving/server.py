"""Runs the application until told to stop."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from contracts.errors import ConfigurationError, DependencyError

_BACKLOG = 2_048
"""A thousand browsers that come back after a restart come at once."""
_GRACE_SECONDS = 5


def bind(host: str, port: int) -> socket.socket:
    """Take the port, so that a taken one is told before anything else is done.

    Raises:
        ConfigurationError: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"port {port} on {host} is taken: free it or set another SERVING_PORT ({error})"
        ) from error
    return listener


def serve(app: FastAPI, listener: socket.socket, stop: threading.Event) -> None:
    """Serve until `stop` is set, then finish the requests under way.

    Raises:
        DependencyError: the server ended by itself; another start may help.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, backlog=_BACKLOG, timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)  # off the main thread it leaves the signals to `run_service`
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="http", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(0.2):
        pass
    if not stop.is_set():
        listener.close()
        raise DependencyError("the HTTP server ended by itself")
    server.should_exit = True
    thread.join(timeout=_GRACE_SECONDS + 5)
    listener.close()
