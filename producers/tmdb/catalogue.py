"""The daily walk through TMDB's wider catalogue, a page at a time: films people talk about are not all in a list."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.clock import Clock
from configs.logging import get_logger
from producers.errors import SourceRefusedError, SourceUnavailableError
from producers.tmdb.lists import Api, last_page, results
from producers.tmdb.memory import Memory
from producers.tmdb.records import movie_id
from producers.tmdb.sender import FilmSender

WALK_INTERVAL = timedelta(days=1)
"""TMDB computes popularity once a day."""
FINISHED = 1_000_000
"""The position after the last page, whatever TMDB_CATALOGUE_PAGES was then."""
POPULAR, TOP_RATED = "/movie/popular", "/movie/top_rated"

_MOST_FAILURES = 3
"""Of one page, a poll apart: then it is left to the next day's walk. Polls work meanwhile: it is the page's fault."""

log = get_logger(__name__)


@dataclass
class CatalogueWalk:
    """`pages` pages in all: one half popular films, one half top-rated ones. The position survives a restart."""

    api: Api
    memory: Memory
    sender: FilmSender
    region: str
    pages: int
    clock: Clock
    _failures: int = field(default=0, init=False)

    def step(self, seconds: float) -> bool:
        """Publish the next page within `seconds`; False when the day's walk is done.

        Raises:
            SourceError, ConfigurationError: from the API; the position stays, until a page has failed too often.
            DependencyError: Kafka did not take the films; the position stays.
        """
        now = self.clock()
        started_at, index = self.memory.walk() or (now - WALK_INTERVAL, FINISHED)
        if index >= self.pages:
            if not self.pages or timedelta() <= now - started_at < WALK_INTERVAL:
                return False
            started_at, index = now, 0
        path, page = self._place(index)
        try:
            answer = self.api.get_once(path, within=seconds, page=page, region=self.region)
        except SourceRefusedError as error:
            log.warning("catalogue_page_refused", error=str(error))
            self._save(started_at, index + 1)
            return True
        except SourceUnavailableError as error:
            self._failures += 1
            if self._failures < _MOST_FAILURES:
                raise
            log.warning("catalogue_page_given_up", error=str(error))
            self._save(started_at, index + 1)
            return True
        items = results(answer, path)
        fetched_at = self.clock()
        for item in items:
            if movie_id(item) not in self.sender.listed:  # the poll publishes those, more often
                self.sender.send(item, fetched_at)
        self.sender.outbox.flush()
        following = self._next_list(index) if page >= last_page(answer) else index + 1
        self._save(started_at, following, [number for number in map(movie_id, items) if number])
        return True

    def _save(self, started_at: datetime, following: int, movie_ids: Iterable[int] = ()) -> None:
        self._failures = 0
        self.memory.save_walk(started_at, following if following < self.pages else FINISHED, movie_ids)

    @property
    def _popular_pages(self) -> int:
        return (self.pages + 1) // 2

    def _place(self, index: int) -> tuple[str, int]:
        popular = self._popular_pages
        return (POPULAR, index + 1) if index < popular else (TOP_RATED, index - popular + 1)

    def _next_list(self, index: int) -> int:
        return self._popular_pages if index < self._popular_pages else self.pages
