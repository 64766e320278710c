"""The ML service is ready while its loop gets on, and says what holds it up."""

import pytest

from ml_service.health import Progress


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def progress(time: Time) -> Progress:
    begun = Progress(time)
    begun.begin()
    return begun


def test_it_is_not_ready_before_its_state_is_restored() -> None:
    assert Progress().health() == "starting"


@pytest.mark.parametrize("lag", [0, None])
def test_an_hour_without_records_is_no_trouble(progress: Progress, time: Time, lag: int | None) -> None:
    for _ in range(3_600):
        time.now += 1
        progress.stepped(0, lag)
        assert progress.health() is None


def test_a_backlog_that_is_worked_off_is_no_trouble(progress: Progress, time: Time) -> None:
    for left in range(3_600, 0, -1):
        time.now += 1
        progress.stepped(1, left)
        assert progress.health() is None


def test_a_step_that_does_not_end(progress: Progress, time: Time) -> None:
    progress.stepped(5, 0)
    time.now += 299
    assert progress.health() is None
    time.now += 2
    assert progress.health() == "a step runs for 301 s"
    progress.stepped(5, 0)
    assert progress.health() is None


def test_records_that_wait_and_do_not_come(progress: Progress, time: Time) -> None:
    progress.stepped(5, 7)
    for _ in range(301):
        assert progress.health() is None
        time.now += 1
        progress.stepped(0, 7)
    assert progress.health() == "7 records wait, and none was read for 301 s"
    progress.stepped(7, 0)
    assert progress.health() is None
