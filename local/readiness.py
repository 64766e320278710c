"""Waiting for the platform by progress: each step is a fact that can be seen from outside."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from common.kafka import RECONNECT_MAX_MS
from configs.settings import Settings
from configs.topics import REDDIT_STREAM, TMDB_STREAM
from contracts.errors import DependencyError
from local.errors import NodeError, SetupError
from local.nodes.base import tail
from local.programs import Program
from local.ranking import latest_ranking
from local.supervision import Supervisor
from storage.store import Store

_POLL_SECONDS = 0.5


def messages_in(settings: Settings, topic: str) -> int:
    """How many messages were ever written to a topic; 0 while Kafka or the topic is not there."""
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id="trendscope-local",
            reconnect_backoff_max_ms=RECONNECT_MAX_MS,
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

    def __init__(self, settings: Settings, supervisor: Supervisor, programs: Sequence[Program]) -> None:
        """`programs` are those that run: a step of one that was left out is not waited for."""
        self._settings = settings
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
            ("tmdb-producer", "films from TMDB", lambda: messages_in(self._settings, TMDB_STREAM) > 0),
            ("reddit-producer", "comments from Reddit", lambda: messages_in(self._settings, REDDIT_STREAM) > 0),
            ("trend-processor", "TrendScores", self._has_trends),
            ("ml-service", "forecasts", self._has_predictions),
        ]
        return [(name, check) for program, name, check in steps if program in self._names]

    def _has_schema(self) -> bool:
        """Both servers answer, and the init job is through."""
        init = [state for state in self._supervisor.states() if state.name == "init"]
        if not init or init[0].state != "EXITED" or init[0].exit_code != 0:
            return False
        try:
            self._store = self._stack.enter_context(
                Store.open(self._settings.model_copy(update={"startup_deadline": 5.0}))
            )
        except DependencyError:
            return False
        return True

    def _has_trends(self) -> bool:
        return self._reads(lambda store: bool(store.trends.windows(1)))

    def _has_predictions(self) -> bool:
        """Those of the ranking that people see first, not of a window of the history."""

        def read(store: Store) -> bool:
            ranking = latest_ranking(store)
            return ranking is not None and ranking.has_forecasts

        return self._reads(read)

    def _reads(self, read: Callable[[Store], bool]) -> bool:
        try:
            return self._store is not None and read(self._store)
        except DependencyError:
            return False

    def _give_up_on_wrong_settings(self) -> None:
        for state in self._supervisor.states():
            if state.is_misconfigured:
                log = tail(self._supervisor.log_file(state.name), lines=3)
                raise SetupError(f"{state.name} stopped, a setting is wrong:\n{log}")

    def _trouble(self) -> str:
        """What to look at: programs that do not run, with the end of their logs."""
        silent = [
            state
            for state in self._supervisor.states()
            if state.state != "RUNNING" and not (state.name == "init" and state.exit_code == 0)
        ]
        if not silent:
            return "every process runs: see `./setup.sh status` and `./setup.sh logs`"
        parts = [
            f"{state.name} is {state.state} (exit code {state.exit_code}):\n"
            f"{tail(self._supervisor.log_file(state.name), lines=5)}"
            for state in silent
        ]
        return "\n".join(parts)
