"""The forecaster: predict, wait for the label, score, learn. One object for all films of one grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_service.model.experts import LEARNED_EXPERTS, LearnedExperts
from ml_service.model.features import (
    BASELINES,
    SIMPLE_EXPERTS,
    Phases,
    feature_names,
    features,
    simple_forecasts,
)
from ml_service.model.grid import Grid
from ml_service.model.intervals import FilmErrors, Intervals
from ml_service.model.mixture import Regrets
from ml_service.model.scores import RECENT_LABELS, Scoreboard
from ml_service.model.series import FilmSeries, log_scale

MODEL_VERSION = "mixture-1"
"""Changes whenever the same input would give other forecasts."""

EXPERTS = (*SIMPLE_EXPERTS, *LEARNED_EXPERTS)
LEVELS = 13
"""Level classes of a factor e^1.5 each: about one for every size from single comments to hundreds of millions."""
_LEVEL_WIDTH = 1.5
_TREE_COLUMNS = (
    "level",
    "log_age",
    "is_zero",
    "log_ewma_0.6",
    "log_ewma_0.1",
    "lag_1",
    "day_sin1",
    "day_cos1",
    "week_sin1",
    "week_cos1",
)
_KEEP_GLOBAL = 1 - 1 / 5_000
_KEEP_LEVEL = 1 - 1 / 3_000
_KEEP_FILM = 1 - 1 / 300
_KEEP_TOP = 1 - 1 / 2_000
_TOP = ("shared", "level", "film", "persistence", "best_baseline")
_TOP_PRIOR = np.array([0.3, 0.4, 0.1, 0.1, 0.1])


@dataclass(frozen=True, slots=True)
class Forecast:
    """One forecast of a film. Steps are of the grid; `horizon` is in steps."""

    film: Any
    made_step: int
    horizon: int
    current: float
    predicted: float
    lower: float
    upper: float
    baselines: dict[str, float]

    @property
    def target_step(self) -> int:
        """The step that is forecast."""
        return self.made_step + self.horizon


@dataclass(frozen=True, slots=True)
class Outcome:
    """A forecast and what came."""

    forecast: Forecast
    actual: float

    @property
    def error(self) -> float:
        """Forecast minus actual."""
        return self.forecast.predicted - self.actual


_META = ("target", "current", "predicted", "lower", "upper", "scale", "level")


class _Film:
    """A film's past, its own mixture and the forecasts that wait for their labels."""

    __slots__ = ("errors", "meta", "regrets", "rows", "series", "top")

    def __init__(self, grid: Grid, width: int) -> None:
        self.series = FilmSeries(grid)
        self.errors = FilmErrors(len(grid.horizons))
        self.regrets = Regrets(len(grid.horizons), len(EXPERTS))
        # A forecast waits in the slot target % horizon: the slot is free again exactly when its label is due.
        self.meta = [np.full((h, len(_META)), -1.0) for h in grid.horizons]
        self.top = [np.zeros((h, len(_TOP))) for h in grid.horizons]
        self.rows = [np.zeros((h, width), dtype=np.float32) for h in grid.horizons]


