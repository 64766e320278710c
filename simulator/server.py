"""Runs the application until told to stop."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from contracts.errors import ConfigurationError, DependencyError


def bind(host: str, port: int) -> socket.socket:
    """Take the port, so that a taken one is told before anything else is built.

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
            f"port {port} on {host} is taken: free it or set another SIMULATOR_PORT ({error})"
        ) from error
    return listener


def serve(app: FastAPI, listener: socket.socket, stop: threading.Event) -> None:
    """Serve until `stop` is set, then finish the requests under way.

    Raises:
        DependencyError: the server ended by itself; another start may help.
    """
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5, lifespan="off")
    # off the main thread uvicorn leaves the signals to `run_service`
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="http", daemon=True)
    thread.start()
    # a server that ends by itself ends the service too
    while thread.is_alive() and not stop.wait(0.2):
        pass
    if not stop.is_set():
        listener.close()
        raise DependencyError("the HTTP server ended by itself")
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()
