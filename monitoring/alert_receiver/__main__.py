"""`python -m monitoring.alert_receiver`: serve until stopped."""

import threading

from common.metrics import serve
from common.service import run_service
from configs.settings import Settings
from monitoring.alert_receiver.app import create_app

PORT = 9110
"""Of the container: nothing outside the compose network calls it."""


def main(settings: Settings, stop: threading.Event) -> None:
    """Serve until `stop`.

    Raises:
        ConfigurationError: the port is taken.
    """
    serve(create_app(), settings.bind_address, PORT)
    stop.wait()


if __name__ == "__main__":
    run_service("alert-receiver", main)
