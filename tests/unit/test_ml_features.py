"""Features have names, and the simple experts say what their names say."""

import numpy as np
import pytest

from ml_service.model.features import (
    BASELINES,
    DIFFERENCES,
    SIMPLE_EXPERTS,
    Phases,
    feature_names,
    features,
    simple_forecasts,
)
from ml_service.model.grid import Grid
from ml_service.model.series import FilmSeries, log_scale

GRID = Grid(86_400, (1, 3, 12))
WEEK = [200.0, 300, 400, 500, 600, 700, 800]


def weekly(days: int, factor: float = 1.0) -> FilmSeries:
    series = FilmSeries(GRID)
    for day in range(days):
        series.push(day, WEEK[day % 7] * factor ** (day // 7))
    return series


def column(series: FilmSeries, name: str) -> list[float]:
    found: list[float] = simple_forecasts(series)[:, SIMPLE_EXPERTS.index(name)].tolist()
    return found


def test_every_column_has_a_name() -> None:
    rows = features(weekly(20), (0.5, 0.25), Phases(GRID))
    names = feature_names(("one", "two"))
    assert rows.shape == (3, len(names))
    assert len(set(names)) == len(names)
    assert rows[:, names.index("two")].tolist() == [0.25] * 3
    assert rows[:, names.index("constant")].tolist() == [1.0] * 3
    assert set(names) > DIFFERENCES


def test_differences_do_not_see_the_scale() -> None:
    small, large = weekly(30), FilmSeries(GRID)
    for day in range(30):
        large.push(day, (1 + WEEK[day % 7]) * 1e6 - 1)
    names = feature_names()
    scaled = ("ewma", "day", "week_m", "holt")  # means of values, not of logarithms: they see the offset of log1p
    kept = [i for i, name in enumerate(names) if name in DIFFERENCES and not name.startswith(scaled)]
    first, second = (features(series, (), Phases(GRID))[:, kept] for series in (small, large))
    assert np.allclose(first, second, atol=1e-6)


def test_seasonal_experts_repeat_the_week() -> None:
    series = weekly(21)  # the last value is day 20: WEEK[6]
    assert column(series, "seasonal_week") == [WEEK[0], WEEK[2], WEEK[4]]
    assert column(series, "persistence") == [800.0] * 3
    assert column(series, "blend") == pytest.approx([0.5 * 800 + 0.5 * 500] * 3)


def test_the_ratio_expert_follows_a_decaying_week() -> None:
    series = weekly(28, factor=0.5)
    expected = [WEEK[(27 + horizon) % 7] * 0.5 ** ((27 + horizon) // 7) for horizon in (1, 3)]
    assert column(series, "week_ratio")[:2] == pytest.approx(expected, rel=0.05)
    assert abs(column(series, "seasonal_week")[0] - expected[0]) > abs(column(series, "week_ratio")[0] - expected[0])


def test_before_a_season_was_seen_everything_seasonal_is_persistence() -> None:
    series = weekly(3)
    for name in ("seasonal_day", "seasonal_week", "week_ratio", "day_ratio"):
        assert column(series, name)[:2] == pytest.approx([400.0] * 2)
    assert column(series, "seasonal_week")[2] == WEEK[0]  # twelve days ahead is the weekday of two days ago
    assert len(BASELINES) == 6


def test_a_phase_is_the_targets_and_survives_being_forgotten() -> None:
    minutes = Phases(Grid(60, (5,)))
    noon = minutes.of(12 * 60)
    assert noon[:2] == pytest.approx([0.0, -0.25], abs=1e-12)
    for step in range(1_000):
        minutes.of(step)
    assert minutes.of(12 * 60 + 10_080) == noon
    assert log_scale(0) == 0
