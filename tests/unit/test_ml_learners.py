"""The parts that learn, each against a computation of its own."""

import numpy as np
import pytest

from ml_service.model.configuration import QUICK, STEADY, Configuration
from ml_service.model.experts import LearnedExperts, learned_names
from ml_service.model.features import feature_names
from ml_service.model.intervals import FilmErrors, Intervals
from ml_service.model.linear import MedianLine, RecursiveLeastSquares, Rows
from ml_service.model.mixture import FilmMixture, Mixture
from ml_service.model.scores import Scoreboard
from ml_service.model.series import Array


def one(h: int, row: Array, target: float, weight: float = 1.0) -> tuple[Rows, Array, Array, Array]:
    """A label of one horizon."""
    return np.array([h]), row[None, :], np.array([target]), np.array([weight])


def add(mixture: Mixture, forecasts: Array, mixed: float, actual: float) -> None:
    """An outcome of the first row."""
    mixture.add(np.array([0]), forecasts[None, :], np.array([mixed]), actual)


def test_labels_of_several_horizons_at_once_are_each_its_own() -> None:
    rng = np.random.default_rng(11)
    together, apart = (RecursiveLeastSquares(3, 4, memories=(100.0, 10.0), ridge=1.0) for _ in range(2))
    medians = MedianLine(3, 4), MedianLine(3, 4)
    for _ in range(50):
        horizons, rows = np.array([0, 2]), rng.normal(size=(2, 4))
        targets, weights = rng.normal(size=2), rng.uniform(0.1, 1, size=2)
        together.learn(horizons, rows, targets, weights)
        medians[0].learn(horizons, rows, targets)
        for k, h in enumerate(horizons):
            apart.learn(*one(h, rows[k], targets[k], weights[k]))
            medians[1].learn(*one(h, rows[k], targets[k])[:3])
    assert np.allclose(together.weights, apart.weights, atol=1e-12)
    assert np.allclose(medians[0].weights, medians[1].weights, atol=1e-12)
    assert not medians[0].weights[1].any()


def test_the_median_line_does_not_follow_wild_outcomes() -> None:
    rng = np.random.default_rng(12)
    model = MedianLine(1, 2)
    for _ in range(4_000):
        row = np.array([rng.normal(), 1.0])
        wild = 50.0 if rng.random() < 0.2 else 0.0
        model.learn(*one(0, row, 1.5 * row[0] + 0.1 * rng.normal() + wild)[:3])
    slope, constant = model.weights[0]
    assert slope == pytest.approx(1.5, abs=0.2)
    assert abs(constant) < 0.5  # the mean of the outcomes is 10


def test_recursive_least_squares_is_ridge_regression() -> None:
    rng = np.random.default_rng(1)
    rows, truth = rng.normal(size=(300, 6)), rng.normal(size=6)
    targets = rows @ truth + rng.normal(scale=0.1, size=300)
    model = RecursiveLeastSquares(2, 6, memories=(1e15, 1e14), ridge=3.0)
    for row, target in zip(rows, targets, strict=True):
        model.learn(*one(1, row, target))
    closed = np.linalg.solve(rows.T @ rows + 3.0 * np.eye(6), rows.T @ targets)
    assert np.allclose(model.weights[1, 0], closed, atol=1e-9)
    assert np.allclose(model.weights[1, 1], closed, atol=1e-6)
    assert not model.weights[0].any()
    assert model.predict(np.stack([rows[0], rows[0]]))[1, 0] == pytest.approx(float(rows[0] @ closed))


def test_a_weight_of_three_is_three_rows() -> None:
    rng = np.random.default_rng(2)
    once, thrice = (RecursiveLeastSquares(1, 3, memories=(1e15,), ridge=1.0) for _ in range(2))
    for _ in range(20):
        row, target = rng.normal(size=3), float(rng.normal())
        once.learn(*one(0, row, target, 3.0))
        for _ in range(3):
            thrice.learn(*one(0, row, target))
    assert np.allclose(once.weights, thrice.weights, atol=1e-9)


