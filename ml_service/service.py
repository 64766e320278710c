"""The service's loop: read trend_stream, forecast, store, publish, save. The order is in `Service.step`."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from common.clock import Clock
from common.dead_letters import dead_letter
from configs.logging import get_logger
from configs.topics import DEAD_LETTER_STREAM, PREDICTIONS_STREAM, TREND_STREAM
from contracts.errors import ContractError, DependencyError
from contracts.events import DeadLetter, DeadLetterReason, Event, Prediction, TrendUpdate
from ml_service import metric_rows, snapshot, telemetry
from ml_service.engine import Batch, Engine, EngineConfig
from ml_service.errors import SnapshotError, VersionError
from ml_service.items import Answer, Request
from ml_service.source import Record
from ml_service.tracking import Known, NoTracking, Tracking
from ml_service.versions import Versions
from storage.records import ModelMetric

log = get_logger(__name__)

VERSIONS_FOLDER = "versions"
"""In the service's folder: the learners a rollback can lead with."""
_SAVING_SHARE = 20.0
"""Saving takes at most a twentieth of the time: with ten thousand films the state has half a gigabyte."""


class Source(Protocol):
    """Where updates come from; `ml_service.source.TrendSource`."""

    topic_id: str

    def limits(self) -> dict[int, tuple[int, int]]: ...
    def seek(self, offsets: dict[int, int]) -> None: ...
    def poll(self) -> list[Record]: ...
    def commit(self, offsets: dict[int, int]) -> None: ...
    def lag(self) -> int | None: ...
    @property
    def offsets(self) -> dict[int, int]: ...


class Sink(Protocol):
    """Where events go; `common.kafka.Publisher`."""

    def send(self, topic: str, event: Event) -> None: ...
    def flush(self) -> None: ...


class Tables(Protocol):
    """What is written of the store."""

    def predictions(self, rows: Iterable[Prediction]) -> None: ...
    def metrics(self, rows: Iterable[ModelMetric]) -> None: ...


def restore(folder: Path, config: EngineConfig, source: Source) -> snapshot.Snapshot:
    """The state as it was saved, and the source at the record after; or a new one at the topic's first record.

    A saved state is used only when it fits: same settings and model, same topic (a topic that was made anew has another
    id), and a position the topic has reached. Records that retention removed meanwhile are a gap, as after a long stop.
    """
    limits = source.limits()
    telemetry.SNAPSHOT.set(snapshot.saved_at(folder) or 0.0)  # a disk that takes nothing shows after a restart too
    try:
        saved = snapshot.load(folder, config)
        reason = "no snapshot yet" if saved is None else _misfit(saved, source.topic_id, limits)
    except SnapshotError as error:
        saved, reason = None, str(error)
    if saved is None or reason:
        log.warning("state_new", reason=reason)
        saved = snapshot.Snapshot(Engine(config), source.topic_id, {})
    engine, offsets = saved.engine, saved.offsets
    lost = {
        number: first - offsets[number] for number, (first, _) in limits.items() if offsets.get(number, first) < first
    }
    if lost:
        log.warning("records_expired", lost=lost)
    source.seek(offsets)
    if offsets:
        source.commit(offsets)  # a crash between saving and committing left the visible position behind
    log.info("state_ready", films=engine.model.films, offsets=source.offsets, stream_time=engine.stream_time)
    return saved


def _misfit(saved: snapshot.Snapshot, topic_id: str, limits: dict[int, tuple[int, int]]) -> str | None:
    if saved.topic_id != topic_id:
        return f"{TREND_STREAM} was made anew: its id is {topic_id}, not {saved.topic_id}"
    if any(offset > limits.get(number, (0, 0))[1] for number, offset in saved.offsets.items()):
        return f"{TREND_STREAM} ends before the saved position {saved.offsets}"
    return None


