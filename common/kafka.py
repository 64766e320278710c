"""Kafka clients as every service opens them: durable writes, explicit commits, deadlines."""

from collections.abc import Callable
from typing import TypeVar

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from common.kafka_security import client_options
from configs.topics import MAX_MESSAGE_BYTES
from contracts.errors import DependencyError
from contracts.events import Event

_SEND_DEADLINE_SECONDS = 60.0
_FLUSH_SECONDS = _SEND_DEADLINE_SECONDS + 10
"""A flush outlasts the records in it: their failures belong to it, not to the next one."""
_BOOTSTRAP_SECONDS = 5.0
"""One attempt's own limit. The client library's 30 s would stretch a deadline of 2 s to 30."""
COMPRESSION = "lz4"
"""The job unpacks every record: gzip costs it a sixth more in all (docs/performance.md)."""
_BATCH_BYTES = 131_072
"""The client library's own 16 KiB would make thousands of records many full batches, and while one waits, every `send`
wakes the sending thread with a system call."""
RECONNECT_MAX_MS = 1_000
"""The client library's own 30 s would make a service miss a broker that came up meanwhile."""


T = TypeVar("T")


def until_broker_answers(connect: Callable[[], T], deadline: float, servers: str) -> T:
    """The client that `connect` makes, tried again with back-off.

    Raises:
        DependencyError: no broker answered for `deadline` seconds.
    """
    attempt = retry(
        retry=retry_if_exception_type((KafkaError, OSError)),
        stop=stop_after_delay(deadline),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        reraise=True,
    )(connect)
    try:
        return attempt()
    except (KafkaError, OSError) as error:
        raise DependencyError(
            f"no Kafka broker answered at {servers} for {deadline:.0f} s: "
            "is it running, is KAFKA_BOOTSTRAP_SERVERS right?"
        ) from error


def bootstrap_millis(deadline: float) -> int:
    """How long one attempt to reach a broker may take, when all of them have `deadline` seconds."""
    return int(1_000 * min(deadline, _BOOTSTRAP_SECONDS))


class Publisher:
    """Writes events with acks=all and idempotence; a failed write is an error at the next `flush`, never silent."""

    def __init__(self, servers: str, *, client_id: str, deadline: float) -> None:
        """Connect.

        Args:
            servers: `host:port`, several separated by commas.
            client_id: shown in the broker's logs and metrics.
            deadline: seconds to wait for a broker.

        Raises:
            DependencyError: no broker answered before the deadline.
        """
        self._producer = until_broker_answers(
            lambda: KafkaProducer(
                bootstrap_servers=servers.split(","),
                client_id=client_id,
                acks="all",
                enable_idempotence=True,
                compression_type=COMPRESSION,
                batch_size=_BATCH_BYTES,
                linger_ms=20,
                max_request_size=MAX_MESSAGE_BYTES,
                reconnect_backoff_max_ms=RECONNECT_MAX_MS,
                bootstrap_timeout_ms=bootstrap_millis(deadline),
                max_block_ms=int(_SEND_DEADLINE_SECONDS * 1000),
                delivery_timeout_ms=int(_SEND_DEADLINE_SECONDS * 1000),
                **client_options(),
            ),
            deadline,
            servers,
        )
        self._failures: list[BaseException] = []

    def send(self, topic: str, event: Event) -> None:
        """Queue one event; blocks while the buffer is full (back-pressure).

        A record that cannot even be queued (too large, no such topic, a buffer that stays full) fails the next `flush`.
        """
        try:
            future = self._producer.send(topic, key=event.key or None, value=event.encode())
        except KafkaError as error:
            self._failures.append(error)
            return
        future.add_errback(self._failures.append)

    def flush(self) -> None:
        """Wait until everything sent is acknowledged by the broker.

        Raises:
            DependencyError: a write failed or timed out; the caller must not commit what led to it.
        """
        try:
            self._producer.flush(timeout=_FLUSH_SECONDS)
        except KafkaError as error:
            self._failures.append(error)
        if self._failures:
            first, count = self._failures[0], len(self._failures)
            self._failures.clear()
            raise DependencyError(f"{count} Kafka writes failed, the first: {first!r}") from first

    def close(self) -> None:
        """Flush what is left and disconnect."""
        self._producer.close(timeout=10)


def open_consumer(servers: str, *topics: str, group: str | None, client_id: str, deadline: float) -> KafkaConsumer:
    """A consumer that starts at the earliest offset and commits only when told to.

    Raises:
        DependencyError: no broker answered before the deadline.
    """
    return until_broker_answers(
        lambda: KafkaConsumer(
            *topics,
            bootstrap_servers=servers.split(","),
            client_id=client_id,
            group_id=group,
            enable_auto_commit=False,
            reconnect_backoff_max_ms=RECONNECT_MAX_MS,
            bootstrap_timeout_ms=bootstrap_millis(deadline),
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            **client_options(),
        ),
        deadline,
        servers,
    )
