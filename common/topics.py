"""Creates the platform's topics: `python -m common.topics`, safe to run again."""

import threading

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from common.kafka import RECONNECT_MAX_MS, bootstrap_millis, until_broker_answers
from common.kafka_security import client_options
from common.service import run_service
from configs.logging import get_logger
from configs.settings import Settings
from configs.topics import TOPICS

_log = get_logger("topics")


def open_admin(servers: str, *, deadline: float) -> KafkaAdminClient:
    """An administration client.

    Raises:
        DependencyError: no broker answered for `deadline` seconds.
    """
    return until_broker_answers(
        lambda: KafkaAdminClient(
            bootstrap_servers=servers.split(","),
            client_id="trendscope-init",
            reconnect_backoff_max_ms=RECONNECT_MAX_MS,
            bootstrap_timeout_ms=bootstrap_millis(deadline),
            **client_options(),
        ),
        deadline,
        servers,
    )


def create_topics(servers: str, *, deadline: float) -> list[str]:
    """Create the topics that are missing, wait until each has a leader, and return the names of the new ones.

    Raises:
        DependencyError: no broker answered for `deadline` seconds.
    """
    admin = open_admin(servers, deadline=deadline)
    try:
        missing = [topic for topic in TOPICS if topic.name not in set(admin.list_topics())]
        for topic in missing:
            options = {
                "num_partitions": topic.partitions,
                "replication_factor": 1,
                "configs": topic.broker_config(),
            }
            try:
                admin.create_topics({topic.name: options})
            except TopicAlreadyExistsError:
                _log.info("topic_made_by_another", topic=topic.name)
        admin.wait_for_topics([topic.name for topic in TOPICS], timeout_ms=30_000)
    finally:
        admin.close()
    return [topic.name for topic in missing]


def _main(settings: Settings, _: threading.Event) -> None:
    created = create_topics(settings.kafka_bootstrap_servers, deadline=settings.startup_deadline)
    _log.info("topics_ready", created=created)


if __name__ == "__main__":
    run_service("topics", _main)
