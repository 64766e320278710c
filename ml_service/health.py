"""Whether the loop gets on: for /readyz."""

import time
from collections.abc import Callable

_STALLED_SECONDS = 300.0
"""A step takes some seconds; with Kafka or Cassandra slow a minute or two, and then it fails by itself."""


class Progress:
    """What the loop did last. Told by the loop, asked by the metrics server's threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._stepped_at: float | None = None
        self._moved_at = 0.0
        self._waiting = 0

    def begin(self) -> None:
        """The state is restored: from here on steps are expected."""
        self._stepped_at = self._moved_at = self._monotonic()

    def stepped(self, records: int, lag: int | None) -> None:
        """A step is over: how many records it took in, and how many are known to wait; None when that is unknown."""
        self._stepped_at = self._monotonic()
        self._waiting = lag or 0
        if records or not self._waiting:
            self._moved_at = self._stepped_at

    def health(self) -> str | None:
        """None while the loop gets on; else what is wrong."""
        if self._stepped_at is None:
            return "starting"
        now = self._monotonic()
        if now - self._stepped_at > _STALLED_SECONDS:
            return f"a step runs for {now - self._stepped_at:.0f} s"
        if now - self._moved_at > _STALLED_SECONDS:
            return f"{self._waiting} records wait, and none was read for {now - self._moved_at:.0f} s"
        return None
