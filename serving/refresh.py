"""The one reader of what everybody sees: follows the store about once a second and puts what is new on the board."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from common.clock import Clock
from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import DependencyError
from contracts.events import TmdbFilm, TrendUpdate
from serving import views
from serving.answers import encode_part
from serving.closing import LOOK_BACK, ClosedWindows, LiveWindow
from serving.figures import read_figures
from serving.heap import settle
from serving.platform_models import LedgerState
from serving.ranking import RankingBuilder
from serving.search import SearchIndex
from serving.state import Board, Catalogue, Ranking
from serving.stream import Hub
from storage.store import Store

log = get_logger(__name__)

TICK_SECONDS = 1.0
_LIVE_SECONDS = 5.0
_BREAKOUT_SECONDS = 2.0
_FIGURES_SECONDS = 15.0
_LEDGER_SECONDS = 30.0
_CATALOGUE_SECONDS = 300.0
"""TMDB is polled every five minutes; a film a comment names before that is read by itself."""
_MOST_BREAKOUTS = 500
_MOST_UNKNOWN = 100
"""Films read one by one in a tick; more unknown ones wait for the next."""
_OPEN_SECONDS = 5.0
_PATIENCE = 2.0
"""A read is repeated this long; then what was known last is shown as stale."""

FAILURES = Counter("trendscope_serving_refresh_failures", "Rounds that ended because the store did not answer")
SECONDS = Histogram(
    "trendscope_serving_refresh_seconds", "Time of a round of reading",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
AS_OF = Gauge("trendscope_serving_window_timestamp_seconds", "End of the newest closed window that is shown")


class Refresher:
    """Reads; only this writes the board's parts that come from the store."""

    def __init__(
        self, settings: Settings, board: Board, hub: Hub, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._board, self._hub, self._clock = settings, board, hub, clock
        self._monotonic = monotonic
        builder = RankingBuilder(settings)
        self._closed = ClosedWindows(settings, builder, clock)
        self._live = LiveWindow(settings, builder, clock)
        self._due: dict[str, float] = {}
        self._was_stale = self._failing = False
        self.store: Store | None = None

    def run(self, stop: threading.Event) -> None:
        """Follow the store until `stop`; opens it first, and waits for it as long as it takes."""
        while not stop.is_set():
            self.round()
            stop.wait(TICK_SECONDS)
        if self.store is not None:
            self.store.close()

    def round(self) -> None:
        """Open the store if need be, read what is due, and tell whether it answers."""
        try:
            if self.store is None:
                opened = self._settings.model_copy(update={"startup_deadline": _OPEN_SECONDS})
                self.store = Store.open(opened, patience=_PATIENCE)
            with SECONDS.time():
                self.tick(self.store)
            self._failing = False
        except DependencyError as error:
            FAILURES.inc()
            if not self._failing:  # once, not each second
                log.warning("store_away", error=str(error))
            self._failing = True
        self._tell_staleness()

    def tick(self, store: Store) -> None:
        """Read what is due, the rankings first.

        Raises:
            DependencyError: Cassandra did not answer; what was read before stays.
        """
        self._every(_CATALOGUE_SECONDS, self._read_catalogue, store)
        starts = store.trends.windows(LOOK_BACK)
        self._board.answered()
        closed = self._closed.advance(store, starts, lambda rows: self._films(store, rows))
        if closed is not None:
            self._board.put(closed=closed, momentum_as_of=self._momentum_as_of(store, closed, starts))
            settle()
            AS_OF.set(closed.window.end.timestamp())
            self._hub.publish("trends", encode_part(views.trending(self._board, closed)))
        self._board.put(no_window_at=self._clock() if self._closed.has_none else None)
        self._every(_LIVE_SECONDS, self._read_live, store, starts)
        self._every(_BREAKOUT_SECONDS, self._read_breakouts, store)
        if self._board.state.closed is not None:
            self._every(_FIGURES_SECONDS, self._read_figures, store)
        self._every(_LEDGER_SECONDS, self._read_ledger, store)
        self._board.answered()

    def _momentum_as_of(self, store: Store, closed: Ranking, starts: Sequence[datetime]) -> datetime | None:
        """End of the newest window with momentum; looked for in the store only while none was seen since the start."""
        if closed.has_momentum:
            return closed.window.end
        known = self._board.state.momentum_as_of
        if known is not None:
            return known
        found = (store.momentum.window(start) for start in starts if start < closed.window.start)
        return next((rows[0].window_end for rows in found if rows), None)

    def _every(self, seconds: float, read: Callable[..., None], *arguments: object) -> None:
        """Read when it is time; what fails is due again at once."""
        now = self._monotonic()
        if now >= self._due.get(read.__name__, now):
            read(*arguments)
            self._due[read.__name__] = now + seconds

    def _read_live(self, store: Store, starts: Sequence[datetime]) -> None:
        live = self._live.advance(store, starts, lambda rows: self._films(store, rows))
        if live is not None:
            self._board.put(live=live)
            self._hub.publish("live", encode_part(views.trending(self._board, live, query={"window": "live"})))

    def _read_figures(self, store: Store) -> None:
        state = self._board.state
        self._board.put(figures=read_figures(store, self._settings, state.closed, self._clock(), state.figures))

    def _read_ledger(self, store: Store) -> None:
        totals = store.ledger.totals()
        if totals:
            ledger = LedgerState(as_of=self._clock(), categories=totals, total=sum(totals.values()))
            self._board.put(ledger=ledger)

    def _read_catalogue(self, store: Store) -> None:
        films = {film.movie_id: film for film in store.movies.all()}
        known = self._board.state.catalogue
        if known is None or films != known.films:
            self._put_catalogue(films)

    def _put_catalogue(self, films: Mapping[int, TmdbFilm]) -> None:
        genres = sorted({genre for film in films.values() for genre in film.genres})
        languages = sorted({film.original_language for film in films.values() if film.original_language})
        self._board.put(
            catalogue=Catalogue(
                films=films, genres=tuple(genres), languages=tuple(languages), index=SearchIndex(films.values()),
                read_at=self._clock(),
            )
        )  # fmt: skip

    def _films(self, store: Store, rows: Sequence[TrendUpdate]) -> Mapping[int, TmdbFilm]:
        """The catalogue, with the films of `rows` it did not know yet."""
        known = self._board.state.catalogue
        films = known.films if known else {}
        unknown = [row.movie_id for row in rows if row.movie_id not in films][:_MOST_UNKNOWN]
        found = {film.movie_id: film for movie_id in unknown if (film := store.movies.get(movie_id)) is not None}
        if found:
            self._put_catalogue({**films, **found})
            return {**films, **found}
        return films

    def _read_breakouts(self, store: Store) -> None:
        found = tuple(store.breakouts.latest(_MOST_BREAKOUTS))
        before = self._board.state.breakouts
        if found == before:
            return
        self._board.put(breakouts=found, breakouts_read_at=self._clock())
        if before is not None:
            known = set(before)
            for breakout in reversed(found):
                if breakout not in known:
                    self._hub.publish("breakout", encode_part(views.breakout_entry(breakout)))

    def _tell_staleness(self) -> None:
        age = self._board.stale_seconds
        is_stale = age is not None
        if is_stale != self._was_stale:
            self._was_stale = is_stale
            self._hub.publish("stale", encode_staleness(age))


def encode_staleness(age: float | None) -> bytes:
    """The data of the event `stale`."""
    return b'{"stale":%s,"age_seconds":%s}' % ((b"false", b"null") if age is None else (b"true", str(age).encode()))
