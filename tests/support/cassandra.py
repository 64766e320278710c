"""A keyspace of one's own on a test's Cassandra."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from configs.settings import Settings, load_settings
from local.nodes.cassandra import CassandraNode
from storage.connection import connect
from storage.migrations import migrate
from storage.store import Store


def settings_for(node: CassandraNode, **overrides: Any) -> Settings:
    """Settings with this node's port and a keyspace nobody else has."""
    own = {"cassandra_port": node.port, "cassandra_keyspace": f"test_{uuid.uuid4().hex[:12]}", "startup_deadline": 30}
    return load_settings(**own | overrides)


def migrated(settings: Settings) -> Settings:
    """The same settings, once their keyspace has its tables."""
    session = connect(settings, settings.startup_deadline)
    try:
        migrate(session, settings)
    finally:
        session.cluster.shutdown()
    return settings


@contextmanager
def fresh_store(node: CassandraNode, *, patience: float = 30, **overrides: Any) -> Iterator[Store]:
    """A store on an empty keyspace."""
    with Store.open(migrated(settings_for(node, **overrides)), patience=patience) as store:
        yield store
