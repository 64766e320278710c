"""The parts that learn, each against a computation of its own."""

import numpy as np
import pytest

from ml_service.model.configuration import QUICK, STEADY, Configuration
from ml_service.model.experts import LearnedExperts, learned_names
from ml_service.model.features import feature_names
from ml_service.model.intervals import FilmErrors, Intervals
from ml_service.model.linear import FadingRidge, MedianLine, Rows
from ml_service.model.mixture import FilmMixture, Mixture
from ml_service.model.scores import Scoreboard
from ml_service.model.series import Array, from_log_scale, log_scale


def one(h: int, row: Array, target: float, weight: float = 1.0) -> tuple[Rows, Array, Array, Array]:
    """A label of one horizon."""
    return np.array([h]), row[None, :], np.array([target]), np.array([weight])


def learn(model: FadingRidge | MedianLine, h: int, row: Array, target: float, weight: float = 1.0) -> None:
    """A step with a single label."""
    model.add(h, row[None, :], np.array([target]), np.array([weight]))
    model.close_step()


def add(mixture: Mixture, forecasts: Array, mixed: float, actual: float) -> None:
    """An outcome of the first row."""
    mixture.add(np.array([0]), forecasts[None, :], np.array([mixed]), actual)


def test_a_step_in_several_parts_is_the_same_step_and_horizons_are_apart() -> None:
    rng = np.random.default_rng(11)
    for make in (lambda: FadingRidge(3, 4, memories=(100.0, 10.0), ridge=1.0), lambda: MedianLine(3, 4)):
        whole, parts = make(), make()
        for _ in range(20):
            rows, targets, weights = rng.normal(size=(6, 4)), rng.normal(size=6), rng.uniform(0.1, 1, size=6)
            whole.add(0, rows, targets, weights)
            for k in range(6):
                parts.add(0, rows[k : k + 1], targets[k : k + 1], weights[k : k + 1])
            parts.add(2, rows, targets, weights)
            whole.close_step()
            parts.close_step()
        assert whole.weights[0].any()
        assert np.allclose(whole.weights[0], parts.weights[0], atol=1e-12)
        assert np.allclose(whole.weights[0], parts.weights[2], atol=1e-12)
        assert not whole.weights[1:].any()


def test_nothing_is_learned_before_the_step_is_closed() -> None:
    model = FadingRidge(1, 2, memories=(100.0,), ridge=1.0)
    model.add(0, np.ones((3, 2)), np.ones(3), np.ones(3))
    assert not model.weights.any()
    model.close_step()
    learned = model.weights.copy()
    assert learned.any()
    model.close_step()  # a step without labels
    assert (model.weights == learned).all()


def test_the_median_line_does_not_follow_wild_outcomes() -> None:
    rng = np.random.default_rng(12)
    model = MedianLine(1, 2)
    for _ in range(4_000):
        row = np.array([rng.normal(), 1.0])
        wild = 50.0 if rng.random() < 0.2 else 0.0
        learn(model, 0, row, 1.5 * row[0] + 0.1 * rng.normal() + wild)
    slope, constant = model.weights[0]
    assert slope == pytest.approx(1.5, abs=0.2)
    assert abs(constant) < 0.5  # the mean of the outcomes is 10


def test_it_is_ridge_regression() -> None:
    rng = np.random.default_rng(1)
    rows, truth = rng.normal(size=(300, 6)), rng.normal(size=6)
    targets = rows @ truth + rng.normal(scale=0.1, size=300)
    model = FadingRidge(2, 6, memories=(1e15, 1e14), ridge=3.0)
    for row, target in zip(rows, targets, strict=True):
        learn(model, 1, row, target)
    closed = np.linalg.solve(rows.T @ rows + 3.0 * np.eye(6), rows.T @ targets)
    assert np.allclose(model.weights[1, 0], closed, atol=1e-9)
    assert np.allclose(model.weights[1, 1], closed, atol=1e-6)
    assert not model.weights[0].any()
    assert model.predict(np.stack([rows[0], rows[0]]))[1, 0] == pytest.approx(float(rows[0] @ closed))


