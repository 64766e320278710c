"""Answers about one film, read from the store on demand: cached for some seconds, never read twice at once."""

import asyncio
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from contracts.errors import DependencyError
from serving.answers import Body, Bounded, Sourced, encode, size_of
from serving.models import Provenance
from serving.problems import NotLoadedError
from serving.state import Board
from storage.store import Store

FRESH_SECONDS = 60.0
"""At most, and only while no further window has closed: the figures of closed windows change with the next one."""
OLDEST_SECONDS = 120.0
"""While reads are under way, an answer of the window before is given at once and renewed behind it: when a window
closes, every film's answer grows old in the same second, and reading all of them at once would hold up everybody."""
_IDLE_SECONDS = 0.2
"""After the last read; then a request waits for figures as new as can be."""
_THREADS = 4
"""Reads at once. Python runs one at a time anyway; more threads would wait for Cassandra only when it is slow."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    body: Body
    at: float
    window: datetime | None
    """Start of the newest closed window when it was read."""


class Details:
    """The cache, and the threads that read."""

    def __init__(
        self, board: Board, store: Callable[[], Store | None], *, most_bytes: int = 16 * 1024 * 1024,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`store` gives the open store, None while there is none yet."""
        self._board, self._store, self._monotonic = board, store, monotonic
        self._kept = Bounded[Hashable, _Kept](most_bytes, lambda key, kept: size_of(key, kept.body))
        self._under_way: dict[Hashable, asyncio.Future[Body]] = {}
        self._last_read = float("-inf")
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-reader")

    async def get(self, key: Hashable, load: Callable[[Store], Sourced]) -> Body:
        """The answer to `key`: one that is still true, else read anew, else the last one marked stale.

        Raises:
            NotLoadedError: the store does not answer and this was never read.
        """
        kept = self._kept.get(key)
        if kept is not None and self._is_current(kept):
            return self._aged(kept)
        if self._board.stale_seconds is None:
            if kept is not None and self._is_busy() and self._monotonic() - kept.at < OLDEST_SECONDS:
                if not self._under_way:
                    self._start(key, load)
                return self._aged(kept)
            try:
                return await self._shared(key, load)
            except DependencyError:
                pass
        if kept is None:
            raise NotLoadedError
        return self._aged(kept, silent=True)

    async def run(self, read: Callable[[Store], T]) -> T:
        """Something read in one of the threads.

        Raises:
            DependencyError: Cassandra did not answer.
            NotLoadedError: there is no store yet.
        """
        store = self._store()
        if store is None:
            raise NotLoadedError
        return await asyncio.get_running_loop().run_in_executor(self._threads, read, store)

    def close(self) -> None:
        """Let reads under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _is_current(self, kept: _Kept) -> bool:
        return kept.window == self._window() and self._monotonic() - kept.at < FRESH_SECONDS

    def _window(self) -> datetime | None:
        closed = self._board.state.closed
        return closed.window.start if closed else None

    def _is_busy(self) -> bool:
        return bool(self._under_way) or self._monotonic() - self._last_read < _IDLE_SECONDS

    async def _shared(self, key: Hashable, load: Callable[[Store], Sourced]) -> Body:
        """Read, or wait for who is reading the same. A client that goes away takes nobody's answer with it."""
        return await asyncio.shield(self._under_way.get(key) or self._start(key, load))

    def _start(self, key: Hashable, load: Callable[[Store], Sourced]) -> asyncio.Future[Body]:
        under_way = asyncio.ensure_future(self._load(key, load))
        self._under_way[key] = under_way
        under_way.add_done_callback(lambda done: self._finished(key, done))
        return under_way

    def _finished(self, key: Hashable, done: asyncio.Future[Body]) -> None:
        self._under_way.pop(key, None)
        if not done.cancelled():
            done.exception()  # looked at, so that an error nobody waits for any more is not reported as forgotten

    async def _load(self, key: Hashable, load: Callable[[Store], Sourced]) -> Body:
        window = self._window()
        body = await self.run(lambda store: encode(load(store)))
        self._last_read = self._monotonic()
        self._kept.put(key, _Kept(body, self._last_read, window))
        return body

    def _aged(self, kept: _Kept, *, silent: bool = False) -> Body:
        source = kept.body.source
        age = self._board.stale_seconds
        if age is None and silent:
            age = float(int(max(0.0, (self._board.now() - source.read_at).total_seconds())))
        if age is None:
            return kept.body
        return kept.body.aged(Provenance(as_of=source.as_of, read_at=source.read_at, stale=True, age_seconds=age))
