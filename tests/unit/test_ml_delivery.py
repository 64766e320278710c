"""What is told reaches the backend, whoever is away and whatever is refused; and a request comes back once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from ml_service import delivery, telemetry
from ml_service.delivery import MOST_WAITING, Delivery, Waiting
from ml_service.events import Kind, ModelEvent
from ml_service.items import Answer, Figures, Request
from tests.support.ml import START, FakeBackend
from tests.support.waiting import wait_until

REQUEST = Request("3", "steady", "abc", "2026-03-01T12:00:00+00:00")


def figures(number: int) -> Figures:
    return Figures(START + timedelta(minutes=number), {"mae_h1": float(number)})


def dropped() -> float:
    return float(telemetry.MLFLOW_DROPPED._value.get())


class RefusalError(Exception):
    """As MLflow's client says that a run is not there any more."""

    error_code = "RESOURCE_DOES_NOT_EXIST"


class Picky(FakeBackend):
    """Fails on what `refuses` is true for."""

    def __init__(self, refuses: Callable[[Figures], bool], error: Exception) -> None:
        super().__init__()
        self.refuses, self.error = refuses, error

    def figures(self, item: Figures) -> None:
        if self.refuses(item):
            raise self.error
        super().figures(item)


def test_a_backend_that_is_away_costs_nothing_and_the_queue_is_bounded() -> None:
    before = dropped()

    def connect() -> FakeBackend:
        raise ConnectionError("nobody listens")

    sent = Delivery(connect)
    for number in range(3 * MOST_WAITING):
        sent.put(figures(number))
    assert len(sent._waiting) == MOST_WAITING
    assert dropped() > before
    sent.close(10)


def test_it_is_tried_again_until_it_answers() -> None:
    backend, answers = FakeBackend(), iter([False, True])
    ready = threading.Event()

    def connect() -> FakeBackend:
        if not next(answers):
            raise ConnectionError("not yet")
        ready.set()
        return backend

    sent = Delivery(connect)
    sent.put(figures(0))
    wait_until(lambda: backend.logged, what="the second try")
    assert ready.is_set()
    sent.close(10)
    assert backend.closed


@pytest.mark.parametrize("error", [RefusalError("no such run"), RuntimeError("the run is deleted")])
def test_what_an_old_run_refuses_goes_to_a_new_one(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_FIRST_WAIT_SECONDS", 0.0)
    old, new, before = Picky(lambda _: True, error), FakeBackend(), dropped()
    backends = iter([old, new])
    sent = Delivery(lambda: next(backends))
    sent.put(figures(1))
    sent.put(figures(2))
    wait_until(lambda: len(new.logged) == 2, what="both figures in the new run")
    sent.close(10)
    assert old.closed
    assert dropped() == before


@pytest.mark.parametrize("error", [RefusalError("never"), RuntimeError("whatever it is")])
def test_what_every_run_refuses_is_given_up_and_the_rest_goes_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_FIRST_WAIT_SECONDS", 0.0)
    before, made = dropped(), list[FakeBackend]()

    def connect() -> FakeBackend:
        made.append(Picky(lambda item: item == figures(1), error))
        return made[-1]

    sent = Delivery(connect)
    for number in range(3):
        sent.put(figures(number))
    wait_until(lambda: len(made) == 2 and made[1].logged, what="the figures after those that are refused")
    sent.close(10)
    assert [backend.logged for backend in made] == [[figures(0)], [figures(2)]]
    assert dropped() == before + 1


def test_a_request_whose_answer_was_given_up_is_handed_on_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "REQUEST_SECONDS", 0.0)
    backend, refusals = FakeBackend(), iter([True, True])
    backend.asked = REQUEST
    take = backend.answer

    def answer(item: Answer) -> None:
        if next(refusals, False):
            raise RefusalError("not now")
        take(item)

    monkeypatch.setattr(backend, "answer", answer)
    sent = Delivery(lambda: backend)
    for _ in range(2):
        found = wait_until(sent.request, what="the request")
        assert found == REQUEST
        sent.put(Answer(REQUEST, START))
    wait_until(lambda: backend.logged == [Answer(REQUEST, START)], what="the answer")
    sent.close(10)


def test_a_full_queue_gives_up_the_oldest_but_never_an_answer() -> None:
    waiting, answers = Waiting(), [Answer(REQUEST, START), Answer(REQUEST, None, "no")]
    waiting.put(answers[0])
    for number in range(MOST_WAITING):
        waiting.put(figures(number))
    waiting.put(answers[1])
    kept = [waiting.get(0) for _ in range(MOST_WAITING)]
    assert kept == [answers[0], *(figures(number) for number in range(2, MOST_WAITING)), answers[1]]
    assert waiting.get(0) is None


def test_a_full_queue_gives_up_an_event_only_when_nothing_else_is_left() -> None:
    """A promotion's evidence outlasts figures, of which there are twelve an hour."""
    waiting = Waiting()
    events = [ModelEvent(Kind.PROMOTION, START, "a", "b", float(number), {}) for number in range(MOST_WAITING + 1)]
    waiting.put(events[0])
    for number in range(3 * MOST_WAITING):
        waiting.put(figures(number))
    assert waiting.get(0) == events[0]
    for event in events:
        waiting.put(event)
    assert [waiting.get(0) for _ in range(len(waiting))] == events[1:]


def test_a_request_is_handed_on_once_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "REQUEST_SECONDS", 0.0)
    backend = FakeBackend()
    sent = Delivery(lambda: backend)
    assert sent.request() is None
    backend.asked = Request("3", "steady", "abc", "2026-03-01T12:00:00+00:00")
    found = wait_until(sent.request, what="the request")
    assert found == backend.asked
    looks = count_of(backend, monkeypatch)
    wait_until(lambda: len(looks) > 2, what="further looks")
    assert sent.request() is None
    answer = Answer(backend.asked, START)
    sent.put(answer)
    sent.close(10)
    assert answer in backend.logged


def count_of(backend: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    looks: list[int] = []

    def request() -> Request | None:
        looks.append(1)
        return backend.asked

    monkeypatch.setattr(backend, "request", request)
    return looks
