"""What is remembered of a film: bounded, right at both resolutions, and honest about gaps."""

import pickle
import statistics

import pytest

from ml_service.model.grid import Grid
from ml_service.model.series import RECENT, FilmSeries, Ring, from_log_scale, log_scale

DAILY = Grid(86_400, (1, 3, 12))
MINUTES = Grid(60, (5, 15, 60))


def filled(grid: Grid, values: list[float], first: int = 100) -> FilmSeries:
    series = FilmSeries(grid)
    for step, value in enumerate(values, first):
        series.push(step, value)
    return series


@pytest.mark.parametrize("horizons", [(), (0,), (3, 1), (1, 1)])
def test_a_grid_takes_ascending_horizons_from_one_step_on(horizons: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="horizon"):
        Grid(60, horizons)


def test_a_grid_knows_its_seasons() -> None:
    assert (MINUTES.day, MINUTES.week, MINUTES.week_stride) == (1440, 10_080, 10)
    assert (DAILY.day, DAILY.week, DAILY.week_stride) == (1, 7, 1)
    assert [DAILY.back(7, horizon) for horizon in (1, 7, 8, 12)] == [6, 0, 6, 2]


def test_the_log_scale_has_an_inverse_and_takes_any_sign() -> None:
    for value in (-1e9, -3.5, 0.0, 1e-9, 7.0, 2.5e12):
        assert from_log_scale(log_scale(value)) == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_a_ring_gives_what_was_and_the_mean_of_its_window() -> None:
    ring = Ring(5, 3)
    assert ring.ago(0) is None
    assert ring.mean == 0
    for value in range(1, 9):
        ring.push(value)
    assert [ring.ago(steps) for steps in range(6)] == [8, 7, 6, 5, 4, None]
    assert ring.mean == 7
    assert ring.count == 5


def test_means_start_as_plain_means_and_end_as_smoothed_ones() -> None:
    series = filled(DAILY, [10.0, 20.0])
    assert series.means[-1] == pytest.approx(15)
    values = [float(step % 7) for step in range(60)]
    smoothed = 0.0
    for age, value in enumerate(values, 1):
        smoothed += max(0.3, 1 / age) * (value - smoothed)
    assert filled(DAILY, values).means[1] == pytest.approx(smoothed, abs=1e-12)


def test_week_and_median_are_those_of_the_values() -> None:
    values = [float((3 * step) % 11) for step in range(40)]
    series = filled(DAILY, values)
    assert series.week_mean == pytest.approx(statistics.fmean(values[-7:]), rel=1e-6)
    assert series.median(5) == statistics.median(values[-5:])
    assert [series.week_ago(back) for back in (0, 6, 12)] == [values[-1], values[-7], values[-13]]


def test_minutes_remember_a_day_in_full_and_a_week_in_ten_minute_means() -> None:
    values = [float(step % 1440) for step in range(10_080)]
    series = filled(MINUTES, values, first=0)
    assert series.day_ago(1435) == values[-1436]
    assert series.week_ago(9_999) == pytest.approx(statistics.fmean(values[80:90]))
    assert series.day_mean == pytest.approx(719.5, rel=1e-6)


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    short, long = filled(DAILY, [1.5] * 100), filled(DAILY, [1.5] * 5_000)
    assert len(long.recent) == RECENT
    assert abs(len(pickle.dumps(long)) - len(pickle.dumps(short))) < 32


def test_skipped_steps_count_as_unchanged() -> None:
    gap = FilmSeries(DAILY)
    gap.push(1, 5.0)
    gap.push(4, 9.0)
    assert gap.recent == filled(DAILY, [5.0, 5.0, 5.0, 9.0]).recent
    assert gap.age == 4


def test_a_step_cannot_come_twice() -> None:
    series = filled(DAILY, [1.0])
    with pytest.raises(ValueError, match="not after"):
        series.push(100, 2.0)


def test_holt_follows_a_line_and_damps_it() -> None:
    series = filled(DAILY, [float(step) for step in range(200)])
    assert 198 < series.holt(1) < 201
    assert series.holt(1) < series.holt(3) < series.holt(12) < 211
