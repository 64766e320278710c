"""The thread that tells the tracking server and asks it, with a bounded queue before it."""

import threading
import time
from collections import deque
from collections.abc import Callable

from configs.logging import get_logger
from ml_service import telemetry
from ml_service.events import ModelEvent
from ml_service.items import Answer, Backend, Figures, Item, ModelPackage, Request

log = get_logger(__name__)

MOST_WAITING = 30
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
_PATIENCE = 8
"""Failures in a row before a connection is given up: two minutes. The next one goes on with the run if it is there."""
_REFUSALS = frozenset(
    {"INVALID_PARAMETER_VALUE", "INVALID_STATE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS", "BAD_REQUEST"}
)
"""MLflow's error codes for what the same call will never do: the run was deleted, or the whole store."""
REQUEST_SECONDS = 10.0
"""Between two looks for a rollback: somebody waits for it."""


class Waiting:
    """The queue. A full one gives up its oldest figures or model, because the next ones say as much; events, which are
    told once, only when it holds nothing else; and never an answer: a rollback would be asked for again."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> None:
        """Append; never blocks."""
        with self._changed:
            if len(self._items) >= MOST_WAITING:
                self._give_up_one()
            self._items.append(item)
            self._changed.notify()

    def _give_up_one(self) -> None:
        for kinds in ((Figures, ModelPackage), (ModelEvent,)):
            oldest = next((number for number, one in enumerate(self._items) if isinstance(one, kinds)), None)
            if oldest is not None:
                del self._items[oldest]
                telemetry.MLFLOW_DROPPED.inc()
                return

    def get(self, seconds: float) -> Item | None:
        """The oldest item; None when there was none in time."""
        with self._changed:
            return self._items.popleft() if self._changed.wait_for(lambda: self._items, seconds) else None


class Delivery:
    """Hands items to a backend, in order; never blocks and never raises."""

    def __init__(self, connect: Callable[[], Backend], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connect, self._monotonic = connect, monotonic
        self._backend: Backend | None = None
        self._waiting = Waiting()
        self._requests: deque[Request] = deque()
        self._asked: Request | None = None
        self._next_look = monotonic() + REQUEST_SECONDS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mlflow", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Deliver when its turn comes."""
        self._waiting.put(item)
        telemetry.MLFLOW_QUEUE.set(len(self._waiting))

    def request(self) -> Request | None:
        """The next request for a rollback; None when there is none."""
        return self._requests.popleft() if self._requests else None

    def close(self, deadline: float) -> None:
        """Give the thread some seconds for what waits."""
        self._stop.set()
        self._thread.join(deadline)

    def _run(self) -> None:
        while self._waiting or not self._stop.is_set():
            item = self._waiting.get(0.5)
            if item is None:
                self._look_for_request()
                continue
            self._deliver(item)
            telemetry.MLFLOW_QUEUE.set(len(self._waiting))
        self._end_backend()

    def _look_for_request(self) -> None:
        if self._stop.is_set() or self._monotonic() < self._next_look:
            return
        self._next_look = self._monotonic() + REQUEST_SECONDS
        try:
            found = self._connected().request()
        except Exception as error:  # noqa: BLE001 - as in `_deliver`: later
            log.warning("mlflow_away", error=repr(error)[:300], retry_seconds=REQUEST_SECONDS)
            return
        if found is not None and found != self._asked:
            self._asked = found
            self._requests.append(found)

    def _deliver(self, item: Item) -> None:
        """Try until it is logged or given up, or the service stops.

        A server that is away is waited for. One that is there and refuses gets the item once more over another
        connection, because somebody may have deleted the run; what it refuses then too would hold up all after it.
        """
        wait, failures, renewed = _FIRST_WAIT_SECONDS, 0, False
        while True:
            try:
                _tell(self._connected(), item)
            except Exception as error:  # noqa: BLE001 - a client library's every error means the same here: later
                log.warning("mlflow_away", error=repr(error)[:300], retry_seconds=wait)
                failures += self._backend is not None
                if failures >= _PATIENCE or (self._backend is not None and _is_refusal(error)):
                    if renewed:
                        self._give_up(item)
                        return
                    self._end_backend()
                    failures, renewed = 0, True
                    continue
                if self._stop.wait(wait):
                    return
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            else:
                return

    def _connected(self) -> Backend:
        self._backend = self._backend or self._connect()
        return self._backend

    def _end_backend(self) -> None:
        if self._backend is None:
            return
        try:
            self._backend.close()
        except Exception as error:  # noqa: BLE001 - whatever the client raises, it is given up
            log.warning("mlflow_close_failed", error=repr(error)[:300])
        self._backend = None

    def _give_up(self, item: Item) -> None:
        telemetry.MLFLOW_DROPPED.inc()
        log.warning("mlflow_given_up", item=type(item).__name__)
        if isinstance(item, Answer):
            self._asked = None  # the request is open still: found again, it is answered again


def _is_refusal(error: Exception) -> bool:
    return getattr(error, "error_code", None) in _REFUSALS


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
