"""One platform of the harness's own, and how to tell that it flows or rests."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from kafka import KafkaProducer, TopicPartition

from common.kafka import open_consumer
from configs.settings import Settings
from configs.topics import MAX_MESSAGE_BYTES, REDDIT_STREAM, TMDB_STREAM, TREND_STREAM
from contracts.errors import DependencyError
from local.environment import service_environment
from local.isolated import isolated_settings
from local.nodes.base import LOOPBACK
from local.platform import Platform
from local.programs import Program
from local.readiness import messages_in
from local.status import measure, probes
from ml_service.source import GROUP
from storage.store import Store
from tests.faults.collect import Collector, Planted
from tests.faults.evidence import Evidence
from tests.faults.keeping import Keeper, committed
from tests.faults.probing import Prober
from tests.faults.setting import SETTINGS, simulator_arguments, small_disks
from tests.support.waiting import wait_until

SOURCES = ("reddit-producer", "tmdb-producer")
OBSERVERS = frozenset({"prometheus", "mlflow"})
"""Nothing depends on them: they run only where they are taken away."""
DISKS = "disks"
"""The need of a fault that fills up a disk."""
CLOCK = "clock"
"""The need of a fault that moves the host's clock: a source with a clock of its own."""
_DEADLINE = 240.0
"""Seconds without which a platform on two busy cores is not called stuck: a JVM's start takes 30 of them."""
_POLL = 0.25


