"""The one way a film gets out: with the genre names and alternative titles known, or as a dead letter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from configs.topics import TMDB_STREAM
from contracts.events import DeadLetterReason
from producers.outbox import Outbox
from producers.tmdb.memory import Memory
from producers.tmdb.records import Listed, Unusable, movie_id, parse_film


@dataclass
class FilmSender:
    """Knows what the last good poll found, because every record of a listed film has to say that it is listed."""

    outbox: Outbox
    memory: Memory
    listed: dict[int, Listed] = field(default_factory=dict)
    genres: Mapping[int, str] = field(default_factory=dict)

    def send(self, item: Any, fetched_at: datetime, titles: tuple[str, ...] | None = None) -> None:
        """Queue one film; `titles` are its alternative titles when just fetched, else those remembered are used."""
        number = movie_id(item)
        if titles is None:
            titles = self.memory.titles(number) if number is not None else ()
        listed = self.listed.get(number) if number is not None else None
        film = parse_film(item, genres=self.genres, fetched_at=fetched_at, titles=titles, listed=listed)
        if isinstance(film, Unusable):
            self.outbox.dead_letter(item, DeadLetterReason.SOURCE_RECORD, film.detail, film.key)
        else:
            self.outbox.send(TMDB_STREAM, film, lambda: item)
