"""The forecaster as a whole: no look-ahead, exact replay, skill where there is something to learn, none where not."""

import math
import pickle
import random
from collections.abc import Callable

import pytest

from ml_service.model.features import BASELINES
from ml_service.model.forecaster import Forecast, Forecaster, Outcome
from ml_service.model.grid import Grid

GRID = Grid(3600, (1, 3))
Rows = list[tuple[int, int, float]]


def rows(steps: int, films: int = 6, *, seed: int = 3, noise: float = 3.0) -> Rows:
    """Films that return to a level of their own, with a daily wave: learnable, and persistence is poor at it."""
    rng = random.Random(seed)
    state = [0.0] * films
    found = []
    for step in range(steps):
        for film in range(films):
            state[film] = 0.5 * state[film] + rng.gauss(0, noise)
            wave = 8 * math.sin(2 * math.pi * step / 24)
            found.append((step, film, min(100.0, max(0.0, 40 + 3 * film + wave + state[film]))))
    return found


def run(model: Forecaster, given: Rows) -> tuple[list[Forecast], list[Outcome]]:
    forecasts, outcomes = [], []
    for step, film, value in given:
        outcomes += model.observe(film, step, value)
        forecasts += model.forecast(film)
    return forecasts, outcomes


def fresh(grid: Grid = GRID) -> Forecaster:
    return Forecaster(grid, low=0.0, high=100.0)


def mae(outcomes: list[Outcome], value: Callable[[Outcome], float]) -> float:
    return sum(abs(value(outcome) - outcome.actual) for outcome in outcomes) / len(outcomes)


def ratio(outcomes: list[Outcome], baseline: str) -> float:
    own = mae(outcomes, lambda outcome: outcome.forecast.predicted)
    return own / mae(outcomes, lambda outcome: outcome.forecast.baselines[baseline])


def test_every_forecast_is_scored_once_against_the_value_of_its_target() -> None:
    given = rows(40)
    values = {(film, step): value for step, film, value in given}
    forecasts, outcomes = run(fresh(), given)
    assert len(forecasts) == len(given) * 2
    due = {forecast for forecast in map(key, forecasts) if (forecast[0], forecast[1] + forecast[2]) in values}
    assert {key(outcome.forecast) for outcome in outcomes} == due
    assert len(outcomes) == len(due)
    said = {key(forecast): forecast for forecast in forecasts}
    for outcome in outcomes:
        assert outcome.actual == values[outcome.forecast.film, outcome.forecast.target_step]
        assert outcome.forecast.predicted == said[key(outcome.forecast)].predicted
        assert outcome.error == outcome.forecast.predicted - outcome.actual


def key(forecast: Forecast) -> tuple[int, int, int]:
    return forecast.film, forecast.made_step, forecast.horizon


def test_a_forecast_does_not_know_what_happens_after_it() -> None:
    given = rows(120)
    cut = 6 * 70
    other = given[:cut] + [(step, film, 100 - value) for step, film, value in given[cut:]]
    first, second = run(fresh(), given)[0], run(fresh(), other)[0]
    made_before = [forecast for forecast in first if forecast.made_step < 70]
    assert made_before == [forecast for forecast in second if forecast.made_step < 70]
    assert first != second


def test_the_same_input_gives_the_same_forecasts_bit_for_bit() -> None:
    assert run(fresh(), rows(80)) == run(fresh(), rows(80))


@pytest.mark.parametrize("cut", [1, 137, 300])
def test_a_copy_on_disk_goes_on_as_if_nothing_had_happened(cut: int) -> None:
    given = rows(80)
    whole = run(fresh(), given)[0]
    model = fresh()
    before = run(model, given[:cut])[0]
    after = run(pickle.loads(pickle.dumps(model)), given[cut:])[0]
    assert before + after == whole


def test_it_learns_what_can_be_learned() -> None:
    outcomes = run(fresh(), rows(700))[1]
    for horizon in GRID.horizons:
        late = [o for o in outcomes if o.forecast.horizon == horizon and o.forecast.made_step > 200]
        assert ratio(late, "persistence") < 0.9
        assert all(ratio(late, baseline) < 0.97 for baseline in BASELINES)
        assert 0.75 < sum(o.forecast.lower <= o.actual <= o.forecast.upper for o in late) / len(late) < 0.85


