"""An HTTP server on a port of its own, inside a service: the port first, the server until the service stops."""

import socket
import threading
from typing import Protocol

from contracts.errors import ConfigurationError, DependencyError


class Server(Protocol):
    """`uvicorn.Server`, which only the services that serve with it install."""

    should_exit: bool

    def run(self, sockets: list[socket.socket] | None = None) -> None: ...


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Take the port, so that a taken one is told before anything else is built; `setting` moves it.

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
            f"port {port} on {host} is taken: free it or set another {setting} ({error})"
        ) from error
    return listener


def serve_until(stop: threading.Event, server: Server, listener: socket.socket, grace: float) -> None:
    """Serve until `stop` is set, then finish the requests under way, for which the server takes `grace` seconds.

    Raises:
        DependencyError: the server ended by itself; another start may help.
    """
    # off the main thread uvicorn leaves the signals to `run_service`
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="http", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(0.2):
        pass
    if not stop.is_set():
        listener.close()
        raise DependencyError("the HTTP server ended by itself")
    server.should_exit = True
    thread.join(timeout=grace + 5)
    listener.close()