def test_forgetting_follows_a_change_and_stays_bounded() -> None:
    rng = np.random.default_rng(3)
    model = RecursiveLeastSquares(1, 2, memories=(50,), ridge=1.0)
    for number in range(20_000):
        row = np.array([rng.normal(), 0.0])  # the second direction is never visited
        model.learn(*one(0, row, (2.0 if number < 10_000 else -2.0) * row[0]))
    assert model.weights[0, 0, 0] == pytest.approx(-2.0 * 50 / 51, abs=0.02)  # the ridge still counts as one row
    assert np.isfinite(model._covariance).all()
    assert model._covariance.max() <= 2.0


def outcomes(mixture: Mixture, steps: int, films: int) -> None:
    rng = np.random.default_rng(4)
    for _ in range(steps):
        for _ in range(films):
            actual = float(rng.normal())
            forecasts = np.array([actual + rng.normal(), actual + 0.1 * rng.normal(), actual + 2.0])
            add(mixture, forecasts, float(mixture.weights[0] @ forecasts), actual)
        mixture.close_step()


def test_the_mixture_finds_the_best_expert() -> None:
    mixture = Mixture(2, np.full(3, 1 / 3), 1e6)
    outcomes(mixture, 100, 5)
    assert mixture.weights[0].argmax() == 1
    assert mixture.weights[0][1] > 0.9
    assert mixture.weights[0].sum() == pytest.approx(1)
    assert mixture.weights[1] == pytest.approx(np.full(3, 1 / 3))


def test_a_mixture_can_beat_each_of_its_experts() -> None:
    rng = np.random.default_rng(5)
    mixture = Mixture(1, np.array([0.9, 0.1]), 1e6)
    losses = []
    for _ in range(2_000):
        actual = float(rng.normal())
        forecasts = np.array([actual - 1 + 0.1 * rng.normal(), actual + 1 + 0.1 * rng.normal()])
        mixed = float(mixture.weights[0] @ forecasts)
        losses.append([abs(mixed - actual), *np.abs(forecasts - actual)])
        add(mixture, forecasts, mixed, actual)
        mixture.close_step()
    own, *others = np.mean(losses[500:], axis=0)
    assert own < 0.3 < min(others)


def test_weights_change_only_when_a_step_is_over() -> None:
    mixture = Mixture(1, np.full(3, 1 / 3), 1e6)
    add(mixture, np.array([1.0, 0.0, 5.0]), 2.0, 0.0)
    assert mixture.weights[0] == pytest.approx(np.full(3, 1 / 3))
    mixture.close_step()
    assert mixture.weights[0].argmax() == 1
    before = mixture.weights.copy()
    mixture.close_step()
    assert (mixture.weights == before).all()


def test_one_wild_outcome_does_not_freeze_the_mixture() -> None:
    calm, shaken = (Mixture(1, np.full(3, 1 / 3), 1e6) for _ in range(2))
    outcomes(calm, 20, 5)
    outcomes(shaken, 20, 5)
    add(shaken, np.array([0.0, 1e12, 0.0]), 0.0, -1.0)
    shaken.close_step()
    outcomes(shaken, 100, 5)
    assert shaken.weights[0].argmax() == 1


def test_a_films_own_weights_start_at_the_shared_ones_and_leave_them() -> None:
    shared = np.array([[0.8, 0.2], [0.5, 0.5]])
    film = FilmMixture(2, 2, 1e6)
    assert film.weights(shared) == pytest.approx(shared)
    for _ in range(50):
        mixed = np.array([float(film.weights(shared)[0] @ [1.0, 0.0])])
        film.learn(np.array([0]), np.array([[1.0, 0.0]]), mixed, 0.0)
    assert film.weights(shared)[0, 1] > 0.9
    assert film.weights(shared)[1] == pytest.approx(shared[1])


def play(intervals: Intervals, film: FilmErrors, noise: list[float], hits: list[bool]) -> None:
    """One film around 100: forecast 100, then see what comes."""
    for one in noise:
        actual = 100.0 * float(np.exp(one))
        kind, scale = intervals.place(0, film)
        lower, upper = intervals.around(0, kind, 100.0, scale)
        hits.append(lower <= actual <= upper)
        film.learn(0, intervals.learn(0, kind, 100.0, scale, actual, inside=hits[-1]))


