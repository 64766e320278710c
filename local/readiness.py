"""Waiting for the platform by progress: each step is a fact that can be seen from outside."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol

import requests
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from common.clock import Clock, system_clock
from common.kafka import RECONNECT_MAX_MS
from common.kafka_security import client_options
from configs.settings import Settings
from configs.topics import REDDIT_STREAM, TMDB_STREAM
from contracts.errors import DependencyError
from contracts.events import TrendUpdate
from local.environment import serving_host
from local.errors import NodeError, SetupError
from local.programs import Program
from local.ranking import latest_ranking
from local.status import Pace, measure, probes
from local.supervision import ProcessState
from storage.store import Store

_POLL_SECONDS = 0.5
_INIT = "init"
"""How the names of the one-shot jobs begin."""


class Runner(Protocol):
    """What starts the processes: a supervisor, or a container engine."""

    def states(self) -> list[ProcessState]: ...
    def log_tail(self, name: str, lines: int) -> str: ...


def messages_in(settings: Settings, topic: str) -> int:
    """How many messages were ever written to a topic; 0 while Kafka or the topic is not there."""
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id="trendscope-local",
            reconnect_backoff_max_ms=RECONNECT_MAX_MS,
            **client_options(),
        )
    except (KafkaError, OSError):
        return 0
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return sum(consumer.end_offsets(partitions).values()) if partitions else 0
    except KafkaError:
        return 0
    finally:
        consumer.close()


class Readiness:
    """The steps from nothing to films with TrendScores and forecasts."""

    def __init__(
        self, settings: Settings, supervisor: Runner, programs: Sequence[Program], clock: Clock = system_clock
    ) -> None:
        """`programs` are those that run: a step of one that was left out is not waited for."""
        self._settings = settings
        self._began = clock()
        self._supervisor = supervisor
        self._names = {program.name for program in programs}
        self._store: Store | None = None
        self._stack = ExitStack()

    def wait(self, deadline: float, say: Callable[[str], None]) -> None:
        """Wait for every step in turn; see `Platform.wait_ready`."""
        end = time.monotonic() + deadline
        with self._stack:
            for name, is_reached in self._steps():
                say(f"waiting for {name}")
                while not is_reached():
                    self._give_up_on_wrong_settings()
                    if time.monotonic() > end:
                        raise NodeError(f"no {name} after {deadline:.0f} s; {self._trouble()}")
                    time.sleep(_POLL_SECONDS)

    def _steps(self) -> list[tuple[str, Callable[[], bool]]]:
        steps: list[tuple[str, str, Callable[[], bool]]] = [
            ("kafka", "Kafka, Cassandra and their topics and tables", self._has_schema),
            ("tmdb-producer", "films from TMDB", lambda: self._has_polled("tmdb-producer", TMDB_STREAM)),
            ("reddit-producer", "comments from Reddit", lambda: self._has_polled("reddit-producer", REDDIT_STREAM)),
            ("trend-processor", "TrendScores", self._has_trends),
            ("ml-service", "forecasts", self._has_predictions),
            ("serving", "the dashboard", self._has_dashboard),
        ]
        return [(name, check) for program, name, check in steps if program in self._names]

    def _has_schema(self) -> bool:
        """Both servers answer, and the init jobs are through."""
        jobs = [state for state in self._supervisor.states() if state.name.startswith(_INIT)]
        if not jobs or any(state.state != "EXITED" or state.exit_code for state in jobs):
            return False
        try:
            self._store = self._stack.enter_context(
                Store.open(self._settings.model_copy(update={"startup_deadline": 5.0}))
            )
        except DependencyError:
            return False
        return True

    def _has_trends(self) -> bool:
        """Windows are there, and this run has taken in what waited: after a pause the old ones are there at once."""
        pace = self._pace("trend-processor")
        if pace.lag is None:  # no micro-batch of this run yet
            return False

        def read(store: Store) -> bool:
            newest = store.trends.windows(1)
            return bool(newest) and (pace.lag == 0 or self._is_fresh(store.trends.window(newest[0])))

        return self._reads(read)

    def _is_fresh(self, rows: Sequence[TrendUpdate]) -> bool:
        return any(row.processed_at >= self._began for row in rows)

    def _has_polled(self, program: str, topic: str) -> bool:
        """The topic has messages, and the producer has come through a poll since it started."""
        return self._pace(program).last_poll is not None and messages_in(self._settings, topic) > 0

    def _pace(self, program: str) -> Pace:
        return measure(probes(self._settings)[program])

    def _has_predictions(self) -> bool:
        """Those of the ranking people see first, not of a window of the history; and the forecaster runs."""
        if self._pace("ml-service").last_event is None:
            return False

        def read(store: Store) -> bool:
            ranking = latest_ranking(store)
            return ranking is not None and ranking.has_forecasts

        return self._reads(read)

    def _has_dashboard(self) -> bool:
        """The API has something to show."""
        try:
            url = f"http://{serving_host(self._settings)}:{self._settings.serving_port}/readyz"
            return requests.get(url, timeout=3).ok
        except requests.RequestException:
            return False

    def _reads(self, read: Callable[[Store], bool]) -> bool:
        try:
            return self._store is not None and read(self._store)
        except DependencyError:
            return False

    def _give_up_on_wrong_settings(self) -> None:
        for state in self._supervisor.states():
            if state.is_misconfigured:
                log = self._supervisor.log_tail(state.name, 3)
                raise SetupError(f"{state.name} stopped, a setting is wrong:\n{log}")

    def _trouble(self) -> str:
        """What to look at: programs that do not run, with the end of their logs."""
        silent = [
            state
            for state in self._supervisor.states()
            if state.state != "RUNNING" and not (state.name.startswith(_INIT) and state.exit_code == 0)
        ]
        if not silent:
            return "every process runs: see `./setup.sh status` and `./setup.sh logs`"
        parts = [
            f"{state.name} is {state.state} (exit code {state.exit_code}):\n{self._supervisor.log_tail(state.name, 5)}"
            for state in silent
        ]
        return "\n".join(parts)
