"""A node that stalls, dies or was never there: writes wait for it, resume, or fail by their deadline."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from configs.settings import load_settings
from contracts.errors import DependencyError
from contracts.events import TrendUpdate
from local.nodes.cassandra import CassandraNode
from storage.store import Store
from tests.support.cassandra import migrated, settings_for
from tests.support.ports import free_port, free_ports
from tests.support.records import NOON, film, update

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CassandraNode]:
    """A node that these tests may stop and kill."""
    port, storage_port = free_ports(2)
    home: Path = tmp_path_factory.mktemp("node")
    with CassandraNode(home, port=port, storage_port=storage_port, heap="512m").running() as started:
        yield started


def minutes(count: int) -> Iterator[TrendUpdate]:
    return (update(1, NOON + timedelta(minutes=number)) for number in range(count))


@pytest.mark.parametrize("end", [CassandraNode.stop, CassandraNode.kill])
def test_writes_and_reads_resume_when_a_node_comes_back(node: CassandraNode, end: object) -> None:
    settings = migrated(settings_for(node))
    with Store.open(settings, patience=90) as store, ThreadPoolExecutor(1) as pool:
        store.movies.upsert([film(1)])
        assert callable(end)
        end(node)
        writing = pool.submit(store.trends.upsert, minutes(500))
        time.sleep(1)
        assert not writing.done(), "the write waits for the node"
        node.start()
        writing.result(90)
        assert len(store.trends.history(1)) == 500
        assert store.movies.get(1) == film(1), "what was acknowledged before the end is there"


def test_a_stalled_node_holds_the_writer_back_and_then_fails_it(node: CassandraNode) -> None:
    taken = 0

    def endless() -> Iterator[TrendUpdate]:
        nonlocal taken
        for taken, known in enumerate(minutes(1_000_000), start=1):  # noqa: B007 - the count outlives the loop
            yield known

    with Store.open(migrated(settings_for(node)), patience=2) as store:
        assert node.pid is not None
        os.kill(node.pid, signal.SIGSTOP)
        try:
            with pytest.raises(DependencyError, match="did not take all rows of movies"):
                store.movies.upsert(film(known.window_start.minute + 1) for known in endless())
        finally:
            os.kill(node.pid, signal.SIGCONT)
        assert 0 < taken <= 4_096, "no more than one chunk was taken from the source"
        store.movies.upsert([film(2)])
        assert store.movies.get(2) == film(2), "the same store works again"


def test_a_wrong_host_is_an_error_within_the_deadline() -> None:
    port = free_port()
    settings = load_settings(cassandra_port=port, startup_deadline=2)
    began = time.monotonic()
    with pytest.raises(DependencyError, match=rf"127\.0\.0\.1:{port} for 2 s.*CASSANDRA_HOSTS"):
        Store.open(settings)
    assert time.monotonic() - began < 10


def test_a_name_that_does_not_resolve_is_the_same_error() -> None:
    settings = load_settings(cassandra_hosts=("no-such-host.invalid",), startup_deadline=1)
    with pytest.raises(DependencyError, match="no Cassandra answered at no-such-host"):
        Store.open(settings)


def test_what_cassandra_refuses_is_not_repeated(node: CassandraNode) -> None:
    with Store.open(migrated(settings_for(node)), patience=60) as store:
        began = time.monotonic()
        with pytest.raises(DependencyError, match="refused"):
            store.trends.history(2**31 - 1, limit=0)
        assert time.monotonic() - began < 10