def test_older_rows_fade_as_the_memory_says() -> None:
    rng = np.random.default_rng(13)
    rows, targets, weights = rng.normal(size=(40, 3)), rng.normal(size=40), rng.uniform(0.2, 1, size=40)
    model = FadingRidge(1, 3, memories=(10.0,), ridge=2.0)
    for row, target, weight in zip(rows, targets, weights, strict=True):
        learn(model, 0, row, target, weight)
    later = weights.sum() - np.cumsum(weights)
    fading = weights * 0.9**later
    closed = np.linalg.solve((rows.T * fading) @ rows + 2.0 * np.eye(3), (rows.T * fading) @ targets)
    assert np.allclose(model.weights[0, 0], closed, atol=1e-9)


def test_a_weight_of_three_is_three_rows() -> None:
    rng = np.random.default_rng(2)
    once, thrice = (FadingRidge(1, 3, memories=(1e15,), ridge=1.0) for _ in range(2))
    for _ in range(20):
        row, target = rng.normal(size=3), float(rng.normal())
        learn(once, 0, row, target, 3.0)
        for _ in range(3):
            learn(thrice, 0, row, target)
    assert np.allclose(once.weights, thrice.weights, atol=1e-9)


def test_forgetting_follows_a_change_and_stays_bounded() -> None:
    rng = np.random.default_rng(3)
    model = FadingRidge(1, 2, memories=(50,), ridge=1.0)
    for number in range(20_000):
        row = np.array([rng.normal(), 0.0])  # the second direction is never visited
        learn(model, 0, row, (2.0 if number < 10_000 else -2.0) * row[0])
    assert model.weights[0, 0, 0] == pytest.approx(-2.0 * 50 / 51, abs=0.03)  # the ridge still counts as one row
    assert model.weights[0, 0, 1] == 0.0
    assert np.isfinite(model._products).all()


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
    assert mixture.weights.sum(axis=1) == pytest.approx(1)


def test_a_horizon_without_labels_takes_the_weights_of_the_shorter_one_and_its_own_labels_take_over() -> None:
    mixture = Mixture(3, np.full(3, 1 / 3), 1e6)
    outcomes(mixture, 100, 5)
    first, second, third = mixture.weights
    assert 1 / 3 < third[1] < second[1] < first[1]
    assert second[1] > 0.8
    for _ in range(100):  # at the longest horizon another expert is right
        mixed = float(mixture.weights[2] @ [0.0, 1.0, 1.0])
        mixture.add(np.array([2]), np.array([[0.0, 1.0, 1.0]]), np.array([mixed]), np.array([0.0]))
        mixture.close_step()
    assert mixture.weights[2][0] > 0.9
    assert mixture.weights[1] == pytest.approx(second)


def test_each_kind_of_film_leans_on_its_own_kind_of_the_shorter_horizon() -> None:
    mixture = Mixture(2, np.full(3, 1 / 3), 1e6, kinds=2)
    outcomes(mixture, 100, 5)
    assert mixture.weights[2][1] > 0.8
    assert mixture.weights[[1, 3]] == pytest.approx(1 / 3)


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


def play(intervals: Intervals, films: list[FilmErrors], noise: Array, hits: list[bool]) -> None:
    """Films around 100, a row of log errors a step: forecast 100, then see what comes."""
    for step in noise:
        places, inside = [], []
        for film, error in zip(films, step.tolist(), strict=True):
            places.append(intervals.place(0, film))
            lower, upper = intervals.around(0, 100.0, *places[-1])
            inside.append(lower <= from_log_scale(log_scale(100.0) + error) <= upper)
            film.learn(0, abs(error))
        hits += inside
        intervals.add(np.zeros(len(films), dtype=np.intp), np.array(places), step, np.array(inside))
        intervals.close_step()


