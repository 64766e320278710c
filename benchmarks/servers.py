"""Real servers for a benchmark: Kafka and Cassandra with their topics and tables, and a producer of raw records."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from common.kafka import COMPRESSION
from common.topics import create_topics
from configs.settings import ROOT, Settings
from configs.topics import MAX_MESSAGE_BYTES, TMDB_STREAM
from contracts.events import TmdbFilm
from local.environment import local_settings, to_environment
from local.isolated import isolated_settings
from local.nodes.cassandra import CassandraNode
from local.nodes.kafka import KafkaNode
from storage.connection import connect
from storage.migrations import migrate
from storage.store import Store

_EXIT_SECONDS = 120


@contextmanager
def servers(**overrides: Any) -> Iterator[Settings]:
    """Running servers in a folder and on ports of their own; the settings with which to reach them.

    From then on SIGTERM ends the process as an exception does, so that they do not stay behind.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="trendscope-bench-", ignore_cleanup_errors=True) as folder:
        settings = local_settings(isolated_settings(Path(folder), **overrides))
        kafka = KafkaNode(
            Path(folder) / "kafka", port=settings.kafka_port, controller_port=settings.kafka_controller_port
        )
        cassandra = CassandraNode(
            Path(folder) / "cassandra", port=settings.cassandra_port, storage_port=settings.cassandra_storage_port
        )
        with ExitStack() as stack:
            for node in (kafka, cassandra):
                stack.callback(node.stop)
                node.launch()
            kafka.wait_ready()
            cassandra.wait_ready()
            create_topics(settings.kafka_bootstrap_servers, deadline=60)
            session = connect(settings, 60)
            migrate(session, settings)
            session.cluster.shutdown()
            yield settings


@contextmanager
def producer(settings: Settings) -> Iterator[KafkaProducer]:
    """A producer that batches well: the generator must not be what is measured."""
    opened = KafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers.split(","),
        acks="all",
        compression_type=COMPRESSION,
        linger_ms=20,
        batch_size=256 * 1024,
        max_request_size=MAX_MESSAGE_BYTES,
    )
    try:
        yield opened
        opened.flush()
    finally:
        opened.close()


def fill_catalogue(settings: Settings, films: Iterable[TmdbFilm], listed: Sequence[TmdbFilm]) -> None:
    """`films` into Cassandra, as an import does; `listed` into tmdb_stream, as a poll does."""
    with Store.open(settings) as store:
        store.movies.upsert(films)
    with producer(settings) as sender:
        for film in listed:
            sender.send(TMDB_STREAM, key=film.key, value=film.encode())


@dataclass(slots=True)
class Service:
    """A child process."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """SIGTERM, as a supervisor does, and SIGKILL for one that does not go."""
        if not self.alive:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def service(settings: Settings, *arguments: str) -> Iterator[Service]:
    """`python -m <arguments>` with these settings; its output is in a log in the data folder."""
    log = settings.data_dir / f"{arguments[0]}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, **to_environment(settings)},
            stdout=out,
            stderr=out,
            start_new_session=True,  # a share of the processors of its own, as in the platform (local.share)
        )
    running = Service(process, log)
    try:
        yield running
    finally:
        running.stop()
