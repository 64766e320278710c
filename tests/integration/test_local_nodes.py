"""The servers the platform and the tests run on are real, keep data over a crash, and say why they do not start."""

from pathlib import Path

import pytest
from cassandra.cluster import Cluster
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError

from common.topics import create_topics, open_admin
from configs.topics import DEAD_LETTER_STREAM, MAX_MESSAGE_BYTES, REDDIT_STREAM, TOPICS
from local.errors import NodeError
from local.nodes.cassandra import CassandraNode
from local.nodes.kafka import KafkaNode
from tests.support.ports import free_port, free_ports

pytestmark = pytest.mark.integration


def producer(servers: str) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=servers, max_request_size=2 * MAX_MESSAGE_BYTES, max_block_ms=5_000)


def reader(servers: str, topic: str) -> KafkaConsumer:
    return KafkaConsumer(
        topic,
        bootstrap_servers=servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=20_000,
        max_partition_fetch_bytes=2 * MAX_MESSAGE_BYTES,
    )


def query(port: int, *statements: str) -> list[tuple[object, ...]]:
    cluster = Cluster(["127.0.0.1"], port=port)
    try:
        session = cluster.connect()
        return [[tuple(row) for row in session.execute(statement)] for statement in statements][-1]
    finally:
        cluster.shutdown()


def test_the_topics_are_there_once_however_often_they_are_asked_for(kafka: str) -> None:
    assert create_topics(kafka, deadline=10) == []
    admin = open_admin(kafka, deadline=10)
    described = admin.describe_topics([topic.name for topic in TOPICS])
    admin.close()
    assert {topic["name"]: len(topic["partitions"]) for topic in described} == {
        topic.name: topic.partitions for topic in TOPICS
    }


def test_a_message_of_the_contracts_limit_fits_and_a_larger_one_does_not(kafka: str) -> None:
    sender = producer(kafka)
    largest = b"x" * (MAX_MESSAGE_BYTES - 200)  # a batch's header is 61 bytes, a record's some 20
    sender.send(DEAD_LETTER_STREAM, largest).get(30)
    with pytest.raises(MessageSizeTooLargeError):
        sender.send(DEAD_LETTER_STREAM, b"x" * (MAX_MESSAGE_BYTES + 1)).get(30)
    sender.close()
    consumer = reader(kafka, DEAD_LETTER_STREAM)
    assert len(next(consumer).value) == len(largest)
    consumer.close()


def test_a_misspelt_topic_is_not_created(kafka: str) -> None:
    sender = producer(kafka)
    with pytest.raises(KafkaError):
        sender.send("redit_stream", b"lost").get(10)
    sender.close(timeout=5)
    admin = open_admin(kafka, deadline=10)
    with pytest.raises(UnknownTopicOrPartitionError):
        admin.delete_topics(["redit_stream"])
    admin.close()


def test_kafka_keeps_acknowledged_messages_over_a_kill(tmp_path: Path) -> None:
    port, controller_port = free_ports(2)
    node = KafkaNode(tmp_path / "kafka", port=port, controller_port=controller_port, heap="256m")
    with node.running():
        create_topics(node.bootstrap_servers, deadline=30)
        sender = producer(node.bootstrap_servers)
        sender.send(REDDIT_STREAM, b"kept").get(30)
        sender.close()
        node.kill()
        node.start()
        consumer = reader(node.bootstrap_servers, REDDIT_STREAM)
        assert next(consumer).value == b"kept"
        consumer.close()


def test_cassandra_keeps_acknowledged_writes_over_a_kill(tmp_path: Path) -> None:
    port, storage_port = free_ports(2)
    node = CassandraNode(tmp_path / "cassandra", port=port, storage_port=storage_port, heap="512m")
    with node.running():
        query(
            port,
            "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
            "CREATE TABLE k.t (id int PRIMARY KEY)",
            "INSERT INTO k.t (id) VALUES (7)",
        )
        node.kill()
        node.start()
        assert query(port, "SELECT id FROM k.t") == [(7,)]


def test_a_server_that_cannot_start_shows_the_end_of_its_log(
    kafka_node: KafkaNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = KafkaNode(tmp_path / "kafka", port=kafka_node.port, controller_port=free_port(), heap="256m")
    monkeypatch.setattr(twin, "ready", lambda: False)  # the first broker would answer for it
    with pytest.raises(NodeError, match=r"exited while starting(.|\n)*Address already in use"):
        twin.start(deadline=60)
    assert twin.pid is None