@pytest.mark.parametrize("draw", ["normal", "heavy", "growing", "shrinking"])
def test_intervals_hold_what_they_promise(draw: str) -> None:
    rng = np.random.default_rng(6)
    count, hits = 4_000, list[bool]()
    noise = rng.standard_t(2, count) if draw == "heavy" else rng.normal(size=count)
    growth = {"growing": 1 + np.arange(count) / 2_000, "shrinking": np.exp(-(np.arange(count) % 1_000) / 60)}.get(
        draw, 1.0
    )
    play(Intervals((1, 3), 0.8), [FilmErrors(2)], (0.05 * noise * growth)[:, None], hits)
    assert 0.77 < np.mean(hits) < 0.83
    assert 0.74 < np.mean(hits[-1_000:]) < 0.86


def test_silent_films_do_not_narrow_the_intervals_of_the_others() -> None:
    rng = np.random.default_rng(9)
    noise = np.zeros((1_500, 9))
    noise[:, 0] = 0.05 * rng.normal(size=1_500)
    hits = list[bool]()
    play(Intervals((1,), 0.8), [FilmErrors(1) for _ in range(9)], noise, hits)
    assert 0.77 < np.mean(hits[9 * 200 :: 9]) < 0.83


def test_a_hundred_new_films_have_their_coverage_within_days() -> None:
    """A list of films that has just been found: a step is a day, and nobody waits for a hundred of them."""
    rng = np.random.default_rng(14)
    hits = list[bool]()
    play(Intervals((1,), 0.8), [FilmErrors(1) for _ in range(100)], 0.01 * rng.normal(size=(20, 100)), hits)
    by_day = np.array(hits).reshape(20, 100).mean(axis=1)
    assert by_day[0] == 1.0  # nothing was known: 30 % up or down
    assert 0.7 < by_day[3:6].mean() < 0.9
    assert 0.77 < by_day[6:].mean() < 0.83


@pytest.mark.parametrize("repeats", [0.7, 0.95])
def test_where_most_outcomes_repeat_the_rest_decides_whatever_its_scale(repeats: float) -> None:
    """Ranks and silent films: most errors are next to nothing, and one that is ever so small may lie outside."""
    rng = np.random.default_rng(18)
    noise = np.where(rng.random((600, 10)) < repeats, 1e-11, 0.2) * rng.normal(size=(600, 10))
    hits = list[bool]()
    play(Intervals((1,), 0.8), [FilmErrors(1) for _ in range(10)], noise, hits)
    assert 0.77 < np.mean(hits[10 * 100 :]) < 0.83


def test_the_share_inside_is_of_all_outcomes_also_when_bad_steps_have_fewer() -> None:
    """A list that changes once a week: on that day a third of its films have left it, and the rest err together."""
    rng = np.random.default_rng(19)
    intervals, films, hits = Intervals((1,), 0.8), [FilmErrors(1) for _ in range(90)], list[bool]()
    for day in range(700):
        bad = day % 4 == 0
        errors = rng.normal(size=60) * 0.2 + 0.1 * rng.normal() if bad else 0.01 * rng.normal(size=90)
        play(intervals, films[: len(errors)], errors[None, :], hits)
    assert 0.785 < np.mean(hits[90 * 100 :]) < 0.815


def test_the_first_labels_of_a_long_horizon_do_not_narrow_it() -> None:
    """The first forecasts were made knowing nothing and all hold, eight steps long: no reason to narrow the next."""
    rng = np.random.default_rng(20)
    intervals, films = Intervals((1, 8), 0.8), [FilmErrors(2) for _ in range(20)]
    said, hits = list[list[tuple[tuple[int, float, float], tuple[float, float]]]](), list[float]()
    for step in range(32):
        places = [intervals.place(1, film) for film in films]
        said.append([(place, intervals.around(1, 100.0, *place)) for place in places])
        play(intervals, films, 0.01 * rng.normal(size=(1, 20)), [])
        if step >= 8:
            errors = 0.04 * rng.normal(size=20)
            values = [from_log_scale(log_scale(100.0) + error) for error in errors.tolist()]
            inside = np.array([low <= value <= high for (_, (low, high)), value in zip(said[-9], values, strict=True)])
            hits.append(inside.mean())
            intervals.add(np.full(20, 1), np.array([place for place, _ in said[-9]]), errors, inside)
            for film, error in zip(films, errors.tolist(), strict=True):
                film.learn(1, abs(error))
    assert hits[0] == 1.0
    assert 0.74 < np.mean(hits[8:]) < 0.86


