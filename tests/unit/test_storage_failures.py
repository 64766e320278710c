"""What is repeated, what is not, and how long; many requests at once, bounded."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cassandra import AuthenticationFailed, InvalidRequest, OperationTimedOut, WriteTimeout
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionShutdown
from cassandra.protocol import OverloadedErrorMessage, SyntaxException

from contracts.errors import DependencyError
from storage.connection import retried
from storage.failures import is_refused, is_transient, summary
from storage.pipeline import send_all

AWAY = NoHostAvailable("down", {"10.0.0.1:9042": OSError("refused")})


@pytest.mark.parametrize(
    "error",
    [AWAY, NoHostAvailable("none", {}), OperationTimedOut(), WriteTimeout("slow", write_type=0), ConnectionShutdown(""),
     OverloadedErrorMessage(0x1001, "busy", None), ConnectionResetError()],
)  # fmt: skip
def test_what_time_mends_is_transient(error: Exception) -> None:
    assert is_transient(error)
    assert not is_refused(error)


@pytest.mark.parametrize(
    "error",
    [InvalidRequest("no such table"), SyntaxException(0x2000, "line 1", None),
     NoHostAvailable("none", {"a": AuthenticationFailed("no")})],
)  # fmt: skip
def test_what_cassandra_refuses_is_not(error: Exception) -> None:
    assert is_refused(error)
    assert not is_transient(error)


def test_a_summary_is_one_short_line() -> None:
    assert summary(ValueError("a\nb" + "x" * 10_000)).startswith("ValueError: a b")
    assert len(summary(ValueError("x" * 10_000))) == 300


def failing(*errors: Exception) -> Callable[[], str]:
    """Raises each error once, then answers."""
    left = iter(errors)

    def action() -> str:
        for error in left:
            raise error
        return "done"

    return action


def test_an_action_is_repeated_until_it_succeeds() -> None:
    assert retried(failing(AWAY, OperationTimedOut()), 10, "never") == "done"


def test_a_refusal_ends_at_once_and_says_how_to_get_the_schema() -> None:
    action = failing(InvalidRequest("no such table"), InvalidRequest("again"))
    with pytest.raises(DependencyError, match=r"no such table.*storage\.init_cassandra"):
        retried(action, 10, "never")
    with pytest.raises(DependencyError, match="again"):
        retried(action, 10, "never")


def test_the_deadline_ends_it_with_the_sentence_and_the_cause() -> None:
    with pytest.raises(DependencyError, match=r"^it is away \(last error: NoHostAvailable: .*refused"):
        retried(failing(*[AWAY] * 1_000), 0.3, "it is away")


def test_a_programming_error_stays_what_it_is() -> None:
    with pytest.raises(TypeError):
        retried(failing(TypeError("no number")), 10, "never")


class Future:
    """Answers when told to, as the driver's response future does."""

    def __init__(self, answer: Callable[[Callable[[], None]], None], error: Exception | None) -> None:
        self._answer, self._error = answer, error

    def add_callbacks(self, callback: Callable[[object], None], errback: Callable[[BaseException], None]) -> None:
        error = self._error
        self._answer((lambda: callback([])) if error is None else (lambda: errback(error)))


class Session:
    """Counts what is unanswered; answers from another thread, or at once."""

    def __init__(self, *, fails: Callable[[Any], bool] = lambda _: False, at_once: bool = False) -> None:
        self.sent: list[Any] = []
        self.unanswered = self.most_unanswered = 0
        self._fails, self._at_once, self._lock = fails, at_once, threading.Lock()

    def execute_async(self, request: Any) -> Future:
        self.sent.append(request)
        with self._lock:
            self.unanswered += 1
            self.most_unanswered = max(self.most_unanswered, self.unanswered)
        return Future(self._answer, OperationTimedOut() if self._fails(request) else None)

    def _answer(self, call: Callable[[], None]) -> None:
        def later() -> None:
            with self._lock:
                self.unanswered -= 1
            call()

        later() if self._at_once else threading.Timer(0.002, later).start()


def test_no_more_requests_than_allowed_are_unanswered() -> None:
    session = Session()
    assert send_all(session, list(range(100)), in_flight=5) == ([], [])
    assert session.sent == list(range(100))
    assert 2 <= session.most_unanswered <= 5
    assert session.unanswered == 0, "it waits for the last answer"


def test_what_failed_is_returned_and_the_rest_is_not_sent() -> None:
    session = Session(fails=lambda request: request in {3, 4}, at_once=True)
    left, failures = send_all(session, list(range(10)), in_flight=1)
    assert left == [3, 4, 5, 6, 7, 8, 9]
    assert len(failures) == 1
    assert session.sent == [0, 1, 2, 3]


def test_a_thousand_failures_at_once_do_not_pile_up_on_the_stack() -> None:
    session = Session(fails=lambda _: True, at_once=True)
    left, failures = send_all(session, list(range(10_000)))
    assert (len(left), len(failures), len(session.sent)) == (10_000, 1, 1)


def test_an_answer_that_never_comes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.pipeline._LOST_SECONDS", 0.05)
    session = Session()
    monkeypatch.setattr(session, "_answer", lambda _: None)
    with pytest.raises(OperationTimedOut):
        send_all(session, list(itertools.repeat(0, 3)), in_flight=2)
