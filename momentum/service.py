"""The service's loop: take in each window as it closes, store, publish, tell. The order is in `Service.take`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from configs.logging import get_logger
from configs.topics import BREAKOUTS_STREAM
from contracts.events import Breakout, Event, TrendUpdate
from momentum import state, telemetry
from momentum.engine import Engine
from momentum.rule import HOUR_SPAN
from storage.store import Store

log = get_logger(__name__)

FIRST_LOOK = timedelta(hours=6)
"""Without a saved state so much of the past is learned from: a normal, in a minute's work."""
_SAVE_EVERY = timedelta(minutes=5)
"""Of event time; what lies between is taken in again after a restart, with the same results."""
_BACKLOG = 50
"""Windows a step: the stop signal is looked at between steps."""


class Sink(Protocol):
    """Where events go; `common.kafka.Publisher`."""

    def send(self, topic: str, event: Event) -> None: ...
    def flush(self) -> None: ...


class Teller(Protocol):
    """Who is told of new breakouts; `momentum.webhook.Webhook`."""

    def tell(self, breakout: Breakout) -> None: ...


class Service:
    """One engine between the store, a topic and a webhook."""

    def __init__(self, engine: Engine, store: Store, sink: Sink, teller: Teller) -> None:
        self.engine = engine
        self._store, self._sink, self._teller = store, sink, teller
        self._saved = engine.last
        self._seen_final: datetime | None = None

    def step(self) -> int:
        """Take in the windows that have closed; returns how many.

        Raises:
            DependencyError: Cassandra or Kafka is away.
        """
        waiting = self._waiting()
        telemetry.LAG.set(len(waiting))
        taken = 0
        for place, start in enumerate(waiting[:_BACKLOG]):
            rows = self._closed(start, is_newest=place == len(waiting) - 1)
            if rows is None:
                break
            if rows:
                self.take(rows)
            taken += 1
        return taken

    def take(self, rows: Sequence[TrendUpdate]) -> None:
        """Take in one window.

        1. Learn, follow and detect, in memory.
        2. Look whether a new breakout is in the table: then this is a repetition, and everybody has been told.
        3. Store momentum, hours and breakouts: upserts by natural key.
        4. Publish breakouts that began or ended; wait until the broker has them.
        5. Tell the webhook of new ones.
        6. From time to time save the state.

        A failure anywhere ends the process. It goes on from the saved state and takes in the same windows again, with
        the same results; the topic may then have a breakout twice, under the same id. Between 3 and 5 a message to the
        webhook can get lost, but none is sent twice.
        """
        start = rows[0].window_start
        previous_at, previous = self._ranks_before(start)
        out = self.engine.process(rows, previous, previous_at)
        fresh = self._unknown(out.begun)
        self._store.momentum.upsert(out.momenta)
        self._store.momentum.upsert_hours(out.hours)
        self._store.breakouts.upsert(out.breakouts)
        for breakout in (*out.begun, *out.ended):
            self._sink.send(BREAKOUTS_STREAM, breakout)
        if out.begun or out.ended:
            self._sink.flush()
        for breakout in fresh:
            log.info("breakout", breakout=breakout.breakout_id, title=breakout.title, mentions=breakout.mentions)
            telemetry.BREAKOUTS.inc()
            self._teller.tell(breakout)
        telemetry.WINDOWS.inc()
        telemetry.LAST_WINDOW.set(rows[0].window_end.timestamp())
        telemetry.HISTORY.set(self.engine.baseline.minutes * 60)
        telemetry.show_active(self.engine.active.values())
        if self._saved is None or start - self._saved >= _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Step 6.

        Raises:
            DependencyError: Cassandra did not acknowledge it.
        """
        if self.engine.last is not None and self.engine.last != self._saved:
            self._store.momentum.save_state(self.engine.last, state.dump(self.engine))
            self._saved = self.engine.last

    def _waiting(self) -> list[datetime]:
        """The windows after the last one, oldest first."""
        newest = self._store.trends.windows(1)
        if not newest:
            return []
        after = self.engine.last or _hour_of(newest[0] - FIRST_LOOK) - timedelta.resolution
        found: list[datetime] = []
        day = newest[0].date()
        while day >= after.date():
            found += [start for start in self._store.trends.windows(day) if start > after]
            day -= timedelta(days=1)
        return sorted(found)

    def _closed(self, start: datetime, *, is_newest: bool) -> list[TrendUpdate] | None:
        """The rows of a closed window; empty when it has none; None while it is open.

        The job writes a window's last rows one after the other. The newest closed window is therefore taken in at the
        step after the one that found it closed: by then the last of them are there too.
        """
        is_final = self._store.trends.seems_final(start)
        if is_final is None:
            return None if is_newest else []
        if not is_final:
            return None
        if self._seen_final != start and not self._is_past(start):
            self._seen_final = start
            return None
        rows = self._store.trends.window(start)
        return rows if all(row.is_final for row in rows) else None

    def _is_past(self, start: datetime) -> bool:
        """Whether the window after it has closed too: then it closed at least a slide ago."""
        return bool(self._store.trends.seems_final(start + self.engine.lengths.slide))

    def _ranks_before(self, start: datetime) -> tuple[datetime | None, Mapping[int, int]]:
        rows = self._store.momentum.window(start - HOUR_SPAN)
        return (rows[0].window_end, {row.movie_id: row.rank for row in rows}) if rows else (None, {})

    def _unknown(self, begun: Sequence[Breakout]) -> list[Breakout]:
        if not begun:
            return []
        known = {each.breakout_id for each in self._store.breakouts.latest(1_000, min(b.started_at for b in begun))}
        return [breakout for breakout in begun if breakout.breakout_id not in known]


def _hour_of(instant: datetime) -> datetime:
    """The whole hour before: an hour begun in its middle would be written over the whole one that is stored."""
    return instant.replace(minute=0, second=0, microsecond=0)
