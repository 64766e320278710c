"""Server-sent events: each is encoded once and shared by all clients, and a client that was away goes on where it was.

A client holds a place in a bounded ring and no queue of its own: one that reads slowly holds up only itself, and once
it is further behind than the ring is told to read everything anew (`reload`).
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

RING = 128
"""At a handful of events each five seconds: some five minutes, longer than a laptop's lid is shut by mistake."""
PING_SECONDS = 15.0
"""Proxies close connections that are silent for 30 or 60 seconds."""

_LONGEST_NUMBER = 15
"""Digits: an event each microsecond for thirty years."""

CLIENTS = Gauge("trendscope_serving_stream_clients", "Clients of the event stream")
EVENTS = Counter("trendscope_serving_stream_events", "Events published to the stream", ["event"])


@dataclass(frozen=True, slots=True)
class Sent:
    """An encoded event."""

    number: int
    payload: bytes


class Hub:
    """The events of one process. `publish` may be called from any thread, `follow` from the loop it is bound to."""

    def __init__(self, run: str, ring: int = RING) -> None:
        """`run` tells this process's ids from those of an earlier one."""
        self._run = run
        self._ring: deque[Sent] = deque(maxlen=ring)
        self._number = 0
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._closed = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake the clients of this loop from now on."""
        self._loop = loop

    def publish(self, event: str, data: bytes) -> None:
        """Send an event to everybody; `data` is JSON without line breaks."""
        with self._lock:
            self._number += 1
            self._ring.append(Sent(self._number, self._encode(event, data, self._number)))
        EVENTS.labels(event).inc()
        self._wake_soon()

    def close(self) -> None:
        """End every client's stream: the process stops."""
        self._closed = True
        self._wake_soon()

    async def follow(self, last_id: str | None, hello: Callable[[], bytes]) -> AsyncIterator[bytes]:
        """What one client gets: a greeting, what it missed since `last_id`, then everything new."""
        at = self._number  # before the greeting: what comes while that is sent is not missed
        place = at if last_id is None else self._place(last_id)
        is_known = 0 <= place <= at and self._after(place) is not None
        CLIENTS.inc()
        try:
            yield self._encode("hello", hello(), place if is_known else at)
            if is_known:
                at = place
            else:
                yield self._encode("reload", b"{}", at)
            while not self._closed:
                changed = self._changed
                batch = self._after(at)
                if batch is None:
                    at = self._number
                    yield self._encode("reload", b"{}", at)
                    continue
                if batch:
                    at = batch[-1].number
                    yield b"".join(each.payload for each in batch)
                    continue
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await changed.wait()
                except TimeoutError:
                    yield b": ping\n\n"
        finally:
            CLIENTS.dec()

    def _place(self, last_id: str) -> int:
        """The number of an id of this run; -1 for any other."""
        run, _, number = last_id.partition("-")
        known = run == self._run and number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
        return int(number) if known else -1

    def _after(self, number: int) -> list[Sent] | None:
        """The events after a number; None when some of them are no longer held."""
        with self._lock:
            held = list(self._ring)
        if number < self._number and (not held or held[0].number > number + 1):
            return None
        return [each for each in held if each.number > number]

    def _encode(self, event: str, data: bytes, number: int) -> bytes:
        return b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (self._run.encode(), number, event.encode(), data)

    def _wake_soon(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._changed, changed = asyncio.Event(), self._changed
        changed.set()
