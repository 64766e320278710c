"""trend_stream as the service reads it: partitions assigned by hand, positions from the snapshot."""

from collections.abc import Mapping
from typing import Any, Protocol

from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from common.kafka import bootstrap_millis, open_consumer, until_broker_answers
from common.kafka_security import client_options
from configs.settings import Settings
from configs.topics import TREND_STREAM
from contracts.errors import DependencyError
from ml_service.errors import TopicResetError

GROUP = "ml-service"
_POLL_MILLIS = 500
_MAX_RECORDS = 2_000
"""About two seconds of work: the stop signal is looked at between polls."""


class Record(Protocol):
    """What is used of a Kafka record."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class TrendSource:
    """Reads every partition from given offsets; commits only to show the group's lag, never to find its place."""

    def __init__(self, settings: Settings) -> None:
        """Connect and look at the topic.

        Raises:
            DependencyError: no broker, or no topic, before `settings.startup_deadline`.
        """
        servers, deadline = settings.kafka_bootstrap_servers, settings.startup_deadline
        self.topic_id, partitions = _await_topic(servers, deadline)
        self._consumer: KafkaConsumer = open_consumer(servers, group=GROUP, client_id="ml-service", deadline=deadline)
        self._partitions = [TopicPartition(TREND_STREAM, number) for number in partitions]
        self._consumer.assign(self._partitions)
        self._next: dict[int, int] = {}

    def limits(self) -> dict[int, tuple[int, int]]:
        """First and next-to-come offset of each partition.

        Raises:
            DependencyError: the broker does not answer.
        """
        try:
            first = self._consumer.beginning_offsets(self._partitions)
            end = self._consumer.end_offsets(self._partitions)
        except KafkaError as error:
            raise DependencyError(f"{TREND_STREAM}: the broker gives no offsets: {error!r}") from error
        return {at.partition: (first[at], end[at]) for at in self._partitions}

    def seek(self, offsets: Mapping[int, int]) -> None:
        """Go to the next offset of each partition; those not named start at their first record."""
        limits = self.limits()
        self._next = {number: max(offsets.get(number, 0), first) for number, (first, _) in limits.items()}
        for at in self._partitions:
            self._consumer.seek(at, self._next[at.partition])

    @property
    def offsets(self) -> dict[int, int]:
        """Next offset to read of each partition: after the records `poll` gave."""
        return dict(self._next)

    def poll(self) -> list[Record]:
        """The next records, in offset order within a partition; empty when none came in half a second.

        Raises:
            TopicResetError: offsets went back: the topic was deleted and made again.
            DependencyError: the broker refuses.
        """
        try:
            found: dict[Any, list[Record]] = self._consumer.poll(timeout_ms=_POLL_MILLIS, max_records=_MAX_RECORDS)
        except KafkaError as error:
            raise DependencyError(f"{TREND_STREAM}: {error!r}") from error
        records = [record for _, rows in sorted(found.items()) for record in rows]
        for record in records:
            if record.offset < self._next.get(record.partition, 0):
                raise TopicResetError(
                    f"{TREND_STREAM}: offset {record.offset} came after {self._next[record.partition] - 1}"
                )
            self._next[record.partition] = record.offset + 1
        return records

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Show the group's position.

        Raises:
            DependencyError: the broker refuses. Nothing is lost: the snapshot holds the position.
        """
        positions = {
            TopicPartition(TREND_STREAM, number): OffsetAndMetadata(offset) for number, offset in offsets.items()
        }
        try:
            self._consumer.commit(positions)
        except KafkaError as error:
            raise DependencyError(f"{TREND_STREAM}: cannot commit: {error!r}") from error

    def lag(self) -> int | None:
        """Records not read yet, as of the last fetch; None before the first."""
        behind: list[int] = []
        for at in self._partitions:
            end = self._consumer.highwater(at)
            if end is None:
                return None
            behind.append(max(0, end - self._next.get(at.partition, 0)))
        return sum(behind)

    def close(self) -> None:
        """Disconnect, committing nothing."""
        self._consumer.close(autocommit=False)


def _await_topic(servers: str, deadline: float) -> tuple[str, list[int]]:
    try:
        return until_broker_answers(lambda: _describe(servers, deadline), deadline, servers)
    except DependencyError as error:
        if isinstance(error.__cause__, _TopicMissingError):
            raise DependencyError(f"{error.__cause__} after {deadline:.0f} s") from error
        raise


class _TopicMissingError(OSError):
    """The broker is there and the topic is not: tried again like a broker that is away."""


def _describe(servers: str, deadline: float) -> tuple[str, list[int]]:
    admin = KafkaAdminClient(
        bootstrap_servers=servers.split(","),
        client_id="ml-service",
        bootstrap_timeout_ms=bootstrap_millis(deadline),
        **client_options(),
    )
    try:
        found = [topic for topic in admin.describe_topics([TREND_STREAM]) if topic["name"] == TREND_STREAM]
        if not found or found[0]["error_code"]:
            raise _TopicMissingError(f"topic {TREND_STREAM} is not there: run the init job (`python -m local.init`)")
        return str(found[0]["topic_id"]), sorted(part["partition_index"] for part in found[0]["partitions"])
    finally:
        admin.close()
