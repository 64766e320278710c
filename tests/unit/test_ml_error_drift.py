"""The online detector: silent while nothing changes, quick when the error grows, deaf to the time of day."""

import math
import random

from ml_service.error_drift import Drift, ErrorDrift

STEPS, SECONDS = 5, 60
DAY = 288
"""Windows."""


def fresh() -> ErrorDrift:
    return ErrorDrift(STEPS, SECONDS)


def play(
    detector: ErrorDrift, windows: int, mean: float, *, first: int, seed: int, noon: float = 0.0
) -> list[tuple[int, Drift]]:
    """Errors of 20 films a step around a mean, exponential, with luck that a window's films share."""
    rng, found = random.Random(seed), []
    for step in range(first * STEPS, (first + windows) * STEPS):
        drift = detector.close_step(step)
        if drift is not None:
            found.append((step // STEPS, drift))
        common = rng.lognormvariate(0, 0.15) * (1 - noon * math.cos(2 * math.pi * step / STEPS / DAY))
        for _ in range(20):
            detector.add(step, mean * common * rng.expovariate(1))
    return found


def test_it_is_silent_while_nothing_changes() -> None:
    assert play(fresh(), 2_000, 2.0, first=0, seed=1) == []


def test_it_notices_within_a_few_windows_that_the_error_doubled() -> None:
    detector = fresh()
    assert play(detector, 300, 2.0, first=0, seed=2) == []
    (window, drift), *others = play(detector, 100, 4.0, first=300, seed=3)
    assert 300 < window < 320
    assert drift.growth > 1
    assert others == []


def test_from_the_second_day_on_the_time_of_day_is_no_drift() -> None:
    detector = fresh()
    play(detector, 2 * DAY, 2.0, first=0, seed=4, noon=0.5)
    assert play(detector, 5 * DAY, 2.0, first=2 * DAY, seed=5, noon=0.5) == []
    assert play(detector, 60, 4.0, first=7 * DAY, seed=6, noon=0.5)


def test_getting_better_is_no_drift() -> None:
    detector = fresh()
    play(detector, 300, 4.0, first=0, seed=7)
    assert play(detector, 100, 1.0, first=300, seed=8) == []


def test_windows_without_outcomes_are_no_values() -> None:
    detector = fresh()
    assert detector.close_step(17) is None
    detector.add(20, 1.0)
    assert detector.close_step(24) is None
    assert detector.close_step(500) is None
    assert detector._labels == 0


def test_after_a_silence_a_value_is_of_a_whole_window_and_of_its_own_hour() -> None:
    detector = fresh()
    detector.add(20, 1.0)
    detector.close_step(25)
    assert (detector._values, detector._hour) == (1, 0)
    detector.close_step(14 * 60 + 2)
    detector.add(14 * 60 + 2, 1.0)
    detector.close_step(14 * 60 + 3)
    assert detector._values == 1, "the window is not over"
    detector.close_step(14 * 60 + 5)
    assert (detector._values, detector._hour) == (2, 14)
