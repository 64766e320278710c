"""The loop: its pace, what it survives, what ends it, and what it says about its health."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from contracts.errors import ConfigurationError, DependencyError
from producers.errors import SourceUnavailableError
from producers.metrics import ProducerMetrics
from producers.polling import PollLoop, SideWork
from producers.retrying import with_retries
from tests.unit.producers_support import InstantStop, SettableClock


def make_loop(clock: SettableClock, poll: Callable[[], bool], side_work: SideWork | None = None) -> PollLoop:
    metrics = ProducerMetrics("test")
    return PollLoop("test", 60, poll, metrics, side_work=side_work, clock=clock, monotonic=clock.seconds)


def test_polls_at_the_interval_counted_from_the_beginning_of_a_poll() -> None:
    clock, at = SettableClock(), list[float]()

    def poll() -> bool:
        at.append(clock.seconds())
        clock.advance(5)
        return False

    make_loop(clock, poll).run(InstantStop(clock, stop_after=200))
    assert at == [0, 60, 120, 180]


def test_polls_at_once_while_there_is_more() -> None:
    clock, answers, at = SettableClock(), [True, True, False, False], list[float]()

    def poll() -> bool:
        at.append(clock.seconds())
        return answers.pop(0)

    make_loop(clock, poll).run(InstantStop(clock, stop_after=100))
    assert at == [0, 0, 0, 60]


def test_a_failed_poll_is_skipped_and_a_longer_pause_is_kept() -> None:
    clock, at = SettableClock(), list[float]()
    errors: list[Exception | None] = [None, SourceUnavailableError("503"), SourceUnavailableError("429", 150.0), None]

    def poll() -> bool:
        at.append(clock.seconds())
        if error := errors.pop(0):
            raise error
        return False

    make_loop(clock, poll).run(InstantStop(clock, stop_after=280))
    assert at == [0, 60, 120, 270]


def test_wrong_keys_end_the_service_at_its_start_only() -> None:
    clock = SettableClock()
    refused = ConfigurationError("TMDB refused TMDB_API_KEY")

    def wrong() -> bool:
        raise refused

    with pytest.raises(ConfigurationError, match="TMDB_API_KEY"):
        make_loop(clock, wrong).run(InstantStop(clock, stop_after=100))

    outcomes: list[Exception | None] = [None, refused, None]

    def flaky() -> bool:
        if error := outcomes.pop(0):
            raise error
        return False

    loop = make_loop(clock, flaky)
    loop.run(InstantStop(clock, stop_after=clock.seconds() + 150))
    assert outcomes == []
    assert loop.health() is None


def test_kafka_away_ends_the_service() -> None:
    clock = SettableClock()

    def poll() -> bool:
        raise DependencyError("Kafka is away")

    with pytest.raises(DependencyError):
        make_loop(clock, poll).run(InstantStop(clock))


def test_health_follows_the_last_good_poll() -> None:
    clock, fail = SettableClock(), [False]

    def poll() -> bool:
        if fail[0]:
            raise SourceUnavailableError("HTTP 503")
        return False

    loop = make_loop(clock, poll)
    assert "no successful poll yet" in (loop.health() or "")
    loop.run(InstantStop(clock, stop_after=10))
    assert loop.health() is None
    fail[0] = True
    loop.run(InstantStop(clock, stop_after=170))
    assert loop.health() is None
    loop.run(InstantStop(clock, stop_after=250))
    assert "HTTP 503" in (loop.health() or "")


def test_side_work_fills_the_time_between_polls_and_never_delays_one() -> None:
    clock, polls, lefts = SettableClock(), list[float](), list[float]()

    def poll() -> bool:
        polls.append(clock.seconds())
        return False

    def work(left: float) -> bool:
        lefts.append(left)
        clock.advance(min(25, left))
        return True

    make_loop(clock, poll, work).run(InstantStop(clock, stop_after=125))
    assert polls[:2] == [0, 60]
    assert lefts[:4] == [60, 35, 10, 60]


def test_no_side_work_after_a_failed_poll() -> None:
    clock = SettableClock()

    def poll() -> bool:
        raise SourceUnavailableError("HTTP 503")

    def work(left: float) -> bool:
        pytest.fail(f"worked for {left} s although the source is away")

    make_loop(clock, poll, work).run(InstantStop(clock, stop_after=100))


def test_retries_wait_longer_each_time_and_give_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SettableClock()
    stop = InstantStop(clock)
    monkeypatch.setattr("time.monotonic", clock.seconds)
    calls = list[int]()

    def call() -> int:
        calls.append(1)
        raise SourceUnavailableError("HTTP 503")

    with pytest.raises(SourceUnavailableError, match="503"):
        with_retries(call, stop=stop, deadline=20)
    assert 4 <= len(calls) <= 8
    assert sum(stop.waits) <= 20
    assert all(later > earlier * 1.1 for earlier, later in zip(stop.waits, stop.waits[2:], strict=False))


def test_retries_honour_the_pause_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SettableClock()
    stop = InstantStop(clock)
    monkeypatch.setattr("time.monotonic", clock.seconds)
    outcomes: list[Exception | int] = [SourceUnavailableError("429", 9.0), 5]

    def call() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert with_retries(call, stop=stop, deadline=20) == 5
    assert stop.waits == [9.0]


def test_retries_end_with_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SettableClock()
    stop = InstantStop(clock, stop_after=0.1)
    monkeypatch.setattr("time.monotonic", clock.seconds)
    calls = list[int]()

    def call() -> None:
        calls.append(1)
        raise SourceUnavailableError("HTTP 503")

    with pytest.raises(SourceUnavailableError):
        with_retries(call, stop=stop, deadline=1_000)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("url", "simulated"),
    [
        ("https://api.themoviedb.org/3", 0),
        ("http://simulator:8090/3", 1),
        ("https://api.themoviedb.org.example/3", 1),
    ],
)
def test_what_another_host_serves_is_told_as_simulated(url: str, simulated: int) -> None:
    ProducerMetrics("elsewhere").served_by(url, "https://api.themoviedb.org/3")
    assert REGISTRY.get_sample_value("trendscope_producer_simulated", {"source": "elsewhere"}) == simulated