class Forecaster:
    """Feed values with `observe`; get forecasts, and outcomes when their time has come."""

    def __init__(
        self,
        grid: Grid,
        *,
        low: float = -np.inf,
        high: float = np.inf,
        coverage: float = 0.8,
        covariates: tuple[str, ...] = (),
    ) -> None:
        self.grid = grid
        self.recent = Scoreboard(len(grid.horizons), 1 - 1 / RECENT_LABELS)
        self.life = Scoreboard(len(grid.horizons))
        self._low, self._high = low, high
        self._films: dict[Any, _Film] = {}
        self._phases = Phases(grid)
        names = feature_names(covariates)
        self._width = len(names)
        count = len(grid.horizons)
        self._learned = LearnedExperts(names, count, (*_TREE_COLUMNS, *covariates))
        self._shared = Regrets(count, len(EXPERTS))
        self._levels = [Regrets(LEVELS, len(EXPERTS)) for _ in range(count)]
        self._tops = Regrets(count, len(_TOP))
        self._prior = np.full(len(EXPERTS), 1.0 / len(EXPERTS))
        self._intervals = Intervals(grid.horizons, LEVELS, coverage)
        self._baseline_losses = np.zeros((count, len(BASELINES)))

    def observe(self, film: Any, step: int, value: float) -> list[Outcome]:
        """Take a film's value: settle and learn from the forecasts it is the label of.

        A value not after the film's last one still settles a forecast that waits for it, once; it does not enter
        the past: `last_step` stays. After more than a week of silence the film's past starts anew.
        """
        known = self._films.get(film)
        if known is None:
            known = self._films[film] = _Film(self.grid, len(EXPERTS) + self._width)
        outcomes = [
            self._settle(film, known, h, step % horizon, value)
            for h, horizon in enumerate(self.grid.horizons)
            if known.meta[h][step % horizon, 0] == step
        ]
        if known.series.age and step - known.series.last_step > self.grid.week:
            known.series = FilmSeries(self.grid)
        if not known.series.age or step > known.series.last_step:
            known.series.push(step, value)
        return outcomes

    def last_step(self, film: Any) -> int | None:
        """The step of the film's last value; None for a film never seen or forgotten."""
        known = self._films.get(film)
        return known.series.last_step if known else None

    def forget(self, before: int) -> int:
        """Drop the films whose last value is before a step; returns how many."""
        silent = [film for film, known in self._films.items() if known.series.last_step < before]
        for film in silent:
            del self._films[film]
        return len(silent)

    def keep_only(self, films: set[Any]) -> None:
        """Forget every other film."""
        self._films = {film: known for film, known in self._films.items() if film in films}

    def knows(self, film: Any) -> bool:
        """Whether the film is remembered."""
        return film in self._films

    @property
    def films(self) -> int:
        """How many films are remembered."""
        return len(self._films)

    def forecast(self, film: Any, covariates: tuple[float, ...] = ()) -> list[Forecast]:
        """Forecast every horizon from the film's last value."""
        known = self._films[film]
        series = known.series
        rows = features(series, covariates, self._phases)
        now = series.recent[-1]
        logged = log_scale(now)
        changes = self._learned.predict(rows)
        learned = np.sign(logged + changes) * np.expm1(np.minimum(np.abs(logged + changes), 60.0))
        experts = np.clip(np.hstack([simple_forecasts(series), learned]), self._low, self._high)
        level = self._level(series)
        shared = self._shared.weights(self._prior)
        own = known.regrets.weights(shared)
        classes = np.stack([self._levels[h].weights(self._prior)[level] for h in range(len(rows))])
        mixes = np.einsum("chk,hk->ch", np.stack([shared, classes, own]), experts)
        best = experts[np.arange(len(rows)), self._baseline_losses.argmin(axis=1)]
        top = np.column_stack([*mixes, experts[:, 0], best])
        weights = self._tops.weights(_TOP_PRIOR)
        predicted = (weights * top).sum(axis=1)
        forecasts = []
        for h, horizon in enumerate(self.grid.horizons):
            scale = self._intervals.scale(h, level, known.errors.errors[h], known.errors.labels[h])
            centre = float(predicted[h])
            lower, upper = self._intervals.around(h, level, centre, scale)
            lower, upper = self._clip(min(lower, centre)), self._clip(max(upper, centre))
            slot = (series.last_step + horizon) % horizon
            known.meta[h][slot] = (
                series.last_step + horizon, now, centre, lower, upper, scale, level,
            )  # fmt: skip
            known.top[h][slot] = top[h]
            known.rows[h][slot] = np.concatenate([experts[h], rows[h]])
            forecasts.append(Forecast(
                film, series.last_step, horizon, now, centre, lower, upper,
                dict(zip(BASELINES, experts[h, : len(BASELINES)].tolist(), strict=True)),
            ))  # fmt: skip
        return forecasts

    def _settle(self, film: Any, known: _Film, h: int, slot: int, actual: float) -> Outcome:
        target, current, predicted, lower, upper, scale, level = known.meta[h][slot].tolist()
        row = known.rows[h][slot].astype(np.float64)
        experts, feature_row = row[: len(EXPERTS)], row[len(EXPERTS) :]
        top = known.top[h][slot]
        level = int(level)
        inside = lower <= actual <= upper
        unit = 1.0 + abs(current)
        self._shared.learn(h, experts, top[0], actual, scale=unit, keep=_KEEP_GLOBAL)
        self._levels[h].learn(level, experts, top[1], actual, scale=1.0, keep=_KEEP_LEVEL)
        known.regrets.learn(h, experts, top[2], actual, scale=1.0, keep=_KEEP_FILM)
        self._tops.learn(h, top, predicted, actual, scale=1.0, keep=_KEEP_TOP)
        self._baseline_losses[h] = _KEEP_TOP * self._baseline_losses[h] + np.abs(experts[: len(BASELINES)] - actual)
        known.errors.learn(h, self._intervals.learn(h, level, predicted, scale, actual, inside=inside))
        self._learned.learn(h, feature_row, log_scale(actual) - log_scale(current))
        baselines = experts[: len(BASELINES)].tolist()
        for board in (self.recent, self.life):
            board.add(h, predicted, actual, inside=inside, width=upper - lower, baselines=baselines)
        known.meta[h][slot, 0] = -1
        horizon = self.grid.horizons[h]
        forecast = Forecast(
            film, int(target) - horizon, horizon, current, predicted, lower, upper,
            dict(zip(BASELINES, baselines, strict=True)),
        )  # fmt: skip
        return Outcome(forecast, actual)

    def _clip(self, value: float) -> float:
        return min(self._high, max(self._low, value))

    @staticmethod
    def _level(series: FilmSeries) -> int:
        return min(LEVELS - 1, max(0, int(abs(series.log_means[1]) / _LEVEL_WIDTH)))
