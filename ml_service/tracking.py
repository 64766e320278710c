"""MLflow beside the service: what is told, and when. A tracking server that is away costs nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from configs.logging import get_logger
from contracts.events import TrendUpdate
from ml_service import metric_rows
from ml_service.delivery import Delivery
from ml_service.engine import Batch, Engine, WindowClose
from ml_service.events import Kind, ModelEvent
from ml_service.items import Answer, Backend, Figures, Logged, ModelPackage, Request, Role, Span
from ml_service.versions import Versions

log = get_logger(__name__)

EXAMPLE_UPDATES = 20
"""Updates logged with each model, as input example and as proof that it still scores what it scored."""
_FIGURES_SECONDS = 300.0
"""MLflow keeps every point for ever; each window's figures are in `model_metrics`."""
_FIRST_MODEL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Known:
    """How much there was in a batch before an update."""

    predictions: int = 0
    shadow: int = 0
    events: int = 0

    @classmethod
    def of(cls, batch: Batch) -> "Known":
        """What is in the batch now."""
        return cls(len(batch.predictions), len(batch.shadow), len(batch.events))


class Tracking(Protocol):
    """What the service tells, and asks."""

    def figures(self, close: WindowClose) -> None: ...
    def processed(self, update: TrendUpdate, batch: Batch, known: Known) -> None: ...
    def event(self, event: ModelEvent) -> None: ...
    def state_saved(self, data: bytes, engine: Engine) -> None: ...
    def request(self) -> Request | None: ...
    def answer(self, answer: Answer) -> None: ...


class NoTracking:
    """Forgets everything."""

    def figures(self, close: WindowClose) -> None:
        """Nothing."""

    def processed(self, update: TrendUpdate, batch: Batch, known: Known) -> None:
        """Nothing."""

    def event(self, event: ModelEvent) -> None:
        """Nothing."""

    def state_saved(self, data: bytes, engine: Engine) -> None:
        """Nothing."""

    def request(self) -> Request | None:
        """Nobody asks."""
        return None

    def answer(self, answer: Answer) -> None:
        """Nothing."""


class Tracker:
    """Queues figures, events and models for a backend; never blocks and never raises."""

    def __init__(
        self,
        connect: Callable[[], Backend],
        *,
        versions: Versions,
        model_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._delivery, self._versions, self._monotonic = Delivery(connect, monotonic), versions, monotonic
        self._model_seconds = model_seconds
        self._next_model = monotonic() + min(_FIRST_MODEL_SECONDS, model_seconds)
        self._next_figures = monotonic()
        self._package: ModelPackage | None = None
        self._learned = False
        self._close: WindowClose | None = None
        self._data: Span | None = None
        self._told: Span | None = None

    def figures(self, close: WindowClose) -> None:
        """The figures of a window close; at most one in five minutes goes on, and the last one of all."""
        self._learned = self._learned or bool(close.scores)
        self._close = close
        if close.scores and self._monotonic() >= self._next_figures:
            self._next_figures = self._monotonic() + _FIGURES_SECONDS
            self._tell_figures(close.at)

    def _tell_figures(self, at: datetime) -> None:
        close, self._close, self._told = self._close, None, self._data
        values = {
            f"{prefix}{name}_h{horizon}": value
            for prefix, scores in ((("", close.scores), ("challenger_", close.shadow)) if close else ())
            for horizon, score in scores.items()
            for name, value in metric_rows.named(score).items()
        }
        self._delivery.put(Figures(at, values, self._data))

    def event(self, event: ModelEvent) -> None:
        """Something happened to the models: it is told, and after a change of them there are new ones to log."""
        self._delivery.put(event)
        if event.kind is not Kind.CONTEST:
            self._package = None
            self._next_model = self._monotonic()

    def state_saved(self, data: bytes, engine: Engine) -> None:
        """A saved state; kept as the next model when one is due."""
        if self._package is not None or not self._learned or self._monotonic() < self._next_model:
            return
        names = [one.name for one in engine.model.configurations]
        try:
            models = [
                Logged(role, version, names[number], self._versions.keep(engine, number))
                for role, version, number in (
                    (Role.CHAMPION, engine.champion, engine.model.lead),
                    (Role.CHALLENGER, engine.challenger, engine.shadow),
                )
            ]
        except OSError as error:
            log.error("learner_not_kept", error=str(error))
            self._next_model = self._monotonic() + min(_FIRST_MODEL_SECONDS, self._model_seconds)
            return
        both = models[0], models[1]
        self._package = ModelPackage(data, engine.stream_time, engine.lineage, both, engine.led_since)

    def processed(self, update: TrendUpdate, batch: Batch, known: Known) -> None:
        """An update, and what came of it after what was `known`.

        The first ones after a kept state complete the model. When one of them changes who says what, the kept state is
        no model any more: its example would be of two. Events are told after the whole batch, which is too late for it.
        """
        self._data = (self._data or Span(update.window_start, update.window_end)).reaching(update)
        if any(event.kind is not Kind.CONTEST for event in batch.events[known.events :]):
            self._package = None
        if self._package is None:
            return
        self._package.updates.append(update)
        made = self._package.forecasts
        made[Role.CHAMPION] += [row for row in batch.predictions[known.predictions :] if row.actual is None]
        made[Role.CHALLENGER] += batch.shadow[known.shadow :]
        if len(self._package.updates) >= EXAMPLE_UPDATES:
            self._hand_over()

    def request(self) -> Request | None:
        """The next request for a rollback; None when there is none."""
        return self._delivery.request()

    def answer(self, answer: Answer) -> None:
        """What became of a request."""
        self._delivery.put(answer)

    def close(self, deadline: float) -> None:
        """Hand over the last figures and what is complete enough of a model; the thread has some seconds to log it."""
        if self._package is not None and self._package.updates:
            self._hand_over()
        if self._data is not None and self._data != self._told:
            self._tell_figures(self._close.at if self._close else self._data.end)
        self._delivery.close(deadline)

    def _hand_over(self) -> None:
        package, self._package = self._package, None
        if package is not None:
            try:
                self._versions.spare(package.lineage, package.models[0].learner)
            except OSError as error:
                log.error("learner_not_kept", error=str(error))
            self._delivery.put(package)
        self._next_model = self._monotonic() + self._model_seconds
