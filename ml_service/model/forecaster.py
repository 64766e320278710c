"""The forecaster: predict, wait for the label, score, learn. One object for all films of one grid.

One learner leads: its forecasts are the ones that count. Others may learn beside it, in shadow, from the same films.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_service.model.configuration import STEADY, Configuration
from ml_service.model.features import (
    BASELINES,
    SIMPLE_EXPERTS,
    Phases,
    feature_names,
    features,
    simple_forecasts,
)
from ml_service.model.film import LEADER, LEVEL, NOW, PREDICTED, TARGET, UPPER, Film, Slots
from ml_service.model.grid import Grid
from ml_service.model.learner import Instant, Label, Learner, View, level_of
from ml_service.model.linear import Rows
from ml_service.model.scores import Scoreboard
from ml_service.model.series import FilmSeries, log_scale

MODEL_VERSION = "mixture-4"
"""Changes whenever the same input would give other forecasts."""

_SHARED_SHOCK = 0.1
"""Correlation of the films of one step: n of its labels weigh n / (1 + 0.1 (n - 1)) in all (Kish's design effect)."""


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
    made_by: str
    """The name of the configuration that led."""

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


class Forecaster:
    """Feed values with `observe`; get forecasts, and outcomes when their time has come."""

    def __init__(  # noqa: PLR0913 - each named
        self,
        grid: Grid,
        *,
        low: float = -np.inf,
        high: float = np.inf,
        coverage: float = 0.8,
        covariates: tuple[str, ...] = (),
        configurations: Sequence[Configuration] = (STEADY,),
    ) -> None:
        """The first of the configurations leads."""
        self.grid = grid
        self.configurations = tuple(configurations)
        self.lead = 0
        self.pairs: list[tuple[int, tuple[float, ...], float]] = []
        """Of the last `observe`: horizon number, what each learner had said and what came, where all had said it."""
        self._names, self._coverage, self._bounds = feature_names(covariates), coverage, (low, high)
        self.learners = [self.new_learner(number) for number in range(len(self.configurations))]
        self._films: dict[Any, Film] = {}
        self._phases, self._slots = Phases(grid), Slots(grid.horizons)
        self._step = -1
        self._step_labels = [0] * len(grid.horizons)
        self._last_labels = [0] * len(grid.horizons)

    def new_learner(self, number: int) -> Learner:
        """A learner of a configuration that has learned nothing."""
        return Learner(self.configurations[number], self.grid, self._names, self._coverage, self._bounds)

    def replace(self, number: int, learner: Learner, *, forget_films: bool) -> None:
        """Put another learner in a configuration's place; `forget_films`: with nothing known of any film."""
        self.learners[number] = learner
        if forget_films:
            for film in self._films.values():
                film.views[number] = View(self.configurations[number], self.grid)

    @property
    def scores(self) -> Scoreboard:
        """Figures of the learner that leads."""
        return self.learners[self.lead].scores

    def observe(self, film: Any, step: int, value: float) -> list[Outcome]:
        """Take a film's value: settle and learn from the forecasts it is the label of.

        A value not after the film's last one still settles a forecast that waits for it, once; it does not enter
        the past: `last_step` stays. After more than a week of silence the film's past starts anew.
        """
        if step > self._step:
            self._close_step(step)
        known = self._films.get(film)
        if known is None:
            width = len(SIMPLE_EXPERTS) + len(self._names)
            known = self._films[film] = Film(self.grid, width, self.configurations)
        self.pairs = []
        horizons, slots = self._slots.due(known, step)
        outcomes = self._settle(film, known, horizons, slots, value) if len(horizons) else []
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
        return self.forecast_all(film, covariates)[self.lead]

    def forecast_all(self, film: Any, covariates: tuple[float, ...] = ()) -> list[list[Forecast]]:
        """The same, of every learner."""
        known = self._films[film]
        series = known.series
        simple = np.minimum(np.maximum(simple_forecasts(series), self._bounds[0]), self._bounds[1])
        instant = Instant(
            slots=self._slots.of(series.last_step),
            now=series.recent[-1],
            level=level_of(series.log_means[1]),
            features=features(series, covariates, self._phases),
            simple=simple,
        )
        baselines = [dict(zip(BASELINES, row, strict=True)) for row in simple[:, : len(BASELINES)].tolist()]
        found = []
        for number, (learner, view) in enumerate(zip(self.learners, known.views, strict=True)):
            said = learner.forecast(view, instant)
            if number == self.lead:
                self._remember(known, instant, said)
            name = learner.configuration.name
            found.append([
                Forecast(film, series.last_step, horizon, instant.now, *row, base, name)
                for horizon, row, base in zip(self.grid.horizons, zip(*said, strict=True), baselines, strict=True)
            ])  # fmt: skip
        return found

    def _remember(self, known: Film, instant: Instant, said: tuple[list[float], list[float], list[float]]) -> None:
        rows = np.empty((len(instant.slots), UPPER + 1))
        rows[:, TARGET] = known.series.last_step + np.array(self.grid.horizons)
        rows[:, NOW], rows[:, LEVEL], rows[:, LEADER] = instant.now, instant.level, self.lead
        rows[:, PREDICTED:].T[:] = said
        known.waiting[instant.slots] = rows
        known.rows[instant.slots] = np.concatenate([instant.simple, instant.features], axis=1)

    def _close_step(self, step: int) -> None:
        """The first value of a new step: what the last one taught counts from now on."""
        self._step = step
        for learner in self.learners:
            learner.close_step()
        for h, labels in enumerate(self._step_labels):
            if labels:
                self._last_labels[h], self._step_labels[h] = labels, 0

    def _weight(self, h: int) -> float:
        """What one more label of this step counts; the step has at least as many as the last, or as came already."""
        self._step_labels[h] += 1
        labels = max(self._last_labels[h], self._step_labels[h])
        return 1.0 / (1.0 + _SHARED_SHOCK * (labels - 1))

    def _settle(self, film: Any, known: Film, horizons: Rows, slots: Rows, actual: float) -> list[Outcome]:
        made = known.waiting[slots]
        known.waiting[slots, TARGET] = -1.0
        rows = known.rows[slots].astype(np.float64)
        simple = rows[:, : len(SIMPLE_EXPERTS)]
        label = Label(
            actual=actual,
            horizons=horizons,
            slots=slots,
            now=made[:, NOW],
            levels=made[:, LEVEL].astype(np.intp),
            changes=np.array([log_scale(actual) - log_scale(now) for now in made[:, NOW].tolist()]),
            features=rows[:, len(SIMPLE_EXPERTS) :],
            simple=simple,
            weights=np.array([self._weight(h) for h in horizons.tolist()]),
        )
        said = [learner.learn(view, label) for learner, view in zip(self.learners, known.views, strict=True)]
        if len(said) > 1 and len(said[0]) == len(said[1]) == len(horizons):
            self.pairs = [(h, tuple(row[k][1] for row in said), actual) for k, h in enumerate(horizons.tolist())]
        return [
            self._outcome(film, h, row, base, actual)
            for h, row, base in zip(horizons.tolist(), made.tolist(), simple[:, : len(BASELINES)].tolist(), strict=True)
        ]

    def _outcome(self, film: Any, h: int, made: list[float], baselines: list[float], actual: float) -> Outcome:
        target, now, _, leader, predicted, lower, upper = made
        horizon = self.grid.horizons[h]
        forecast = Forecast(
            film, int(target) - horizon, horizon, now, predicted, lower, upper,
            dict(zip(BASELINES, baselines, strict=True)), self.configurations[int(leader)].name,
        )  # fmt: skip
        return Outcome(forecast, actual)