def test_films_that_err_together_count_as_few() -> None:
    rng = np.random.default_rng(15)
    apart, together = Intervals((1,), 0.8), Intervals((1,), 0.8)
    common = np.repeat(rng.normal(size=(60, 1)), 50, axis=1)
    play(apart, [FilmErrors(1) for _ in range(50)], 0.01 * rng.normal(size=(60, 50)), [])
    play(together, [FilmErrors(1) for _ in range(50)], 0.01 * common, [])
    assert apart._shocks.correlation[0] < 0.05
    assert together._shocks.correlation[0] > 0.8
    assert together._labels.sum() < 0.1 * apart._labels.sum()


def test_before_its_first_label_a_horizon_borrows_the_one_before() -> None:
    intervals, film = Intervals((1, 4), 0.8), FilmErrors(2)
    first = intervals.around(1, 100.0, *intervals.place(1, film))
    assert log_scale(first[1]) - log_scale(100.0) == pytest.approx(1.6 * 0.3 * 4**0.75, rel=0.02)
    play(intervals, [film], np.tile([[0.01], [-0.01]], (20, 1)), [])
    near, far = (intervals.around(h, 100.0, *intervals.place(h, film)) for h in (0, 1))
    assert log_scale(far[1]) - log_scale(100.0) == pytest.approx(4**0.75 * 0.016, rel=0.5)
    assert far[0] < near[0] < 100.0 < near[1] < far[1]


def test_a_longer_horizon_grows_as_its_labels_say() -> None:
    rng = np.random.default_rng(16)
    intervals, films = Intervals((1, 4, 16), 0.8), [FilmErrors(3) for _ in range(20)]
    for _ in range(100):
        for h, size in ((0, 0.01), (1, 0.01)):  # errors that do not grow
            errors = size * rng.normal(size=20)
            places = np.array([intervals.place(h, film) for film in films])
            intervals.add(np.full(20, h), places, errors, np.ones(20, dtype=bool))
            for film, error in zip(films, errors.tolist(), strict=True):
                film.learn(h, abs(error))
        intervals.close_step()
    assert intervals._growth[1] == pytest.approx(1.0, abs=0.2)
    assert intervals._growth[2] < 16**0.4


def test_scores_are_the_textbook_figures() -> None:
    rng = np.random.default_rng(7)
    actual, predicted, naive = rng.normal(50, 10, 400), rng.normal(50, 10, 400), rng.normal(50, 12, 400)
    board, inside = Scoreboard(2), np.abs(predicted - actual) < 10
    for a, p, n, hit in zip(actual, predicted, naive, inside, strict=True):
        board.add(np.array([1]), [(p, bool(hit), 20.0)], a, np.full((1, 6), abs(n - a)))
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
        board.add(np.array([0]), [(5.0, True, 0.0)], 5.0, np.zeros((1, 6)))
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
    said = []
    for _ in range(400):
        label = one(0, rng.normal(size=len(names)), 0.01 * float(rng.normal()))
        experts.grow(*label[:3], np.zeros(1))
        experts.learn(*label)
        said.append(np.abs(experts.predict(100 * row)).max() / experts._usual[0])
    assert experts.predict(row).any()
    assert max(said[:5]) <= 1.2, "after a few labels nothing beyond a usual change"
    assert 2.5 < max(said) <= 4, "and later more, but not anything"
