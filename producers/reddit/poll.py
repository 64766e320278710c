"""One poll of Reddit: find what is new, publish it, and only then move the saved position."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.clock import Clock, system_clock
from configs.logging import get_logger
from configs.topics import REDDIT_STREAM
from producers.metrics import ProducerMetrics
from producers.outbox import Outbox
from producers.reddit.position import PositionStore
from producers.reddit.records import Gone, Hash, Usable, parse, without_names
from producers.reddit.things import Listing, fullname
from producers.reddit.walk import Walk

log = get_logger(__name__)


@dataclass
class RedditPoll:
    """Callable as `producers.polling.Poll`.

    A process killed between the sending and the saving sends the same comments again, with the same ids, at its next
    start: at least once, never fewer. The processors count each id once.
    """

    listing: Listing
    store: PositionStore
    outbox: Outbox
    metrics: ProducerMetrics
    author_hash: Hash
    max_bytes: int
    stop: threading.Event
    clock: Clock = system_clock
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Take up the saved position."""
        self._position = self.store.load()
        self._sent = 0
        self._walk = Walk(
            self.listing,
            self._position,
            self._deliver,
            on_gap=self._gap,
            on_duplicates=self.metrics.duplicates,
            stop=self.stop,
            monotonic=self.monotonic,
        )

    def __call__(self) -> bool:
        """Publish every comment that is new since the last poll. True when more is probably there already."""
        self._sent = 0
        try:
            return self._walk.catch_up()
        finally:
            log.info("poll_done", comments=self._sent)

    def _deliver(self, things: list[Any], newest: str | None) -> None:
        """1. queue each record; 2. wait until Kafka has them all; 3. save the position.

        A failure at 1 or 2 leaves the position where it was, on disk and in memory.
        """
        fetched_at = self.clock()
        for thing in things:
            self._send(thing, fetched_at)
        self.outbox.flush()
        self._position.advance(map(fullname, things), newest)
        self.store.save(self._position)
        self._sent += len(things)

    def _send(self, thing: Any, fetched_at: datetime) -> None:
        parsed = parse(thing, fetched_at=fetched_at, author_hash=self.author_hash, max_bytes=self.max_bytes)
        if isinstance(parsed, Gone):
            self.metrics.dropped("deleted")
        elif isinstance(parsed, Usable):
            self.metrics.repaired(parsed.repaired)
            self.metrics.event(parsed.comment.created_utc)
            self.outbox.send(REDDIT_STREAM, parsed.comment, lambda: without_names(thing, self.author_hash))
        else:
            raw = without_names(thing, self.author_hash)
            self.outbox.dead_letter(raw, parsed.reason, parsed.detail, parsed.key)

    def _gap(self) -> None:
        self.metrics.gap()
        log.error(
            "gap_in_comments",
            meaning="the listing ended before our position: comments made in between may be missing",
            last_known=self._position.anchors[:1],
        )
