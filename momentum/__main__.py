"""`python -m momentum`: momentum and breakouts of each window that closes, until stopped."""

import threading

from common.kafka import Publisher
from common.metrics import serve_metrics
from common.service import run_service
from configs.settings import Settings
from momentum.service import Service
from momentum.start import end_unfollowed, restore
from momentum.webhook import Webhook
from storage.store import Store

_POLL_SECONDS = 1.0
_WEBHOOK_SECONDS = 10.0
"""How long the end waits for what is still to be told."""


def main(settings: Settings, stop: threading.Event) -> None:
    """Run until `stop`; then save.

    Raises:
        DependencyError: Cassandra or Kafka is away.
    """
    reason: dict[str, str | None] = {"is": "starting"}
    serve_metrics(settings.bind_address, settings.momentum_metrics_port, lambda: reason["is"])
    sink = Publisher(settings.kafka_bootstrap_servers, client_id="momentum", deadline=settings.startup_deadline)
    webhook = Webhook(settings.breakout_webhook_url)
    with Store.open(settings) as store:
        engine = restore(store, settings)
        end_unfollowed(engine, store, sink)
        service = Service(engine, store, sink, webhook)
        reason["is"] = None
        while not stop.is_set():
            if not service.step():
                stop.wait(_POLL_SECONDS)
        service.save()
    sink.close()
    webhook.close(_WEBHOOK_SECONDS)


if __name__ == "__main__":
    run_service("momentum", main)
