"""`python -m monitoring.mlflow_server`: MLflow's tracking server as one process that listens before it loads.

`mlflow server` imports MLflow in a parent that then only waits, and again in the worker, and by default a third time in
a job runner with six consumers, which nothing here gives jobs. Measured on two busy cores: 34 seconds of processor time
and 790 MB with the runner, 18 and 540 without, 9 and 270 as it is here. The port is bound first, so that whoever comes
early waits for an answer and is not refused.
"""

import argparse
import os
import socket
import sys
from pathlib import Path

_BACKLOG = 128
_QUIET = "warning"
"""Requests are not logged one by one: the service alone makes hundreds an hour."""


def environment(folder: Path) -> dict[str, str]:
    """What the server reads from its environment: MLflow's own names, as `mlflow server` sets them for its workers."""
    from mlflow.server import constants as names  # noqa: PLC0415 - takes seconds: after the port is bound

    return {
        names.BACKEND_STORE_URI_ENV_VAR: f"sqlite:///{folder / 'mlflow.db'}",
        names.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        names.ARTIFACTS_DESTINATION_ENV_VAR: str(folder / "artifacts"),
        names.SERVE_ARTIFACTS_ENV_VAR: "true",
        "_MLFLOW_SGI_NAME": "uvicorn",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def listen(host: str, port: int) -> socket.socket:
    """The server's socket.

    Raises:
        OSError: the port is taken.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen(_BACKLOG)
    return server


def main(arguments: list[str] | None = None) -> int:
    """Command line; serves until it is stopped. Exit 78 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.mlflow_server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--folder", type=Path, required=True, help="for the database and the artifacts")
    parser.add_argument("--allowed-hosts", help="host names it answers to, separated by commas (MLflow's own setting)")
    options = parser.parse_args(arguments)
    try:
        server = listen(options.host, options.port)
    except OSError as error:
        sys.stderr.write(f"port {options.port} on {options.host} is taken: set MLFLOW_PORT to another ({error})\n")
        return 78
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(folder))
    if options.allowed_hosts:
        os.environ["MLFLOW_SERVER_ALLOWED_HOSTS"] = options.allowed_hosts

    import uvicorn  # noqa: PLC0415 - as above
    from mlflow.server.handlers import initialize_backend_stores  # noqa: PLC0415

    initialize_backend_stores(f"sqlite:///{folder / 'mlflow.db'}", None, "mlflow-artifacts:/")
    config = uvicorn.Config("mlflow.server.fastapi_app:app", log_level=_QUIET, access_log=False)
    uvicorn.Server(config).run(sockets=[server])
    return 0


if __name__ == "__main__":
    sys.exit(main())
