"""Real servers for tests: one of each kind a session, on free ports, in a temporary folder."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from common.topics import create_topics, open_admin
from configs.topics import TOPICS
from local.nodes.cassandra import CassandraNode
from local.nodes.kafka import KafkaNode
from storage.store import Store
from tests.support.cassandra import fresh_store
from tests.support.kafka_sockets import close_abandoned
from tests.support.ports import free_ports

_DEADLINE = 120.0

settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
"""No example fails for the time it takes: other processes may have the processor."""

close_abandoned()


class Folders(LoadScopeScheduling):
    """What needs servers stays in one process, which so starts each once; of the unit tests each module stays whole.

    Those tests wait more than they compute: the unit tests are done beside them.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith("tests/unit/") else "servers"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How tests are spread over processes, when there are several."""
    return Folders(config, log)


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:
    """What a test, or a library it calls (MLflow's client does), puts into the environment ends with the test."""
    before = dict(os.environ)
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def servers_dir() -> Iterator[Path]:
    """A short path: the servers' data go away with the session."""
    with tempfile.TemporaryDirectory(prefix="trendscope-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def kafka_node(servers_dir: Path) -> Iterator[KafkaNode]:
    """A running broker without topics, shared by the session."""
    port, controller_port = free_ports(2)
    node = KafkaNode(servers_dir / "kafka", port=port, controller_port=controller_port)
    with node.running(_DEADLINE):
        yield node


@pytest.fixture(scope="module")
def kafka(kafka_node: KafkaNode) -> str:
    """Bootstrap servers of the session's broker, with the platform's topics there and empty for this module."""
    servers = kafka_node.bootstrap_servers
    admin = open_admin(servers, deadline=_DEADLINE)
    left = [topic.name for topic in TOPICS if topic.name in set(admin.list_topics())]
    if left:
        admin.delete_topics(left)
    admin.close()
    create_topics(servers, deadline=_DEADLINE)
    return servers


@pytest.fixture(scope="session")
def cassandra_node(servers_dir: Path) -> Iterator[CassandraNode]:
    """A running node without keyspaces, shared by the session."""
    port, storage_port = free_ports(2)
    node = CassandraNode(servers_dir / "cassandra", port=port, storage_port=storage_port, heap="512m")
    with node.running(_DEADLINE):
        yield node


@pytest.fixture(scope="module")
def store(cassandra_node: CassandraNode) -> Iterator[Store]:
    """The typed store on a keyspace of this module's own, empty at its start."""
    with fresh_store(cassandra_node) as opened:
        yield opened