@pytest.mark.parametrize("draw", ["normal", "heavy", "growing"])
def test_intervals_hold_what_they_promise(draw: str) -> None:
    rng = np.random.default_rng(6)
    count, hits = 4_000, list[bool]()
    noise = rng.standard_t(2, count) if draw == "heavy" else rng.normal(size=count)
    growth = 1 + np.arange(count) / 2_000 if draw == "growing" else 1.0
    play(Intervals((1, 3), 0.8), FilmErrors(2), (0.05 * noise * growth).tolist(), hits)
    assert 0.77 < np.mean(hits) < 0.83
    assert 0.74 < np.mean(hits[-1_000:]) < 0.86


def test_silent_films_do_not_narrow_the_intervals_of_the_others() -> None:
    rng = np.random.default_rng(9)
    intervals, busy = Intervals((1,), 0.8), FilmErrors(1)
    silent = [FilmErrors(1) for _ in range(8)]
    hits = list[bool]()
    for _ in range(1_500):
        play(intervals, busy, [0.05 * float(rng.normal())], hits)
        for film in silent:
            play(intervals, film, [0.0], [])
    assert 0.77 < np.mean(hits[200:]) < 0.83


def test_before_its_first_label_a_horizon_borrows_the_one_before() -> None:
    intervals, film = Intervals((1, 4), 0.8), FilmErrors(2)
    assert intervals.place(1, film)[1] == pytest.approx(0.3 * 4**0.75)
    for _ in range(20):
        kind, scale = intervals.place(0, film)
        film.learn(0, intervals.learn(0, kind, 100.0, scale, 101.0, inside=True))
    near, far = intervals.place(0, film), intervals.place(1, film)
    assert near[1] == pytest.approx(0.01, rel=0.5)
    assert far[1] == pytest.approx(4**0.75 * near[1], rel=0.5)


def test_scores_are_the_textbook_figures() -> None:
    rng = np.random.default_rng(7)
    actual, predicted, naive = rng.normal(50, 10, 400), rng.normal(50, 10, 400), rng.normal(50, 12, 400)
    board, inside = Scoreboard(2), np.abs(predicted - actual) < 10
    for a, p, n, hit in zip(actual, predicted, naive, inside, strict=True):
        board.add(1, p, a, inside=bool(hit), width=20.0, baselines=[abs(n - a)] * 6)
    score = board.life(1)
    assert board.life(0) is board.recent(0) is None
    assert score is not None
    error = predicted - actual
    assert score.labels == 400
    recent = board.recent(1)
    assert recent is not None
    assert recent.mae == pytest.approx(score.mae, rel=0.05)
    assert score.mae == pytest.approx(np.abs(error).mean())
    assert score.rmse == pytest.approx(np.sqrt((error**2).mean()))
    assert score.r2 == pytest.approx(1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum())
    assert score.skill == pytest.approx(1 - np.abs(error).mean() / np.abs(naive - actual).mean())
    assert score.coverage == pytest.approx(inside.mean())


def test_what_cannot_be_said_is_none() -> None:
    board = Scoreboard(1)
    for _ in range(10):
        board.add(0, 5.0, 5.0, inside=True, width=0.0, baselines=[0.0] * 6)
    score = board.life(0)
    assert score is not None
    assert (score.mae, score.r2, score.skill) == (0.0, None, None)


@pytest.mark.parametrize("configuration", [STEADY, QUICK])
def test_learned_experts_are_silent_before_labels_and_moderate_after(configuration: Configuration) -> None:
    names = feature_names()
    experts = LearnedExperts(names, 1, configuration)
    rng = np.random.default_rng(8)
    row = rng.normal(size=(1, len(names)))
    assert experts.predict(row).shape == (1, len(learned_names(configuration)))
    assert not experts.predict(row).any()
    for _ in range(50):
        experts.learn(*one(0, rng.normal(size=len(names)), 0.01 * float(rng.normal())))
    assert experts.predict(row).any()
    assert np.abs(experts.predict(100 * row)).max() <= 4 * 0.02
