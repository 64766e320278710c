"""A world of its own for each test of the Spark job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.nodes.cassandra import CassandraNode
from storage.store import Store
from tests.support.cassandra import migrated, settings_for
from tests.support.job_world import JobWorld
from tests.support.ports import free_ports


@pytest.fixture
def world(kafka: str, cassandra_node: CassandraNode, tmp_path: Path) -> Iterator[JobWorld]:
    metrics, ui = free_ports(2)
    settings = migrated(
        settings_for(
            cassandra_node, kafka_bootstrap_servers=kafka, data_dir=tmp_path, processor_metrics_port=metrics,
            spark_ui_port=ui, spark_master="local[2]", startup_deadline=60,
        )
    )  # fmt: skip
    with Store.open(settings) as store:
        yield JobWorld(settings, store)
