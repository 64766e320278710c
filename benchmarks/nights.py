"""The first day of each recorded thread, as the platform saw it: which films were spoken of most."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from common.kafka import open_consumer
from configs.settings import Settings
from configs.topics import REDDIT_STREAM
from contracts.events import RedditComment, TmdbFilm
from storage.store import Store

NIGHT = timedelta(hours=24)
_TOP = 5


@dataclass(frozen=True, slots=True)
class Night:
    """A thread's first 24 hours of event time."""

    title: str
    begins: datetime
    own_film: int | None
    """The film the recording says the thread is about; None when the catalogue has no such film."""
    mentions: Counter[int]
    titles: dict[int, str]

    def summary(self) -> dict[str, Any]:
        """For the benchmark's JSON."""
        top = self.mentions.most_common(_TOP)
        return {
            "thread": self.title,
            "own_film_tops": bool(top) and top[0][0] == self.own_film,
            "top": [{"movie_id": film, "title": self.titles[film], "mentions": count} for film, count in top],
        }


def thread_films(recording: Path, catalogue: Iterable[TmdbFilm]) -> dict[str, int]:
    """The film of each thread title, by what the recording says (title and year), found in the catalogue."""
    known: dict[tuple[str, int | None], int] = {}
    for film in catalogue:
        year = film.release_date.year if film.release_date else film.year
        known.setdefault((film.title.casefold(), year), film.movie_id)
    films: dict[str, int] = {}
    opened = gzip.open if recording.suffix == ".gz" else open
    with opened(recording, "rt", encoding="utf-8") as lines:
        for line in lines:
            comment = json.loads(line)
            name = (str(comment["thread_movie"]).casefold(), comment["thread_movie_year"])
            if name in known:
                films[comment["link_title"]] = known[name]
    return films


def release_nights(settings: Settings, store: Store, own: Mapping[str, int]) -> list[Night]:
    """The night of every thread in reddit_stream, by its begin.

    Args:
        settings: of the platform that ran.
        store: its Cassandra.
        own: the film of each thread title.
    """
    begins: dict[str, datetime] = {}
    for comment in _comments(settings):
        title = comment.submission_title or ""
        begins[title] = min(comment.created_utc, begins.get(title, comment.created_utc))
    return [
        _night(store, settings.trend_window_duration, title, at, own.get(title))
        for title, at in sorted(begins.items(), key=lambda pair: pair[1])
    ]


def _night(store: Store, length: timedelta, title: str, begins: datetime, own_film: int | None) -> Night:
    """Sums over consecutive windows, which do not overlap, so that every mention counts once."""
    mentions: Counter[int] = Counter()
    titles: dict[int, str] = {}
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    window = begins - (begins - epoch) % length
    while window < begins + NIGHT:
        for update in store.trends.window(window):
            mentions[update.movie_id] += update.mentions
            titles[update.movie_id] = update.title
        window += length
    return Night(title, begins, own_film, mentions, titles)


def _comments(settings: Settings) -> Iterator[RedditComment]:
    """Everything in reddit_stream."""
    consumer = open_consumer(
        settings.kafka_bootstrap_servers, group=None, client_id="benchmark", deadline=settings.startup_deadline
    )
    try:
        partitions = [TopicPartition(REDDIT_STREAM, n) for n in consumer.partitions_for_topic(REDDIT_STREAM) or ()]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=1_000).values():
                for record in records:
                    yield RedditComment.decode(record.value)
    finally:
        consumer.close()