@dataclass
class World:
    """A running platform and what the harness knows about it."""

    platform: Platform
    store: Store
    collector: Collector
    keepers: list[Keeper]
    prober: Prober | None = None
    """None where the API is not part of the platform."""
    planted: Planted = field(default_factory=dict)
    source_shift: Path = Path(os.devnull)
    """With `CLOCK`: the file that says by how many seconds the source's clock differs from the host's."""
    gaps: float = 0
    """Gaps reported by producers that have ended since."""

    @property
    def settings(self) -> Settings:
        """The platform's."""
        return self.platform.settings

    def received(self) -> int:
        """Records of reddit_stream; 0 while Kafka is away."""
        return messages_in(self.settings, REDDIT_STREAM)

    def processed(self) -> int:
        """Records in the job's ledger; -1 while Cassandra is away."""
        try:
            return sum(self.store.ledger.totals().values())
        except DependencyError:
            return -1

    def lags(self) -> dict[str, int | None]:
        """How far the job and the forecaster are behind; None when they do not say."""
        wanted = probes(self.settings)
        return {name: measure(wanted[name]).lag for name in ("trend-processor", "ml-service")}

    def start_sources(self) -> None:
        """Start both producers, and wait until what they send comes through."""
        mark = self.received()
        for name in SOURCES:
            self.platform.supervisor.start_program(name)
        self.wait_flow(mark)

    def wait_flow(self, mark: int) -> float:
        """Wait until a comment beyond `mark` was processed and the forecaster keeps up; the seconds it took.

        Raises:
            TimeoutError: the platform did not come back.
        """
        began = time.monotonic()
        wait_until(lambda: self.processed() > mark, _DEADLINE, what=f"progress beyond {mark} comments", poll=_POLL)
        wait_until(lambda: self.lags()["ml-service"] == 0, _DEADLINE, what="a forecaster that keeps up", poll=_POLL)
        return time.monotonic() - began

    def restart(self) -> None:
        """Stop everything and start it again on the data of before; returns when it is ready.

        Raises:
            NodeError: something did not stop, or did not come up.
        """
        with self.stopped():
            pass

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Everything is stopped within the block, and ready after it, on the data of before.

        Raises:
            NodeError: something did not stop, or did not come up.
        """
        self._stop_sources()  # nothing is shown after this
        self.collector.note_served()  # the simulator forgets it
        self.platform.stop()
        yield
        self.platform.up()
        self.platform.wait_ready()

    @contextmanager
    def new_session(self) -> Iterator[None]:
        """Ask Cassandra by a new session within the block.

        The driver schedules reconnections by the host's clock: one that was lost before a step back would be tried
        again when the clock is where it was.
        """
        kept = self.store
        with Store.open(self.settings, patience=2.0) as store:
            self.store = store
            try:
                yield
            finally:
                self.store = kept

    def settle(self) -> None:
        """Stop the sources and wait until everything they sent is processed, by progress.

        Raises:
            TimeoutError: something sent was never processed.
        """
        self._stop_sources()
        wait_until(self._rests, _DEADLINE, what="rest: every record processed and no lag", poll=_POLL)

    def _stop_sources(self) -> None:
        self.gaps += self.gap_count()
        for name in SOURCES:
            self.platform.supervisor.stop_program(name)

    def _rests(self) -> bool:
        """Everything sent is in a committed micro-batch and the ledger, and the forecaster's saved position is the end
        of trend_stream.

        The job's gauge of its lag is of the last batch's time: a batch of film polls alone, which closes windows, may
        have begun since. A forecaster that has just been started says that its lag is 0, so its gauge is not enough
        either.
        """
        done = committed(self.settings.data_dir / "checkpoint" / "spark")
        sent = self.received()
        if done is None or done.comments_end != sent or done.films_end != messages_in(self.settings, TMDB_STREAM):
            return False
        return self.processed() == sent > 0 and self._saved() == messages_in(self.settings, TREND_STREAM)

    def _saved(self) -> int:
        """Where the forecaster would go on after a crash."""
        consumer = open_consumer(
            self.settings.kafka_bootstrap_servers, group=GROUP, client_id="faults", deadline=_DEADLINE
        )
        try:
            return int(consumer.committed(TopicPartition(TREND_STREAM, 0)) or 0)
        finally:
            consumer.close(autocommit=False)

    def evidence(self) -> Evidence:
        """Everything so far; call it at rest."""
        for keeper in self.keepers:
            keeper.look()
        return self.collector.collect(self.store, round(self.gaps), list(self.prober.answers) if self.prober else [])

    def gap_count(self) -> float:
        """Gaps that the running producer has reported."""
        return self.metric(self.settings.reddit_producer_metrics_port, "trendscope_reddit_gaps_total")

    @staticmethod
    def metric(port: int, name: str) -> float:
        """The sum of a metric's series; 0 when the service does not answer or has none."""
        with suppress(requests.RequestException):
            text = requests.get(f"http://{LOOPBACK}:{port}/metrics", timeout=5).text
            lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
        return 0.0

    def simulator(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """A request to the simulator's own interface."""
        answer = requests.request(method, f"{self.settings.simulator_url}/_sim/{path}", json=body or None, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def plant(self, topic: str, values: list[tuple[bytes | None, str]], key: bytes | None = b"planted") -> list[int]:
        """Write records past the producers: (value, what must become of it), see `collect.Planted`. Their offsets.

        The client library sends no record with neither key nor value: a tombstone without a key gets an empty one.

        Raises:
            KafkaError: the broker did not take them.
        """
        producer = KafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, max_request_size=MAX_MESSAGE_BYTES
        )
        try:
            keyed = ((b"" if key is None and value is None else key, value, verdict) for value, verdict in values)
            sent = [(producer.send(topic, key=one, value=value), verdict) for one, value, verdict in keyed]
            offsets = [(int(future.get(timeout=60).offset), verdict) for future, verdict in sent]
        finally:
            producer.close()
        self.planted.update({(topic, offset): verdict for offset, verdict in offsets})
        return [offset for offset, _ in offsets]

    def environment(self, **extra: str) -> dict[str, str]:
        """What the platform's services run with, for a process that the harness starts itself."""
        return service_environment(self.settings, os.environ, extra)


@contextmanager
def open_world(seed: int, needs: frozenset[str], say: Callable[[str], None]) -> Iterator[World]:
    """A platform with a load, ready; stopped and deleted afterwards.

    Args:
        seed: of the simulator.
        needs: `DISKS`, `CLOCK`, and of `OBSERVERS` those to run.
        say: gets a line a step.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-faults-", ignore_cleanup_errors=True)))
        data = folder / "data"
        data.mkdir()
        settings = isolated_settings(data, **SETTINGS)
        if DISKS in needs:
            stack.enter_context(small_disks(data))
        platform = Platform(
            settings, simulator_args=simulator_arguments(folder, seed), without=sorted(OBSERVERS - needs)
        )
        source_shift = folder / "source-shift"
        if CLOCK in needs:
            source_shift.write_text("0")
            platform.programs = [_shifted(program, source_shift) for program in platform.programs]
        keepers = [
            stack.enter_context(Keeper(data / source, folder / kept, pattern))
            for source, kept, pattern in (
                ("catalogue", "snapshots", "*.json.gz"),
                ("checkpoint/spark/offsets", "offsets", "[0-9]*"),
            )
        ]
        stack.callback(platform.stop)
        platform.up(say=say)
        platform.wait_ready(say=say)
        store = stack.enter_context(Store.open(platform.settings, patience=2.0))
        planted: Planted = {}
        collector = Collector(platform.settings, keepers[0].kept, keepers[1].kept, planted)
        prober = None
        if any(program.name == "serving" for program in platform.programs):
            url = f"http://{LOOPBACK}:{platform.settings.serving_port}"
            prober = stack.enter_context(Prober(url))
        yield World(platform, store, collector, keepers, prober, planted, source_shift)


def _shifted(program: Program, shift: Path) -> Program:
    """The simulator with a clock that a file moves; every other program as it is."""
    if program.name != "simulator":
        return program
    interpreter, module, *command = program.command
    return replace(program, command=(interpreter, module, "tests.faults.shifted", str(shift), *command))
