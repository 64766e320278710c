"""`python -m producers.reddit`: the comments of the configured subreddits to reddit_stream."""

import threading

from common.clock import system_clock
from common.kafka import Publisher
from common.metrics import serve_metrics
from common.service import run_service
from configs.settings import Settings
from producers.durable import exclusive, source_folder
from producers.metrics import ProducerMetrics
from producers.outbox import Outbox
from producers.polling import PollLoop
from producers.reddit.author import author_hash
from producers.reddit.client import RedditClient
from producers.reddit.poll import RedditPoll
from producers.reddit.position import PositionStore


def main(settings: Settings, stop: threading.Event) -> None:
    """Poll until `stop`."""
    metrics = ProducerMetrics("reddit")
    metrics.served_by(settings.reddit_oauth_url, Settings.model_fields["reddit_oauth_url"].default)
    listing = RedditClient(settings, stop, metrics.request)
    folder = source_folder(settings.data_dir, "reddit", settings.reddit_oauth_url)
    with exclusive(folder / "lock", stop):
        publisher = Publisher(
            settings.kafka_bootstrap_servers, client_id="reddit-producer", deadline=settings.startup_deadline
        )
        poll = RedditPoll(
            listing,
            PositionStore(folder / "position.json", settings.reddit_subreddits),
            Outbox(publisher, metrics, system_clock, "reddit_api"),
            metrics,
            author_hash=author_hash(settings.author_hash_key, folder.parent / "author.key"),
            max_bytes=settings.max_comment_bytes,
            stop=stop,
        )
        loop = PollLoop("reddit", settings.reddit_fetch_interval, poll, metrics)
        serve_metrics(settings.bind_address, settings.reddit_producer_metrics_port, loop.health)
        try:
            loop.run(stop)
        finally:
            publisher.close()


if __name__ == "__main__":
    run_service("reddit-producer", main)
