"""The loop of a producer: poll at an interval, survive what fails, use the time between polls, stop when asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from common.clock import Clock, system_clock
from configs.logging import get_logger
from contracts.errors import ConfigurationError
from producers.errors import SourceError, SourceUnavailableError
from producers.metrics import ProducerMetrics

READY_INTERVALS = 3
"""A producer is ready while its last good poll is at most this many intervals old: two may fail unnoticed."""

Poll = Callable[[], bool]
"""One poll. True when there is more to fetch at once.

Raises:
    SourceError: nothing usable came; the loop goes on at the next interval.
    ConfigurationError: a key or a name is wrong.
    DependencyError: Kafka did not take the records; ends the service.
"""
SideWork = Callable[[float], bool]
"""A piece of work for the time between polls, given the seconds left. False when there is none to do."""

log = get_logger(__name__)


@dataclass
class PollLoop:
    """Runs `poll` every `interval` seconds until `stop` is set, and `side_work` in between."""

    name: str
    interval: float
    poll: Poll
    metrics: ProducerMetrics
    side_work: SideWork | None = None
    clock: Clock = system_clock
    monotonic: Callable[[], float] = time.monotonic
    _last_ok: float | None = field(default=None, init=False)
    _trouble: str = field(default="no poll yet", init=False)

    def health(self) -> str | None:
        """None while a poll succeeded within `READY_INTERVALS` intervals, else the reason why not."""
        if self._last_ok is None:
            return f"no successful poll yet: {self._trouble}"
        age = self.monotonic() - self._last_ok
        if age > READY_INTERVALS * self.interval:
            return f"the last successful poll was {age:.0f} s ago: {self._trouble}"
        return None

    def run(self, stop: threading.Event) -> None:
        """Poll until `stop`.

        Raises:
            ConfigurationError: the source refuses the settings, and no poll has ever succeeded in this process. Later
                it is taken for a fault of the source: the service stays, unready, and tries again.
            DependencyError: Kafka is away.
        """
        while not stop.is_set():
            wait = self._poll_once(stop)
            due = self.monotonic() + wait
            self._work_until(due, stop)
            stop.wait(max(0.0, due - self.monotonic()))

    def _poll_once(self, stop: threading.Event) -> float:
        """Seconds until the next poll."""
        began = self.monotonic()
        try:
            again = self.poll()
        except ConfigurationError as error:
            if self._last_ok is None:
                raise
            return self._failed(began, error, stop)
        except SourceError as error:
            return self._failed(began, error, stop)
        if stop.is_set():
            return 0.0
        self._last_ok = self.monotonic()
        self._trouble = ""
        self.metrics.poll(True, self._last_ok - began, self.clock())
        return 0.0 if again else max(0.0, self.interval - (self._last_ok - began))

    def _failed(self, began: float, error: Exception, stop: threading.Event) -> float:
        if stop.is_set():  # a request cut short by the stop signal says nothing about the source
            return 0.0
        self._trouble = str(error)
        self.metrics.poll(False, self.monotonic() - began, self.clock())
        asked = error.retry_after if isinstance(error, SourceUnavailableError) else None
        wait = max(self.interval, asked or 0.0)
        log.error("poll_failed", source=self.name, error=str(error), next_in_seconds=round(wait, 1))
        return wait

    def _work_until(self, due: float, stop: threading.Event) -> None:
        if self.side_work is None or self._trouble:
            return
        while not stop.is_set() and (left := due - self.monotonic()) > 0:
            if not self.side_work(left):
                return