class Service:
    """One engine between a source, the store and a sink."""

    def __init__(  # noqa: PLR0913 - its neighbours, each named
        self,
        state: snapshot.Snapshot,
        *,
        source: Source,
        tables: Tables,
        sink: Sink,
        folder: Path,
        clock: Clock,
        snapshot_seconds: float,
        tracking: Tracking | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine, self._followed = state.engine, state.followed
        self._source, self._tables, self._sink = source, tables, sink
        self._folder, self._clock, self._monotonic = folder, clock, monotonic
        self._versions = Versions(folder / VERSIONS_FOLDER)
        self._snapshot_seconds = self._pause = snapshot_seconds
        self._tracking = tracking or NoTracking()
        self._tried_at, self._dirty = monotonic(), False
        telemetry.show_state(self.engine)

    def step(self) -> int:
        """Read once and finish what was read; returns how many records.

        1. Decode; what does not fit the contract goes to dead_letter_stream.
        2. Settle, score, learn and forecast, in memory.
        3. Store forecasts, outcomes and figures: upserts by natural key.
        4. Publish forecasts, outcomes and dead letters; wait until the broker has them.
        5. From time to time: save state and next offsets in one file, then commit those offsets for the eye.

        A failure anywhere but in the saving ends the process. It starts again from the last saved state, reads the same
        records, and makes the same forecasts: the store is overwritten with equal rows, the topic gets equal copies,
        and nothing is learned twice, because what was learned after the save was lost with the process.
        """
        records = self._source.poll()
        if records:
            letters, batch = self._apply(records)
            self._tables.predictions(batch.predictions)
            self._tables.metrics([*metric_rows.rows(batch.closes), *metric_rows.event_rows(batch.events)])
            for prediction in batch.predictions:
                self._sink.send(PREDICTIONS_STREAM, prediction)
            for letter in letters:
                self._sink.send(DEAD_LETTER_STREAM, letter)
            if batch.predictions or letters:
                self._sink.flush()
            telemetry.show_batch(batch, self.engine)
            for close in batch.closes[-1:]:
                self._tracking.figures(close)
            for event in batch.events:
                log.warning(
                    "model_event", kind=event.kind.value, at=event.at, champion=event.champion, **event.evidence
                )
                self._tracking.event(event)
            self._dirty = True
        self._follow_request()
        telemetry.LAG.records = self._source.lag()
        if self._dirty and self._monotonic() - self._tried_at >= self._pause:
            self.save()
        return len(records)

    def save(self) -> bool:
        """Step 5; False when the disk did not take it. Then nothing is committed, and it is tried again a while later.

        Nothing is wrong until the process ends, and then more records are read again.
        """
        started, offsets = self._monotonic(), self._source.offsets
        data = snapshot.dump(snapshot.Snapshot(self.engine, self._source.topic_id, offsets, self._followed))
        try:
            snapshot.save(self._folder, data)
        except OSError as error:
            log.error("state_not_saved", error=str(error))
            self._tried_at = self._monotonic()
            return False
        # A broker that keeps the commit waiting makes saving no dearer: after an outage of ten seconds the next
        # snapshot would else be minutes away.
        taken = self._monotonic() - started
        self._source.commit(offsets)
        self._tracking.state_saved(data, self.engine)
        self._tried_at, self._dirty = self._monotonic(), False
        self._pause = max(self._snapshot_seconds, _SAVING_SHARE * taken)
        telemetry.SNAPSHOT.set(self._clock().timestamp())
        return True

    def finish(self) -> None:
        """Save what is not saved yet."""
        if self._dirty:
            self.save()

    def _follow_request(self) -> None:
        """Order a rollback that somebody asked for.

        It takes effect at the next window, and is saved at once, before anything it leads to is stored: a crash loses
        either nothing of it or all of it, and in the first case the request is still there. Whether the disk takes the
        state is tried before the order, which cannot be taken back. A request that the saved state has followed already
        is only answered: whoever should have noted the answer was away then.

        Raises:
            DependencyError: the disk took the state without the order and not with it.
        """
        request = self._tracking.request()
        if request is None:
            return
        if self._followed is not None and self._followed.requested_at == request.requested_at:
            self._tracking.answer(Answer(request, self._followed.effective))
            return
        try:
            order = self._versions.order(self.engine, request.configuration, request.learner, request.version)
        except VersionError as error:
            self._refuse(request, str(error))
            return
        if not self.save():
            self._refuse(request, "the service cannot save its state: is the disk full or read-only?")
            return
        effective = self.engine.time_of(order.step)
        self.engine.order(order)
        self._followed = snapshot.Followed(request.requested_at, effective)
        if not self.save():
            raise DependencyError("a rollback was ordered and the state cannot be saved: is the disk full?")
        log.warning("rollback_ordered", version=request.version, effective=effective)
        self._tracking.answer(Answer(request, effective))

    def _refuse(self, request: Request, reason: str) -> None:
        log.warning("rollback_refused", reason=reason)
        self._tracking.answer(Answer(request, None, reason))

    def _apply(self, records: list[Record]) -> tuple[list[DeadLetter], Batch]:
        letters: list[DeadLetter] = []
        batch = Batch()
        for record in records:
            try:
                update = TrendUpdate.decode(record.value)
            except ContractError as error:
                letters.append(self._dead_letter(record, error))
                continue
            if not update.is_final:
                continue
            known = Known.of(batch)
            started = time.perf_counter()
            self.engine.process(update, batch)
            telemetry.SECONDS.observe(time.perf_counter() - started)
            self._tracking.processed(update, batch, known)
        return letters, batch

    def _dead_letter(self, record: Record, error: ContractError) -> DeadLetter:
        telemetry.REJECTED.inc()
        log.warning("record_rejected", offset=record.offset, reason=error.reason, detail=error.detail)
        return dead_letter(
            record.value or b"",
            source=TREND_STREAM,
            partition=record.partition,
            offset=record.offset,
            key=record.key.decode("utf-8", "replace") if record.key else None,
            reason=DeadLetterReason(error.reason),
            detail=error.detail,
            seen_at=self._clock(),
        )
