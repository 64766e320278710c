"""Runs the application until told to stop."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from common.listening import serve_until

_GRACE_SECONDS = 5


def serve(app: FastAPI, listener: socket.socket, stop: threading.Event) -> None:
    """`common.listening.serve_until` with the application, and its errors."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS, lifespan="off"
    )
    serve_until(stop, uvicorn.Server(config), listener, _GRACE_SECONDS)
