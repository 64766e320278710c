"""`python -m local.init`: topics and tables, once the servers answer; safe to run again."""

import threading

from common.service import run_service
from common.topics import create_topics
from configs.logging import get_logger
from configs.settings import Settings
from storage.init_cassandra import main as create_tables

_log = get_logger("init")


def main(settings: Settings, stop: threading.Event) -> None:
    """Create what is missing.

    Raises:
        DependencyError: Kafka or Cassandra was not there before `startup_deadline`.
        ConfigurationError: an applied migration has changed.
    """
    created = create_topics(settings.kafka_bootstrap_servers, deadline=settings.startup_deadline)
    _log.info("topics_ready", created=created)
    create_tables(settings, stop)


if __name__ == "__main__":
    run_service("init", main)
