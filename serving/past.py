"""The time machine: rankings of past windows, read on demand and kept for a while."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from configs.settings import Settings
from contracts.errors import DependencyError
from contracts.events import TrendUpdate
from serving.answers import Bounded
from serving.details import Details
from serving.film_reads import WAITING, known
from serving.problems import NotFoundError
from serving.ranking import RankingBuilder
from serving.state import Board, Ranking
from storage.store import Store

_KEPT_FILMS = 6_000
"""Rows of rankings kept: three windows of 2,000 films at 9 MB each, or 37 of the simulated platform's 160. A page of
one is kept encoded for much longer (`Answers`); another page of a window that was dropped is read anew."""
_DAYS_KEPT = 64
_SOON = timedelta(minutes=1)
"""So long a window is kept that still lacks something."""


class PastWindows:
    """Rankings by window. Used from the event loop alone; the reading is in threads."""

    def __init__(self, settings: Settings, board: Board, details: Details) -> None:
        self._settings, self._board, self._details = settings, board, details
        self._builder = RankingBuilder(settings)
        self._horizon = min(settings.forecast_horizons)
        self._rankings = Bounded[datetime, Ranking](_KEPT_FILMS, lambda _, ranking: len(ranking.films))
        self._reading: dict[datetime, asyncio.Future[Ranking]] = {}
        """Windows that are being read: many ask for the same one at once."""
        self._one = asyncio.Lock()
        """Windows are read one after the other: until it is ranked, one takes three times the memory it is kept in."""
        self._days = Bounded[date, Sequence[datetime]](_DAYS_KEPT, lambda *_: 1)

    async def start_of(self, moment: datetime) -> datetime:
        """When the newest window began that had ended by a moment.

        Raises:
            NotFoundError: there is none, as far back as windows are kept.
            DependencyError: Cassandra did not answer.
        """
        return await self._start_by(known(moment) - self._settings.trend_window_duration)

    async def ranking(self, start: datetime) -> Ranking:
        """The ranking of the window that began then.

        Raises:
            NotFoundError: its rows are gone.
            DependencyError: Cassandra did not answer, and this window is not kept here.
        """
        closed = self._board.state.closed
        if closed is not None and closed.window.start == start:
            return closed
        kept = self._rankings.get(start)
        if kept is not None and (self.is_complete(kept) or self._board.now() - kept.read_at < _SOON):
            return kept
        try:
            return await self._shared(start)
        except DependencyError:
            if kept is None:
                raise
            return kept

    def is_complete(self, ranking: Ranking) -> bool:
        """Whether a ranking will never be another: with its momentum, and with what came of its forecasts."""
        settled = ranking.window.end + (self._horizon + WAITING) * self._settings.trend_window_duration
        return ranking.window.is_final and ranking.has_momentum and ranking.read_at >= settled

    async def _shared(self, start: datetime) -> Ranking:
        """Read, or wait for who is reading the same."""
        reading = self._reading.get(start)
        if reading is None:
            reading = self._reading[start] = asyncio.ensure_future(self._load(start))
            reading.add_done_callback(lambda done: self._finished(start, done))
        return await asyncio.shield(reading)

    async def _load(self, start: datetime) -> Ranking:
        async with self._one:
            found = await self._details.run(lambda store: self._read(store, start))
        if found.window.is_final:
            self._rankings.put(start, found)
        return found

    def _finished(self, start: datetime, done: asyncio.Future[Ranking]) -> None:
        del self._reading[start]
        if not done.cancelled():
            done.exception()  # looked at: whoever asked may have gone away

    async def _start_by(self, latest: datetime) -> datetime:
        """The newest window start that is not after `latest`."""
        closed = self._board.state.closed
        if closed is not None:
            latest = min(latest, closed.window.start)
        for day in (latest.date(), latest.date() - timedelta(days=1)):
            starts = [start for start in await self._day(day) if start <= latest]
            if starts:
                return max(starts)
        raise NotFoundError("no window had ended by then, as far as this platform knows")

    async def _day(self, day: date) -> Sequence[datetime]:
        """The windows of a day; those of the newest days may still become more and are not kept."""
        kept = self._days.get(day)
        if kept is None:
            kept = await self._details.run(lambda store: store.trends.windows(day))
            closed = self._board.state.closed
            if closed is not None and day < closed.window.start.date():
                self._days.put(day, kept)
        return kept

    def _read(self, store: Store, start: datetime) -> Ranking:
        rows: list[TrendUpdate] = store.trends.window(start)
        if not rows:
            raise NotFoundError("that window is no longer kept")
        catalogue = self._board.state.catalogue
        return self._builder.build(
            rows,
            self._board.now(),
            films=catalogue.films if catalogue else {},
            forecasts=store.predictions.at(rows[0].window_end, self._horizon),
            momenta=store.momentum.window(start),
        )
