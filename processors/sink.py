"""The side effects of a micro-batch, in their order, on the driver."""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import orjson
from pyspark.sql import DataFrame
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_exponential_jitter,
)

from common.clock import Clock, from_millis, to_millis
from configs.logging import get_logger
from configs.topics import DEAD_LETTER_STREAM, TREND_STREAM
from contracts.errors import DependencyError, TrendScopeError
from contracts.events import DeadLetter, Event, TmdbFilm, TrendUpdate
from processors import metrics
from processors.catalogue import Catalogue
from processors.crash import CrashPoint, CrashSwitch
from processors.records import DocumentKind, FoldOutput
from processors.trend_score import ScoreRule
from processors.updates import trend_updates
from processors.windows import WindowRule
from storage.records import LedgerEntry, MentionExample

_EXAMPLES_PER_FILM = 3
"""Per micro-batch: a screen shows a handful a film, and those of the last minutes."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
"""Seconds between attempts of a batch. The store and the publisher have been patient by themselves before."""

log = get_logger("processors.sink")

Row_contra = TypeVar("Row_contra", contravariant=True)


class Upserts(Protocol[Row_contra]):
    """A table that takes upserts."""

    def upsert(self, rows: Iterable[Row_contra], /) -> None:
        """Write rows; raises DependencyError when one was not acknowledged."""


class SinkStore(Protocol):
    """What the sink needs of `storage.store.Store`."""

    @property
    def movies(self) -> Upserts[TmdbFilm]: ...
    @property
    def mentions(self) -> Upserts[MentionExample]: ...
    @property
    def trends(self) -> Upserts[TrendUpdate]: ...
    @property
    def ledger(self) -> Upserts[LedgerEntry]: ...


class SinkPublisher(Protocol):
    """What the sink needs of `common.kafka.Publisher`."""

    def send(self, topic: str, event: Event) -> None:
        """Queue a message."""

    def flush(self) -> None:
        """Wait until all are acknowledged; raises DependencyError when one was not."""


class StoppingError(TrendScopeError):
    """The service is stopping: this micro-batch was not begun, and will be done after the next start."""


@dataclass(frozen=True, slots=True)
class BatchWrites:
    """Everything one micro-batch writes."""

    batch: int
    films: list[TmdbFilm]
    examples: list[MentionExample]
    updates: list[TrendUpdate]
    ledger: list[LedgerEntry]
    dead_letters: list[DeadLetter]


@dataclass(frozen=True, slots=True)
class SinkRules:
    """What the sink computes and stamps rows with."""

    job_id: str
    windows: WindowRule
    scoring: ScoreRule
    deadline: float
    """Seconds for which a batch is tried before the query fails and the supervisor takes over."""


class Sink:
    """`foreachBatch`'s function."""

    def __init__(
        self, rules: SinkRules, store: SinkStore, publisher: SinkPublisher, catalogue: Catalogue, clock: Clock
    ) -> None:
        self._rules = rules
        self._store = store
        self._publisher = publisher
        self._catalogue = catalogue
        self._clock = clock
        self._closing = threading.Event()
        self._busy = threading.Lock()
        self.crash = CrashSwitch()

    def __call__(self, frame: DataFrame, batch: int) -> None:
        """Write what the fold made of a micro-batch; see `write`.

        Raises:
            DependencyError: Cassandra or Kafka was away for too long. Nothing is committed, the batch comes again.
            StoppingError: `close` was called before.
        """
        with self._busy:
            if self._closing.is_set():
                raise StoppingError(f"micro-batch {batch} is left for the next start")
            # Arrow: `collect` would pickle these megabytes byte by byte in the JVM.
            outputs = [FoldOutput.decode(value) for value in frame.toArrow().column("output").to_pylist()]
            if outputs:
                self.write(outputs, batch)

    def close(self, deadline: float) -> None:
        """Let the current batch finish (at most `deadline` seconds) and begin no other."""
        self._closing.set()
        logging.getLogger("py4j").setLevel(logging.CRITICAL)  # it would report a StoppingError as a fault
        if self._busy.acquire(timeout=deadline):
            self._busy.release()

    def write(self, outputs: Sequence[FoldOutput], batch: int) -> None:
        """Do the side effects of a batch, all upserts by natural key, so that doing them again changes nothing.

        1. Store: films, example mentions, (film, window) rows, ledger. What a screen reads is there before anybody is
           told of it.
        2. Publish: dead letters, then trend updates; wait until the broker has acknowledged them.
        3. Return, upon which Spark commits the batch. A crash before that repeats 1 and 2 with the same revisions.
        4. Publish a catalogue snapshot if films changed. It holds for records that come later, so a crash here only
           delays it: the films are in `movies`, from where the next start takes them.

        Raises:
            DependencyError: see `__call__`.
        """
        writes = self._writes(outputs, batch)
        for attempt in self._attempts():
            with attempt:
                self._store_and_publish(writes)
        self._count(outputs, writes)
        self._publish_catalogue(outputs)

    def _writes(self, outputs: Sequence[FoldOutput], batch: int) -> BatchWrites:
        films = [TmdbFilm.decode(value) for value in _documents(outputs, DocumentKind.FILM)]
        self._catalogue.merge(films)
        examples = _first_of_each_film(_documents(outputs, DocumentKind.EXAMPLE))
        ledger = {category: count for output in outputs for category, count in output.ledger.items()}
        at = from_millis(max(output.last_append for output in outputs))
        rules = self._rules
        return BatchWrites(
            batch=batch,
            films=list({film.movie_id: film for film in sorted(films, key=lambda film: film.fetched_at)}.values()),
            examples=[MentionExample.model_validate_json(value) for value in examples],
            updates=list(trend_updates(outputs, rules.windows, rules.scoring, self._catalogue.title, self._clock())),
            ledger=[
                LedgerEntry(job_id=rules.job_id, batch_id=batch, category=category, count=count, at=at)
                for category, count in ledger.items()
            ],
            dead_letters=[DeadLetter.decode(value) for value in _documents(outputs, DocumentKind.DEAD_LETTER)],
        )

    def _store_and_publish(self, writes: BatchWrites) -> None:
        self.crash.at(CrashPoint.BEFORE_STORE_WRITE, writes.batch)
        with metrics.SINK_SECONDS.labels("store").time():
            self._store.movies.upsert(writes.films)
            self._store.mentions.upsert(writes.examples)
            self._store.trends.upsert(writes.updates)
            self._store.ledger.upsert(writes.ledger)
        self.crash.at(CrashPoint.AFTER_STORE_WRITE, writes.batch)
        with metrics.SINK_SECONDS.labels("publish").time():
            for letter in writes.dead_letters:
                self._publisher.send(DEAD_LETTER_STREAM, letter)
            for update in writes.updates:
                self._publisher.send(TREND_STREAM, update)
            self._publisher.flush()
        self.crash.at(CrashPoint.AFTER_PUBLISH, writes.batch)

    def _attempts(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(DependencyError),
            stop=stop_after_delay(self._rules.deadline) | stop_when_event_set(self._closing),
            wait=wait_exponential_jitter(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
            sleep=sleep_using_event(self._closing),
            before_sleep=_log_retry,
            reraise=True,
        )

    def _count(self, outputs: Sequence[FoldOutput], writes: BatchWrites) -> None:
        for entry in writes.ledger:
            metrics.RECORDS.labels(entry.category).inc(entry.count)
        for letter in writes.dead_letters:
            metrics.DEAD_LETTERS.labels(letter.reason).inc()
        for update in writes.updates:
            metrics.TREND_UPDATES.labels(str(update.is_final).lower()).inc()
        metrics.UNCERTAIN_LINKS.inc(sum(output.uncertain for output in outputs))
        metrics.FILM_POLLS.inc(len(writes.films))
        metrics.BATCHES.inc()
        now, watermark = self._clock().timestamp(), max(output.watermark for output in outputs) / 1_000
        metrics.LAST_BATCH.set(now)
        metrics.STATE_BYTES.set(sum(output.state_bytes for output in outputs))
        if watermark:
            metrics.WATERMARK.set(watermark)
            metrics.WATERMARK_LAG.set(now - watermark)

    def _publish_catalogue(self, outputs: Sequence[FoldOutput]) -> None:
        self._catalogue.publish(to_millis(self._clock()), max(output.last_append for output in outputs))
        first = min((output.first_comment for output in outputs if output.first_comment), default=0)
        self._catalogue.forget_before(first)
        metrics.CATALOGUE_FILMS.set(len(self._catalogue))
        metrics.CATALOGUE_VERSION.set(self._catalogue.version / 1_000)


def _documents(outputs: Iterable[FoldOutput], kind: DocumentKind) -> Iterator[bytes]:
    for output in outputs:
        if kind in output.documents:
            yield from output.documents[kind].values


def _first_of_each_film(examples: Iterable[bytes]) -> Iterator[bytes]:
    """The examples that are kept. Every task of a backlog sends some a film; only these are worth decoding."""
    taken: dict[int, int] = {}
    for example in examples:
        movie = orjson.loads(example)["movie_id"]
        taken[movie] = taken.get(movie, 0) + 1
        if taken[movie] <= _EXAMPLES_PER_FILM:
            yield example


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    metrics.SINK_RETRIES.inc()
    log.warning("sink_retry", attempt=state.attempt_number, error=str(error))
