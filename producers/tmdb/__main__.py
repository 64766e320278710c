"""`python -m producers.tmdb`: TMDB's lists, its wider catalogue and the films' titles to tmdb_stream."""

import threading
from contextlib import closing

from common.clock import system_clock
from common.kafka import Publisher
from common.metrics import serve_metrics
from common.service import run_service
from configs.settings import Settings
from producers.durable import exclusive, source_folder
from producers.metrics import ProducerMetrics
from producers.outbox import Outbox
from producers.polling import PollLoop
from producers.tmdb.client import TmdbClient
from producers.tmdb.memory import Memory
from producers.tmdb.poll import TmdbPoll


def main(settings: Settings, stop: threading.Event) -> None:
    """Poll until `stop`."""
    metrics = ProducerMetrics("tmdb")
    metrics.served_by(settings.tmdb_base_url, Settings.model_fields["tmdb_base_url"].default)
    folder = source_folder(settings.data_dir, "tmdb", settings.tmdb_base_url)
    with (
        closing(TmdbClient(settings, stop, metrics.request)) as client,
        exclusive(folder / "lock", stop),
        closing(Memory.open(folder / "films.sqlite3")) as memory,
        closing(
            Publisher(settings.kafka_bootstrap_servers, client_id="tmdb-producer", deadline=settings.startup_deadline)
        ) as publisher,
    ):
        poll = TmdbPoll(
            client,
            memory,
            Outbox(publisher, metrics, system_clock, "tmdb_api"),
            metrics,
            region=settings.tmdb_region,
            catalogue_pages=settings.tmdb_catalogue_pages,
        )
        loop = PollLoop("tmdb", settings.tmdb_fetch_interval, poll, metrics, side_work=poll.side_work)
        serve_metrics(settings.bind_address, settings.tmdb_producer_metrics_port, loop.health)
        loop.run(stop)


if __name__ == "__main__":
    run_service("tmdb-producer", main)
