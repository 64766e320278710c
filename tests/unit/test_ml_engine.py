"""Windows become steps: what is forecast, when it is scored, and what is ignored."""

from datetime import timedelta

import pytest

from contracts.events import Prediction, TrendUpdate
from ml_service import metric_rows
from ml_service.engine import COVARIATES, Batch, Engine, EngineConfig
from ml_service.model.features import BASELINES
from tests.support.ml import CONFIG, SLIDE, START, WINDOW, final, updates


def run(rows: list[TrendUpdate], engine: Engine | None = None) -> Batch:
    engine, batch = engine or Engine(CONFIG), Batch()
    for row in rows:
        engine.process(row, batch)
    return batch


def split(batch: Batch) -> tuple[list[Prediction], list[Prediction]]:
    outcomes = [row for row in batch.predictions if row.actual is not None]
    return [row for row in batch.predictions if row.actual is None], outcomes


def test_the_grid_counts_slides_and_horizons_are_whole_windows() -> None:
    grid = EngineConfig(WINDOW, SLIDE, (12, 1, 3, 1), 0.8).grid()
    assert grid.step_seconds == 60
    assert grid.horizons == (5, 15, 60)


def test_target_and_input_windows_do_not_overlap() -> None:
    forecasts, outcomes = split(run([final(1, 0, 50.0)]))
    assert outcomes == []
    assert [row.horizon for row in forecasts] == [1, 3]
    first, third = forecasts
    assert first.made_at == START + WINDOW == first.target_window_start
    assert first.target_window_end == first.target_window_start + WINDOW
    assert third.target_window_start == START + 3 * WINDOW
    assert first.current == 50.0
    assert set(first.baselines) == set(BASELINES)
    assert first.lower <= first.predicted <= first.upper


def test_the_outcome_comes_with_the_targets_final_row_and_repeats_the_forecast() -> None:
    rows = [final(1, number, 50.0 + number) for number in range(6)]
    forecasts, outcomes = split(run(rows))
    assert len(outcomes) == 1
    said = forecasts[0]
    assert outcomes[0] == said.model_copy(update={"actual": 55.0, "error": said.predicted - 55.0})


def test_only_final_rows_count_and_each_window_once() -> None:
    rows = list(updates(3, 40))
    finals = [row for row in rows if row.is_final]
    assert run(rows).predictions == run(finals).predictions
    engine = Engine(CONFIG)
    doubled = run([row for row in finals for _ in range(2)], engine)
    assert doubled.predictions == run(finals).predictions
    assert engine.ignored == len(finals)


def test_a_later_revision_of_a_final_window_changes_nothing() -> None:
    finals = [row for row in updates(3, 40) if row.is_final]
    engine, usual = Engine(CONFIG), Engine(CONFIG)
    revised = [row.model_copy(update={"trend_score": 100 - row.trend_score, "revision": 9}) for row in finals]
    batch = run([row for both in zip(finals, revised, strict=True) for row in both], engine)
    assert batch == run(finals, usual)
    assert engine.scores() == usual.scores()


def test_rows_of_an_older_window_make_no_forecast() -> None:
    engine = Engine(CONFIG)
    before = run([final(1, 0, 50.0), final(1, 9, 52.0)], engine)
    late = run([final(1, 3, 51.0), final(1, 5, 57.0)], engine)
    assert len(before.predictions) == 4
    assert [(row.made_at, row.actual) for row in late.predictions] == [(START + WINDOW, 57.0)]


def test_an_interrupted_engine_equals_an_uninterrupted_one() -> None:
    rows = list(updates(3, 60))
    engine = Engine(CONFIG)
    parts = run(rows[:111], engine).predictions + run(rows[111:], engine).predictions
    assert parts == run(rows).predictions


def test_each_window_close_has_the_figures_known_at_it() -> None:
    rows = list(updates(2, 30))
    batch = run(rows)
    assert [close.at for close in batch.closes] == [START + number * SLIDE + WINDOW for number in range(29)]
    assert batch.closes[0].scores == {}
    assert set(batch.closes[-1].scores) == {1, 3}
    figures = metric_rows.rows(batch.closes)
    last = batch.closes[-1]
    at_the_end = [row for row in figures if (row.at, row.horizon, row.model_version) == (last.at, 1, last.champion)]
    errors = [abs(row.error) for row in split(batch)[1] if row.horizon == 1 and row.error is not None]
    known = {row.metric: row.value for row in at_the_end}
    assert known["labels"] == len(errors) - 2  # the last window's two outcomes are not in yet
    assert known["mae"] == pytest.approx(sum(errors[:-2]) / len(errors[:-2]), rel=1e-2)
    assert {f"mae_{name}" for name in BASELINES} < set(known)


def test_covariates_are_of_moderate_size() -> None:
    engine = Engine(CONFIG)
    row = final(1, 0, 50.0, mentions=400, mentions_text=100, mentions_thread=300, trending_rank=4)
    values = dict(zip(COVARIATES, engine._covariates(row), strict=True))
    assert values["thread_share"] == 0.75
    assert values["rank"] == 0.25
    assert values["mentions_fast"] == 0.0
    assert all(abs(value) <= 2 for value in values.values())
    calm = dict(
        zip(
            COVARIATES,
            engine._covariates(final(1, 1, 50.0, mentions=0, mentions_text=0, mentions_thread=0)),
            strict=True,
        )
    )
    assert calm["mentions_slow"] > calm["mentions_fast"] > 0


def test_silent_films_are_forgotten_with_everything_about_them() -> None:
    engine = Engine(EngineConfig(timedelta(hours=1), timedelta(hours=1), (1,), 0.8))
    week = 7 * 24
    run([final(1, 0, 50.0)], engine)
    for hour in range(2 * week):
        start = START + timedelta(hours=hour + 1)
        run([final(2, 0, 40.0, window_start=start, window_end=start + timedelta(hours=1))], engine)
    assert engine.model.films == 1
    assert list(engine._mentions) == [2]


def test_keeping_some_films_drops_the_others() -> None:
    engine = Engine(CONFIG)
    run(list(updates(4, 10)), engine)
    engine.keep_only({2, 3})
    assert engine.model.films == 2
    assert engine.stream_time == START + 9 * SLIDE + WINDOW
