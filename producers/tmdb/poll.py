"""One poll of TMDB's lists, and what is done between polls."""

from dataclasses import dataclass, field

from common.clock import Clock, system_clock
from configs.logging import get_logger
from contracts.errors import ConfigurationError
from producers.errors import SourceError
from producers.metrics import ProducerMetrics
from producers.outbox import Outbox
from producers.tmdb.catalogue import CatalogueWalk
from producers.tmdb.details import DetailsWork
from producers.tmdb.lists import Api, fetch_lists
from producers.tmdb.memory import Memory
from producers.tmdb.records import genre_names
from producers.tmdb.sender import FilmSender

LEAST_SECONDS = 1.0
"""With less time than this before the next poll no further request is begun."""

log = get_logger(__name__)


@dataclass
class TmdbPoll:
    """Callable as `producers.polling.Poll`; `side_work` fills the time between polls."""

    api: Api
    memory: Memory
    outbox: Outbox
    metrics: ProducerMetrics
    region: str
    catalogue_pages: int
    clock: Clock = system_clock
    _may_work: bool = field(default=False, init=False)
    """False until a poll has worked: before it, a listed film would be published as if it were in no list."""

    def __post_init__(self) -> None:
        """Put the parts together."""
        self._sender = FilmSender(self.outbox, self.memory)
        self._walk = CatalogueWalk(
            self.api, self.memory, self._sender, self.region, pages=self.catalogue_pages, clock=self.clock
        )
        self._details = DetailsWork(self.api, self.memory, self._sender, self.clock)

    def __call__(self) -> bool:
        """Publish every film of the lists: 1. fetch all; 2. queue; 3. wait for Kafka; 4. remember the films."""
        self._refresh_genres()
        found = fetch_lists(self.api, self.region)
        fetched_at = self.clock()
        self._sender.listed = found.films
        for item in (*found.unusable, *(listed.item for listed in found.films.values())):
            self._sender.send(item, fetched_at)
        self.outbox.flush()
        self.memory.note(found.films)
        self._may_work = True
        self.metrics.event(fetched_at)
        log.info("poll_done", films=len(found.films), unusable=len(found.unusable))
        return False

    def side_work(self, seconds: float) -> bool:
        """One page of the daily walk, or the details of one film, within `seconds`. False when there is no more to do.

        The walk comes first: it is a few seconds a day and gives the processors the films to look for.
        """
        if not self._may_work or seconds < LEAST_SECONDS:
            return False
        try:
            return self._walk.step(seconds) or self._details.step(seconds)
        except (SourceError, ConfigurationError) as error:
            self._may_work = False  # until the next poll has worked
            log.warning("side_work_paused", error=str(error))
            return False

    def _refresh_genres(self) -> None:
        now = self.clock()
        self._sender.genres, fresh = self.memory.genres(now)
        if fresh:
            return
        try:
            names = genre_names(self.api.get("/genre/movie/list"))
        except SourceError as error:  # films without genre names are better than no films
            log.warning("genres_not_fetched", error=str(error))
            return
        self.memory.save_genres(names, now)
        self._sender.genres = names
