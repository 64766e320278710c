"""The features of one film at one instant, and the forecasts of the simple experts. Nothing here learns.

All level features are differences on the log scale, so that a film with 5 comments and one with 5 million dollars
share one model: the linear and tree experts predict log_scale(y[t+h]) - log_scale(y[t]) for every film alike.
"""

import math
from collections.abc import Sequence

import numpy as np

from ml_service.model.grid import DAY_SECONDS, WEEK_SECONDS, Grid
from ml_service.model.series import ALPHAS, Array, FilmSeries, from_log_scale, log_scale

BASELINES = ("persistence", "seasonal_day", "seasonal_week", "ewma", "holt", "blend")
"""Published beside every forecast; each is also an expert, so that the mixture can fall back on it."""
SIMPLE_EXPERTS = (
    *BASELINES, "ewma_fast", "ewma_slow", "log_ewma_fast", "log_ewma", "median_5", "median_25",
    "day_ratio", "week_ratio",
)  # fmt: skip

_DAY_HARMONICS = 2
"""A day's attention has one peak and one shoulder."""
_WEEK_HARMONICS = 3
"""With daily values three harmonics and a constant can draw any weekly pattern."""
_WAVE_SIZE = 0.25
"""Small, so that the ridge lets the constant explain what the first few days, all of one phase, have in common."""
_LAGS = (1, 2, 3)
_MOVE_LIMIT = 2.0
"""Seasonal moves are cut at a factor of e^2: after a release the same hour of last week says nothing."""

_SHARED = (
    "level", "log_age", "is_zero",
    *(f"log_ewma_{alpha}" for alpha in ALPHAS), "ewma_0.6", "ewma_0.3", "ewma_0.1",
    *(f"lag_{lag}" for lag in _LAGS), "median_5", "median_25", "day_mean", "week_mean", "holt_slope",
)  # fmt: skip
_TARGET = (
    "day_move", "has_day", "week_move", "has_week", "week_gap",
    *(f"day_{wave}{k}" for k in range(1, _DAY_HARMONICS + 1) for wave in ("sin", "cos")),
    *(f"week_{wave}{k}" for k in range(1, _WEEK_HARMONICS + 1) for wave in ("sin", "cos")),
)  # fmt: skip

DIFFERENCES = frozenset(
    {*_SHARED[3:], "day_move", "week_move", "week_gap"},
)
"""Features that are differences on the log scale; the others are of size 1 whatever the series."""


def feature_names(covariates: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the columns of `features`, the constant last."""
    return (*_SHARED, *covariates, *_TARGET, "constant")


def _limit(value: float) -> float:
    return max(-_MOVE_LIMIT, min(_MOVE_LIMIT, value))


def shared_features(series: FilmSeries) -> list[float]:
    """What does not depend on the horizon; log-scale differences to the present value where it is a level."""
    now = log_scale(series.recent[-1])
    means = series.means
    recent = series.recent
    lags = [log_scale(recent[max(0, len(recent) - 1 - lag)]) - now for lag in _LAGS]
    return [
        0.2 * series.log_means[1],
        0.2 * math.log1p(series.age),
        1.0 if recent[-1] == 0 else 0.0,
        *(mean - now for mean in series.log_means),
        log_scale(means[0]) - now,
        log_scale(means[1]) - now,
        log_scale(means[2]) - now,
        *lags,
        log_scale(series.median(5)) - now,
        log_scale(series.median(25)) - now,
        log_scale(series.day_mean) - now,
        log_scale(series.week_mean) - now,
        _limit(log_scale(series.holt(1)) - log_scale(series.trend_level)),
    ]


class Phases:
    """Harmonics of a target's time of day and week, remembered because every film asks for the same few."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._known: dict[int, list[float]] = {}

    def __getstate__(self) -> tuple[Grid]:
        return (self._grid,)

    def __setstate__(self, state: tuple[Grid]) -> None:
        self.__init__(state[0])  # type: ignore[misc]

    def of(self, step: int) -> list[float]:
        """Sines and cosines of the day, then of the week, at a step."""
        phase = step % self._grid.week
        if phase not in self._known:
            if len(self._known) > 256:
                self._known.clear()
            second = phase * self._grid.step_seconds
            waves = [(DAY_SECONDS, k) for k in range(1, _DAY_HARMONICS + 1)]
            waves += [(WEEK_SECONDS, k) for k in range(1, _WEEK_HARMONICS + 1)]
            angles = [2 * math.pi * k * second / period for period, k in waves]
            self._known[phase] = [_WAVE_SIZE * wave(angle) for angle in angles for wave in (math.sin, math.cos)]
        return self._known[phase]


def features(series: FilmSeries, covariates: Sequence[float], phases: Phases) -> Array:
    """One row a horizon, columns as `feature_names`."""
    grid = series.grid
    shared = [*shared_features(series), *covariates]
    now = log_scale(series.recent[-1])
    rows = []
    for horizon in grid.horizons:
        back = grid.back(grid.day, horizon)
        then, before = series.day_ago(back), series.day_ago(back + horizon)
        has_day = grid.day > 1 and then is not None and before is not None
        day_move = _limit(log_scale(then) - log_scale(before)) if has_day else 0.0  # type: ignore[arg-type]
        back = grid.back(grid.week, horizon)
        then, before = series.week_ago(back), series.week_ago(back + horizon)
        has_week = then is not None and before is not None
        week_move = _limit(log_scale(then) - log_scale(before)) if has_week else 0.0  # type: ignore[arg-type]
        week_gap = _limit(log_scale(then) - now) if then is not None else 0.0
        rows.append([
            *shared, day_move, float(has_day), week_move, float(has_week), week_gap,
            *phases.of(series.last_step + horizon), 1.0,
        ])  # fmt: skip
    return np.array(rows)


def simple_forecasts(series: FilmSeries) -> Array:
    """One row a horizon, columns as `SIMPLE_EXPERTS`; a season not yet seen falls back on persistence."""
    grid = series.grid
    now = series.recent[-1]
    logged_now = log_scale(now)
    blend = 0.5 * series.day_mean + 0.5 * series.week_mean
    levels = [
        series.means[0], series.means[2], from_log_scale(series.log_means[0]), from_log_scale(series.log_means[1]),
        series.median(5), series.median(25),
    ]  # fmt: skip
    rows = []
    for horizon in grid.horizons:
        day_back, week_back = grid.back(grid.day, horizon), grid.back(grid.week, horizon)
        day, week = series.day_ago(day_back) if grid.day > 1 else None, series.week_ago(week_back)
        ratios = []
        for then, before in ((day, series.day_ago(day_back + horizon)), (week, series.week_ago(week_back + horizon))):
            move = 0.0 if then is None or before is None else _limit(log_scale(then) - log_scale(before))
            ratios.append(from_log_scale(logged_now + move))
        rows.append([
            now,
            now if day is None else day,
            now if week is None else week,
            series.means[1],
            series.holt(horizon),
            blend,
            *levels,
            *ratios,
        ])  # fmt: skip
    return np.array(rows)
