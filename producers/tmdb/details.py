"""The details of one film at a time: they hold the alternative titles that comments may use."""

from dataclasses import dataclass
from datetime import timedelta

from common.clock import Clock
from configs.logging import get_logger
from producers.errors import SourceRefusedError, SourceUnavailableError
from producers.tmdb.lists import Api
from producers.tmdb.memory import DETAILS_AGE, Memory
from producers.tmdb.records import alternative_titles
from producers.tmdb.sender import FilmSender

RETRY_AFTER = timedelta(hours=1)
"""A film that TMDB fails to answer for must not keep all others waiting."""

log = get_logger(__name__)


@dataclass
class DetailsWork:
    """Fetches what is missing or a week old, listed films first."""

    api: Api
    memory: Memory
    sender: FilmSender
    clock: Clock

    def step(self, seconds: float) -> bool:
        """Fetch one film's details within `seconds` and publish it again with them; False when none are due.

        The details carry the film's present popularity and votes, so that `fetched_at` is when they were observed;
        what they lack is taken from the list. Published first, remembered second: after a crash in between the film is
        published once more, never forgotten.

        Raises:
            SourceError, ConfigurationError: from the API; this film's turn comes again after `RETRY_AFTER`.
            DependencyError: Kafka did not take the film.
        """
        number = self._next()
        if number is None:
            return False
        try:
            details = self.api.get_once(f"/movie/{number}", within=seconds, append_to_response="alternative_titles")
        except SourceRefusedError as error:  # gone from TMDB: asked again in a week
            log.info("details_refused", movie_id=number, status=error.status)
            self.memory.save_details(number, self.memory.titles(number), self.clock())
            return True
        except SourceUnavailableError:
            self.memory.save_details(number, self.memory.titles(number), self.clock() - DETAILS_AGE + RETRY_AFTER)
            raise
        fetched_at = self.clock()
        titles = alternative_titles(details)
        listed = self.sender.listed.get(number)
        self.sender.send({**(listed.item if listed else {}), **details, "id": number}, fetched_at, titles)
        self.sender.outbox.flush()
        self.memory.save_details(number, titles, fetched_at)
        return True

    def _next(self) -> int | None:
        now = self.clock()
        listed = (number for number in self.sender.listed if self.memory.is_due(number, now))
        return next(listed, None) or self.memory.next_due(now)
