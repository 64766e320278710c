"""Everything a producer sends goes through here: sizes are checked and records counted once the broker has them."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from common.clock import Clock
from common.dead_letters import dead_letter
from configs.topics import DEAD_LETTER_STREAM
from contracts.events import DeadLetterReason, Event
from producers.metrics import ProducerMetrics

MAX_EVENT_BYTES = 1_000_000
"""No honest film or comment comes near; a larger one is a dead letter, so that one record cannot choke the readers."""


class EventPublisher(Protocol):
    """The part of `common.kafka.Publisher` that producers use."""

    def send(self, topic: str, event: Event) -> None:
        """Queue one event."""

    def flush(self) -> None:
        """Wait for acknowledgement of everything queued; raises `DependencyError`."""


class Outbox:
    """Queues events and dead letters; `flush` returns when the broker has all of them."""

    def __init__(self, publisher: EventPublisher, metrics: ProducerMetrics, clock: Clock, api: str) -> None:
        """`api` is what dead letters name as their source, e.g. `reddit_api`."""
        self._publisher = publisher
        self._metrics = metrics
        self._clock = clock
        self._api = api
        self._queued: Counter[str] = Counter()

    def send(self, topic: str, event: Event, raw: Callable[[], object]) -> None:
        """Queue `event`; when it is too large for any reader, queue its raw record as a dead letter instead."""
        size = len(event.encode())
        if size > MAX_EVENT_BYTES:
            detail = f"{size} bytes as a message, over {MAX_EVENT_BYTES}"
            self.dead_letter(raw(), DeadLetterReason.TOO_LARGE, detail, event.key.decode())
            return
        self._publisher.send(topic, event)
        self._queued[topic] += 1

    def dead_letter(self, raw: object, reason: DeadLetterReason, detail: str, key: str | None) -> None:
        """Queue a record that cannot be used, whole as long as Kafka takes it."""
        letter = dead_letter(
            _as_json(raw), source=self._api, key=key, reason=reason, detail=detail, seen_at=self._clock()
        )
        self._publisher.send(DEAD_LETTER_STREAM, letter)
        self._queued[DEAD_LETTER_STREAM] += 1
        self._metrics.dead_letter(reason)

    def flush(self) -> None:
        """Wait until the broker has everything queued.

        Raises:
            DependencyError: something was not written; the caller must not save a position past it.
        """
        self._publisher.flush()
        for topic, count in self._queued.items():
            self._metrics.published(topic, count)
        self._queued.clear()


def _as_json(raw: Any) -> bytes:
    """The record as JSON; escaped only when it holds what UTF-8 cannot: escapes make it up to six times larger."""
    try:
        return json.dumps(raw, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return json.dumps(raw, default=str).encode()
