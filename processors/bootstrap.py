"""What must be there before the query starts: the topics, and a catalogue to link with."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from common.clock import Clock, to_millis
from common.kafka import open_consumer
from common.topics import open_admin
from configs.logging import get_logger
from configs.topics import DEAD_LETTER_STREAM, REDDIT_STREAM, TMDB_STREAM, TREND_STREAM
from contracts.errors import ContractError, DependencyError
from contracts.events import TmdbFilm
from processors.catalogue import Catalogue
from processors.parse import Limits, parse_film

_NEEDED = (TMDB_STREAM, REDDIT_STREAM, TREND_STREAM, DEAD_LETTER_STREAM)
_POLL_SECONDS = 0.5
_QUIET_SECONDS = 3.0
"""A first poll of TMDB arrives within seconds as a stream of films. Pauses in it are shorter than this."""
_ENOUGH_SECONDS = 20.0
"""A slow producer is not waited for longer once there are films: the query takes in the rest."""
_READ_BACK = timedelta(hours=24)
"""Older polls of an empty store are left to the query: a day's poll has every film that matters now."""
_READ_BACK_KNOWN = timedelta(hours=1)
"""With a catalogue at hand, only what came since the last run's snapshot is news, and most of it comes again soon."""

log = get_logger("processors.bootstrap")


def await_topics(servers: str, *, deadline: float, stop: threading.Event) -> str:
    """Wait until the topics exist, and return the cluster's id.

    Raises:
        DependencyError: a topic was not there within `deadline` seconds. They are made by the platform's init step.
    """
    end = time.monotonic() + deadline
    admin = open_admin(servers, deadline=deadline)
    try:
        while missing := sorted(set(_NEEDED) - set(admin.list_topics())):
            if time.monotonic() > end or stop.wait(_POLL_SECONDS):
                raise DependencyError(f"no topic {', '.join(missing)} at {servers}: run `python -m common.topics`")
        return str(admin.describe_cluster()["cluster_id"])
    finally:
        admin.close()


class FilmReader:
    """Reads recent polls from tmdb_stream with a plain consumer, apart from the query's own reading."""

    def __init__(self, servers: str, limits: Limits, *, deadline: float, clock: Clock) -> None:
        self._open: Callable[[], KafkaConsumer] = lambda: open_consumer(
            servers, group=None, client_id="trendscope-processor-bootstrap", deadline=deadline
        )
        self._limits, self._clock = limits, clock

    def fill(self, catalogue: Catalogue, *, deadline: float, stop: threading.Event) -> None:
        """Merge recent polls, until there are films and no more come for a moment.

        Raises:
            DependencyError: no film came within `deadline` seconds.
        """
        consumer = self._open()
        try:
            self._seek(consumer, _READ_BACK_KNOWN if len(catalogue) else _READ_BACK)
            self._read(consumer, catalogue, deadline, stop)
        finally:
            consumer.close()

    def _seek(self, consumer: KafkaConsumer, back: timedelta) -> None:
        partitions = [TopicPartition(TMDB_STREAM, number) for number in consumer.partitions_for_topic(TMDB_STREAM)]
        consumer.assign(partitions)
        since = to_millis(self._clock() - back)
        found = consumer.offsets_for_times(dict.fromkeys(partitions, since))
        ends = consumer.end_offsets(partitions)
        for partition in partitions:
            place = found.get(partition)
            consumer.seek(partition, place.offset if place else ends[partition])

    def _read(self, consumer: KafkaConsumer, catalogue: Catalogue, deadline: float, stop: threading.Event) -> None:
        start = quiet_since = time.monotonic()
        while not stop.is_set():
            films = [
                film
                for records in consumer.poll(timeout_ms=int(_POLL_SECONDS * 1_000)).values()
                for record in records
                if (film := film_of(record, self._limits)) is not None
            ]
            catalogue.merge(films)
            now = time.monotonic()
            if films:
                quiet_since = now
            if len(catalogue) and (now - quiet_since > _QUIET_SECONDS or now - start > _ENOUGH_SECONDS):
                return
            if now - start > deadline:
                raise DependencyError(f"no film in {TMDB_STREAM} after {deadline:.0f} s: does the TMDB producer run?")


def film_of(record: ConsumerRecord, limits: Limits) -> TmdbFilm | None:
    """The film of a message; None for one the query will dead-letter."""
    try:
        return parse_film(record.value, record.timestamp, limits)[0]
    except ContractError:
        return None