def test_with_shuffled_labels_the_skill_vanishes() -> None:
    """A constant is all that is left to say: no forecast may beat the best constant one, the median."""
    given = rows(500)
    values = [value for *_, value in given]
    random.Random(9).shuffle(values)
    outcomes = run(fresh(), [(step, film, value) for (step, film, _), value in zip(given, values, strict=True)])[1]
    median = sorted(values)[len(values) // 2]
    late = [outcome for outcome in outcomes if outcome.forecast.made_step > 100]
    own = mae(late, lambda outcome: outcome.forecast.predicted)
    assert own > 0.98 * mae(late, lambda _: median)


def test_on_a_random_walk_it_falls_back_on_persistence() -> None:
    rng = random.Random(5)
    level = dict.fromkeys(range(6), 500.0)
    given = []
    for step in range(500):
        for film in level:
            level[film] += rng.gauss(0, 5)
            given.append((step, film, level[film]))
    outcomes = run(Forecaster(GRID), given)[1]
    for horizon in GRID.horizons:
        late = [o for o in outcomes if o.forecast.horizon == horizon and o.forecast.made_step > 100]
        assert ratio(late, "persistence") < 1.03


def test_forecasts_stay_inside_the_scale_and_their_interval() -> None:
    forecasts = run(fresh(), rows(150, noise=40.0))[0]
    for forecast in forecasts:
        assert 0 <= forecast.lower <= forecast.predicted <= forecast.upper <= 100


def test_a_cold_film_is_forecast_from_its_first_value() -> None:
    model = fresh()
    run(model, rows(60))
    model.observe(77, 60, 12.0)
    near, far = model.forecast(77)
    assert near.current == far.current == 12.0
    assert near.baselines["persistence"] == 12.0
    assert abs(near.predicted - 12.0) < 15


def test_a_value_out_of_order_settles_once_and_does_not_enter_the_past() -> None:
    model = fresh()
    run(model, [(0, 1, 50.0), (4, 1, 52.0)])
    settled = model.observe(1, 3, 51.0)
    assert [(outcome.forecast.made_step, outcome.actual) for outcome in settled] == [(0, 51.0)]
    assert model.observe(1, 3, 51.0) == []
    assert model.last_step(1) == 4


def test_forecasts_into_a_gap_are_never_scored_and_nothing_is_scored_twice() -> None:
    model = fresh()
    outcomes = run(model, [(0, 1, 50.0), (1, 1, 50.0), (9, 1, 60.0), (10, 1, 61.0)])[1]
    assert [(outcome.forecast.made_step, outcome.forecast.horizon) for outcome in outcomes] == [(0, 1), (9, 1)]


def test_a_week_of_silence_starts_a_film_anew_and_forgetting_drops_it() -> None:
    model = fresh()
    run(model, [(step, 1, 50.0) for step in range(10)] + [(GRID.week + 20, 1, 80.0)])
    assert model.forecast(1)[0].baselines["ewma"] == 80.0
    model.observe(2, 30, 5.0)
    assert model.films == 2
    assert model.forget(GRID.week) == 1
    assert (model.knows(1), model.knows(2), model.last_step(2)) == (True, False, None)


def test_memory_is_flat() -> None:
    model = fresh()
    given = rows(900)
    films = {}
    for number, row in enumerate(given):
        run(model, [row])
        if number in {1_200, 5_399}:
            films[number] = len(pickle.dumps(model._films))
    assert films[5_399] < 1.01 * films[1_200]
    assert len(pickle.dumps(model)) < 500_000  # the trees' depth is bounded: 32 leaves, and as many in their shadows


def test_figures_are_those_of_the_outcomes() -> None:
    model = fresh()
    outcomes = run(model, rows(60))[1]
    for h, horizon in enumerate(GRID.horizons):
        mine = [outcome for outcome in outcomes if outcome.forecast.horizon == horizon]
        score = model.scores.life(h)
        assert score is not None
        assert score.labels == len(mine)
        assert score.mae == pytest.approx(mae(mine, lambda outcome: outcome.forecast.predicted), rel=1e-12)
        assert score.baseline_mae["ewma"] == pytest.approx(
            mae(mine, lambda outcome: outcome.forecast.baselines["ewma"]), rel=1e-6
        )
