"""The forecaster: predict, wait for the label, score, learn. One object for all films of one grid."""

import math
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
from ml_service.model.mixture import FilmMixture, Mixture
from ml_service.model.scores import Scoreboard
from ml_service.model.series import Array, FilmSeries, log_scale

MODEL_VERSION = "mixture-1"
"""Changes whenever the same input would give other forecasts."""

EXPERTS = (*SIMPLE_EXPERTS, *LEARNED_EXPERTS)
LEVELS = 13
"""Level classes of a factor e^1.5 each: about one for every size from single comments to hundreds of millions."""
_LEVEL_WIDTH = 1.5
_TREE_COLUMNS = ("level", "log_age", "log_ewma_0.6", "log_ewma_0.1", "day_cos1", "week_cos1")
"""What a course depends on in steps rather than lines; each column costs a tree some 10 microseconds a label."""
_MEMORY = 2_000.0
"""Steps the shared mixtures remember: a day and a half of minutes, five years of days."""
_FILM_MEMORY = 300.0
_TOP = ("shared", "level", "film", "persistence", "best_baseline")
_TOP_PRIOR = np.array([0.3, 0.3, 0.1, 0.2, 0.1])
_PERSISTENCE_PRIOR = 0.6
"""Before any label the safest of all forecasts has the most weight; the others share the rest."""
_SHARED_SHOCK = 0.1
"""Correlation of the films of one step: n of its labels weigh n / (1 + 0.1 (n - 1)) in all (Kish's design effect)."""
_LOSS_MEMORY = 1 - 1 / 2_000


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


_META = ("target", "current", "predicted", "lower", "upper", "scale", "level", "kind")


class _Film:
    """A film's past, its own mixture and the forecasts that wait for their labels."""

    __slots__ = ("errors", "meta", "mixture", "rows", "series", "top")

    def __init__(self, grid: Grid, width: int) -> None:
        self.series = FilmSeries(grid)
        self.errors = FilmErrors(len(grid.horizons))
        self.mixture = FilmMixture(len(grid.horizons), len(EXPERTS), _FILM_MEMORY)
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
        self.scores = Scoreboard(len(grid.horizons))
        self._low, self._high = low, high
        self._films: dict[Any, _Film] = {}
        self._phases = Phases(grid)
        names = feature_names(covariates)
        self._width = len(names)
        count = len(grid.horizons)
        self._learned = LearnedExperts(names, count, _TREE_COLUMNS)
        prior = np.full(len(EXPERTS), (1 - _PERSISTENCE_PRIOR) / (len(EXPERTS) - 1))
        prior[0] = _PERSISTENCE_PRIOR
        self._shared = Mixture(count, prior, _MEMORY)
        self._levels = Mixture(count * LEVELS, prior, _MEMORY)
        self._tops = Mixture(count, _TOP_PRIOR, _MEMORY)
        self._step = -1
        self._step_labels = [0] * count
        self._last_labels = [0] * count
        self._intervals = Intervals(grid.horizons, coverage)
        self._baseline_losses = np.zeros((count, len(BASELINES)))

    def observe(self, film: Any, step: int, value: float) -> list[Outcome]:
        """Take a film's value: settle and learn from the forecasts it is the label of.

        A value not after the film's last one still settles a forecast that waits for it, once; it does not enter
        the past: `last_step` stays. After more than a week of silence the film's past starts anew.
        """
        if step > self._step:
            self._close_step(step)
        known = self._films.get(film)
        if known is None:
            known = self._films[film] = _Film(self.grid, len(EXPERTS) + self._width)
        due = [h for h, horizon in enumerate(self.grid.horizons) if known.meta[h][step % horizon, 0] == step]
        outcomes = self._settle(film, known, due, step, value) if due else []
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
        shared = self._shared.weights
        classes = self._levels.weights[level::LEVELS]
        own = known.mixture.weights(shared)
        mixes = np.einsum("chk,hk->ch", np.stack([shared, classes, own]), experts)
        best = experts[np.arange(len(rows)), self._baseline_losses.argmin(axis=1)]
        top = np.column_stack([*mixes, experts[:, 0], best])
        predicted = (self._tops.weights * top).sum(axis=1)
        forecasts = []
        for h, horizon in enumerate(self.grid.horizons):
            kind, scale = self._intervals.place(h, known.errors)
            centre = float(predicted[h])
            lower, upper = self._intervals.around(h, kind, centre, scale)
            lower, upper = self._clip(min(lower, centre)), self._clip(max(upper, centre))
            slot = (series.last_step + horizon) % horizon
            known.meta[h][slot] = (
                series.last_step + horizon, now, centre, lower, upper, scale, level, kind,
            )  # fmt: skip
            known.top[h][slot] = top[h]
            known.rows[h][slot] = np.concatenate([experts[h], rows[h]])
            forecasts.append(Forecast(
                film, series.last_step, horizon, now, centre, lower, upper,
                dict(zip(BASELINES, experts[h, : len(BASELINES)].tolist(), strict=True)),
            ))  # fmt: skip
        return forecasts

    def _close_step(self, step: int) -> None:
        """The first value of a new step: what the last one taught counts from now on."""
        self._step = step
        for mixture in (self._shared, self._levels, self._tops):
            mixture.close_step()
        for h, labels in enumerate(self._step_labels):
            if labels:
                self._last_labels[h], self._step_labels[h] = labels, 0

    def _weight(self, h: int) -> float:
        """What one more label of this step counts; the step has at least as many as the last, or as came already."""
        self._step_labels[h] += 1
        labels = max(self._last_labels[h], self._step_labels[h])
        return 1.0 / (1.0 + _SHARED_SHOCK * (labels - 1))

    def _settle(self, film: Any, known: _Film, due: list[int], step: int, actual: float) -> list[Outcome]:
        outcomes, forecasts, mixed = [], [], []
        for h in due:
            slot, weight = step % self.grid.horizons[h], self._weight(h)
            row = known.rows[h][slot].astype(np.float64)
            experts, feature_row = row[: len(EXPERTS)], row[len(EXPERTS) :]
            top = known.top[h][slot]
            outcome = self._score(film, known, (h, slot), actual, experts, weight)
            level = int(known.meta[h][slot, 6])
            current = outcome.forecast.current
            self._shared.add(h, experts, top[0], actual, 1.0 / math.sqrt(1.0 + abs(current)))
            self._levels.add(h * LEVELS + level, experts, top[1], actual)
            self._tops.add(h, top, outcome.forecast.predicted, actual)
            self._learned.learn(h, feature_row, log_scale(actual) - log_scale(current), weight)
            known.meta[h][slot, 0] = -1
            outcomes.append(outcome)
            forecasts.append(experts)
            mixed.append(top[2])
        known.mixture.learn(due, np.array(forecasts), np.array(mixed), actual)
        return outcomes

    def _score(  # noqa: PLR0913, PLR0917
        self, film: Any, known: _Film, place: tuple[int, int], actual: float, experts: Array, weight: float
    ) -> Outcome:
        h, slot = place
        target, current, predicted, lower, upper, scale, _, kind = known.meta[h][slot].tolist()
        inside = lower <= actual <= upper
        error = self._intervals.learn(h, int(kind), predicted, scale, actual, inside=inside, weight=weight)
        known.errors.learn(h, error)
        baselines = experts[: len(BASELINES)].tolist()
        self._baseline_losses[h] = _LOSS_MEMORY * self._baseline_losses[h] + np.abs(experts[: len(BASELINES)] - actual)
        self.scores.add(h, predicted, actual, inside=inside, width=upper - lower, baselines=baselines)
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
