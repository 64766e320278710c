"""MLflow beside the service: a thread with a bounded queue, so that a tracking server that is away costs nothing."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from configs.logging import get_logger
from contracts.events import Prediction, TrendUpdate
from ml_service import metric_rows, telemetry
from ml_service.engine import WindowClose

log = get_logger(__name__)

EXAMPLE_UPDATES = 20
"""Updates logged with each model, as input example and as proof that it still scores what it scored."""
_QUEUE = 30
"""Half an hour of figures at one a minute."""
_FIGURES_SECONDS = 30.0
_FIRST_MODEL_SECONDS = 120.0
_LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Metrics of the run at one instant of event time."""

    at: datetime
    values: dict[str, float]


@dataclass(slots=True)
class ModelPackage:
    """A saved state, the updates that came right after it, and the forecasts they gave."""

    state: bytes
    updates: list[TrendUpdate] = field(default_factory=list)
    forecasts: list[Prediction] = field(default_factory=list)


Item = Figures | ModelPackage


class Backend(Protocol):
    """A tracking server; every method may raise anything while it is away."""

    def figures(self, item: Figures) -> None: ...
    def model(self, item: ModelPackage) -> None: ...
    def close(self) -> None: ...


class Tracking(Protocol):
    """What the service tells."""

    def figures(self, close: WindowClose) -> None: ...
    def processed(self, update: TrendUpdate, predictions: list[Prediction]) -> None: ...
    def state_saved(self, data: bytes) -> None: ...


class NoTracking:
    """Forgets everything."""

    def figures(self, close: WindowClose) -> None:
        """Nothing."""

    def processed(self, update: TrendUpdate, predictions: list[Prediction]) -> None:
        """Nothing."""

    def state_saved(self, data: bytes) -> None:
        """Nothing."""


class Tracker:
    """Queues figures and models for a backend; never blocks and never raises."""

    def __init__(
        self,
        connect: Callable[[], Backend],
        *,
        model_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect, self._monotonic = connect, monotonic
        self._items: queue.Queue[Item] = queue.Queue(_QUEUE)
        self._stop = threading.Event()
        self._model_seconds = model_seconds
        self._next_model = monotonic() + min(_FIRST_MODEL_SECONDS, model_seconds)
        self._next_figures = monotonic()
        self._package: ModelPackage | None = None
        self._learned = False
        self._thread = threading.Thread(target=self._run, name="mlflow", daemon=True)
        self._thread.start()

    def figures(self, close: WindowClose) -> None:
        """The figures of a window close; at most one in half a minute goes on."""
        self._learned = self._learned or bool(close.scores)
        if not close.scores or self._monotonic() < self._next_figures:
            return
        self._next_figures = self._monotonic() + _FIGURES_SECONDS
        values = {
            f"{name}_h{horizon}": value
            for horizon, score in close.scores.items()
            for name, value in metric_rows.named(score).items()
        }
        self._put(Figures(close.at, values))

    def state_saved(self, data: bytes) -> None:
        """A saved state; kept as the next model when one is due."""
        if self._package is None and self._learned and self._monotonic() >= self._next_model:
            self._package = ModelPackage(data)

    def processed(self, update: TrendUpdate, predictions: list[Prediction]) -> None:
        """An update and what came of it; the first ones after a kept state complete the model."""
        if self._package is None:
            return
        self._package.updates.append(update)
        self._package.forecasts += [prediction for prediction in predictions if prediction.actual is None]
        if len(self._package.updates) >= EXAMPLE_UPDATES:
            self._hand_over()

    def close(self, deadline: float) -> None:
        """Hand over what is complete enough and give the thread some seconds to log it."""
        if self._package is not None and self._package.updates:
            self._hand_over()
        self._stop.set()
        self._thread.join(deadline)

    def _hand_over(self) -> None:
        if self._package is not None:
            self._put(self._package)
        self._package = None
        self._next_model = self._monotonic() + self._model_seconds

    def _put(self, item: Item) -> None:
        while True:
            try:
                self._items.put_nowait(item)
                break
            except queue.Full:
                self._drop_oldest()
        telemetry.MLFLOW_QUEUE.set(self._items.qsize())

    def _drop_oldest(self) -> None:
        try:
            self._items.get_nowait()
            telemetry.MLFLOW_DROPPED.inc()
        except queue.Empty:
            pass

    def _run(self) -> None:
        backend: Backend | None = None
        while not (self._stop.is_set() and self._items.empty()):
            try:
                item = self._items.get(timeout=0.5)
            except queue.Empty:
                continue
            backend = self._deliver(item, backend)
            telemetry.MLFLOW_QUEUE.set(self._items.qsize())
        if backend is not None:
            try:
                backend.close()
            except Exception as error:  # noqa: BLE001 - whatever the client raises, the service is ending
                log.warning("mlflow_close_failed", error=repr(error))

    def _deliver(self, item: Item, backend: Backend | None) -> Backend | None:
        """Try until it is logged, or the service stops; returns the backend for the next item."""
        wait = 1.0
        while True:
            try:
                backend = backend or self._connect()
                if isinstance(item, Figures):
                    backend.figures(item)
                else:
                    backend.model(item)
            except Exception as error:  # noqa: BLE001 - a client library's every error means the same here: later
                log.warning("mlflow_away", error=repr(error)[:300], retry_seconds=wait)
                if self._stop.wait(wait):
                    return backend
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            else:
                return backend
