"""Servers of `SECURE=1`: they serve who knows the password, and nobody else."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaError
from pydantic import SecretStr

from common import kafka_security
from common.kafka import Publisher, open_consumer
from common.topics import create_topics
from configs.settings import Settings
from configs.topics import DEAD_LETTER_STREAM
from contracts.errors import DependencyError
from local.nodes.cassandra import CassandraNode
from local.nodes.kafka import KafkaNode, security_of
from local.secure import with_secrets
from storage.connection import connect
from storage.init_cassandra import main as create_tables
from storage.store import Store
from tests.support.ports import free_ports
from tests.support.records import film

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """Of both servers, running."""
    with tempfile.TemporaryDirectory(prefix="ts-secure-", ignore_cleanup_errors=True) as folder:
        kafka_port, controller_port, cassandra_port, storage_port = free_ports(4)
        found = with_secrets(
            Settings(
                _env_file=None, secure=True, data_dir=Path(folder), startup_deadline=90,
                kafka_bootstrap_servers=f"127.0.0.1:{kafka_port}", cassandra_port=cassandra_port,
            )
        )  # fmt: skip
        kafka = KafkaNode(
            Path(folder) / "k", port=kafka_port, controller_port=controller_port, security=security_of(found)
        )
        cassandra = CassandraNode(
            Path(folder) / "c", port=cassandra_port, storage_port=storage_port, heap="512m", passwords=True
        )
        with kafka.running(120), cassandra.running(120):
            yield found
    kafka_security.use(Settings(_env_file=None))


def test_kafka_serves_who_knows_the_password(settings: Settings) -> None:
    kafka_security.use(settings)
    servers = settings.kafka_bootstrap_servers
    assert DEAD_LETTER_STREAM in create_topics(servers, deadline=60)
    publisher = Publisher(servers, client_id="test", deadline=60)
    publisher.send("tmdb_stream", film())
    publisher.flush()
    publisher.close()
    consumer = open_consumer(servers, "tmdb_stream", group=None, client_id="test", deadline=60)
    try:
        assert {"tmdb_stream", DEAD_LETTER_STREAM} <= consumer.topics()
    finally:
        consumer.close()


def test_kafka_refuses_everybody_else(settings: Settings) -> None:
    wrong = settings.model_copy(update={"kafka_password": SecretStr("wrong")})
    kafka_security.use(wrong)
    with pytest.raises((DependencyError, KafkaError)):
        Publisher(settings.kafka_bootstrap_servers, client_id="test", deadline=3)
    with pytest.raises(KafkaError):  # without TLS
        KafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, bootstrap_timeout_ms=3_000)


def test_cassandra_makes_the_role_once_and_shuts_the_first_one(settings: Settings) -> None:
    for _ in range(2):
        create_tables(settings, None)  # type: ignore[arg-type]
    with Store.open(settings) as store:
        store.movies.upsert([film()])
        assert [known.movie_id for known in store.movies.all()] == [1]
    for role in (("cassandra", "cassandra"), ("trendscope", "wrong")):
        with pytest.raises(DependencyError):
            connect(settings, 3, role=role)
    with pytest.raises(DependencyError):
        connect(settings.model_copy(update={"secure": False}), 3)
