"""MLflow beside the service: a thread with a bounded queue, so that a tracking server that is away costs nothing."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

from configs.logging import get_logger
from contracts.events import TrendUpdate
from ml_service import metric_rows, telemetry
from ml_service.engine import Batch, Engine, WindowClose
from ml_service.events import Kind, ModelEvent
from ml_service.items import Answer, Backend, Figures, Item, Logged, ModelPackage, Request, Role
from ml_service.versions import Versions

log = get_logger(__name__)

EXAMPLE_UPDATES = 20
"""Updates logged with each model, as input example and as proof that it still scores what it scored."""
_QUEUE = 30
"""Half an hour of figures at one a minute."""
_FIGURES_SECONDS = 30.0
_FIRST_MODEL_SECONDS = 120.0
_LONGEST_WAIT_SECONDS = 60.0
REQUEST_SECONDS = 10.0
"""Between two looks for a rollback: somebody waits for it."""


class Tracking(Protocol):
    """What the service tells, and asks."""

    def figures(self, close: WindowClose) -> None: ...
    def processed(self, update: TrendUpdate, batch: Batch, known: tuple[int, int]) -> None: ...
    def event(self, event: ModelEvent) -> None: ...
    def state_saved(self, data: bytes, engine: Engine) -> None: ...
    def request(self) -> Request | None: ...
    def answer(self, answer: Answer) -> None: ...


class NoTracking:
    """Forgets everything."""

    def figures(self, close: WindowClose) -> None:
        """Nothing."""

    def processed(self, update: TrendUpdate, batch: Batch, known: tuple[int, int]) -> None:
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
        self._connect, self._versions, self._monotonic = connect, versions, monotonic
        self._items: queue.Queue[Item] = queue.Queue(_QUEUE)
        self._requests: queue.Queue[Request] = queue.Queue()
        self._asked: Request | None = None
        self._next_look = monotonic() + REQUEST_SECONDS
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
            f"{prefix}{name}_h{horizon}": value
            for prefix, scores in (("", close.scores), ("challenger_", close.shadow))
            for horizon, score in scores.items()
            for name, value in metric_rows.named(score).items()
        }
        self._put(Figures(close.at, values))

    def event(self, event: ModelEvent) -> None:
        """Something happened to the models: it is told, and after a change of them there are new ones to log."""
        self._put(event)
        if event.kind is Kind.CONTEST:
            return
        # What was kept is no example any more: its forecasts are of two models.
        self._package = None
        self._next_model = self._monotonic()

    def state_saved(self, data: bytes, engine: Engine) -> None:
        """A saved state; kept as the next model when one is due."""
        if self._package is not None or not self._learned or self._monotonic() < self._next_model:
            return
        names = [one.name for one in engine.model.configurations]
        models = [
            Logged(role, version, names[number], self._versions.keep(engine, number))
            for role, version, number in (
                (Role.CHAMPION, engine.champion, engine.model.lead),
                (Role.CHALLENGER, engine.challenger, engine.shadow),
            )
        ]
        self._package = ModelPackage(data, engine.stream_time, engine.lineage, (models[0], models[1]))

    def processed(self, update: TrendUpdate, batch: Batch, known: tuple[int, int]) -> None:
        """An update and what came of it after the `known` numbers of forecasts and of shadow forecasts.

        The first ones after a kept state complete the model.
        """
        if self._package is None:
            return
        self._package.updates.append(update)
        made = self._package.forecasts
        made[Role.CHAMPION] += [row for row in batch.predictions[known[0] :] if row.actual is None]
        made[Role.CHALLENGER] += batch.shadow[known[1] :]
        if len(self._package.updates) >= EXAMPLE_UPDATES:
            self._hand_over()

    def request(self) -> Request | None:
        """The next request for a rollback; None when there is none."""
        try:
            return self._requests.get_nowait()
        except queue.Empty:
            return None

    def answer(self, answer: Answer) -> None:
        """What became of a request."""
        self._put(answer)

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
                backend = self._look_for_request(backend)
                continue
            backend = self._deliver(item, backend)
            telemetry.MLFLOW_QUEUE.set(self._items.qsize())
        if backend is not None:
            try:
                backend.close()
            except Exception as error:  # noqa: BLE001 - whatever the client raises, the service is ending
                log.warning("mlflow_close_failed", error=repr(error))

    def _look_for_request(self, backend: Backend | None) -> Backend | None:
        if self._stop.is_set() or self._monotonic() < self._next_look:
            return backend
        self._next_look = self._monotonic() + REQUEST_SECONDS
        try:
            backend = backend or self._connect()
            found = backend.request()
        except Exception as error:  # noqa: BLE001 - as in `_deliver`: later
            log.warning("mlflow_away", error=repr(error)[:300], retry_seconds=REQUEST_SECONDS)
            return backend
        if found is not None and found != self._asked:
            self._asked = found
            self._requests.put(found)
        return backend

    def _deliver(self, item: Item, backend: Backend | None) -> Backend | None:
        """Try until it is logged, or the service stops; returns the backend for the next item."""
        wait = 1.0
        while True:
            try:
                backend = backend or self._connect()
                _tell(backend, item)
            except Exception as error:  # noqa: BLE001 - a client library's every error means the same here: later
                log.warning("mlflow_away", error=repr(error)[:300], retry_seconds=wait)
                if self._stop.wait(wait):
                    return backend
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            else:
                return backend


def _tell(backend: Backend, item: Item) -> None:
    match item:
        case Figures():
            backend.figures(item)
        case ModelPackage():
            backend.model(item)
        case ModelEvent():
            backend.event(item)
        case Answer():
            backend.answer(item)
