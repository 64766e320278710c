"""The online detector: silent while nothing changes, quick when our error grows, deaf to what hits everybody."""

import random

from ml_service.error_drift import Drift, ErrorDrift

STEPS = 5


def play(
    detector: ErrorDrift, windows: int, own: float, naive: float, *, first: int, seed: int
) -> list[tuple[int, Drift]]:
    """Errors of 20 films a step around the given means, spread as exponential ones are."""
    rng, found = random.Random(seed), []
    for step in range(first * STEPS, (first + windows) * STEPS):
        drift = detector.close_step(step)
        if drift is not None:
            found.append((step // STEPS, drift))
        common = rng.lognormvariate(0, 0.5)  # what makes a window hard for everybody
        for _ in range(20):
            detector.add(step, own * common * rng.expovariate(1), naive * common * rng.expovariate(1))
    return found


def test_it_is_silent_while_nothing_changes() -> None:
    assert play(ErrorDrift(STEPS), 2_000, 2.0, 2.5, first=0, seed=1) == []


def test_it_notices_within_a_few_windows_that_our_error_doubled() -> None:
    detector = ErrorDrift(STEPS)
    assert play(detector, 300, 2.0, 2.5, first=0, seed=2) == []
    (window, drift), *others = play(detector, 100, 4.0, 2.5, first=300, seed=3)
    assert 300 < window < 330
    assert drift.before < drift.after
    assert others == []


def test_it_does_not_mind_what_makes_every_forecast_worse() -> None:
    detector = ErrorDrift(STEPS)
    play(detector, 300, 2.0, 2.5, first=0, seed=4)
    assert play(detector, 300, 20.0, 25.0, first=300, seed=5) == []


def test_getting_better_is_no_drift() -> None:
    detector = ErrorDrift(STEPS)
    play(detector, 300, 4.0, 2.5, first=0, seed=6)
    assert play(detector, 100, 1.0, 2.5, first=300, seed=7) == []


def test_windows_without_outcomes_are_no_values() -> None:
    detector = ErrorDrift(STEPS)
    assert detector.close_step(17) is None
    detector.add(20, 1.0, 1.0)
    assert detector.close_step(24) is None
    assert detector.close_step(500) is None
    assert detector._labels == 0
