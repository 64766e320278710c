"""One learner: the experts, their mixtures and the intervals that one configuration learns, for all films together.

A film's past and its features are the same for every learner, so they are computed once and given to each
(`Instant`, `Label`); what a learner knows of one film alone is its `View` of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_service.model.configuration import Configuration
from ml_service.model.experts import LearnedExperts, learned_names
from ml_service.model.features import BASELINES, SIMPLE_EXPERTS
from ml_service.model.grid import Grid
from ml_service.model.intervals import FilmErrors, Intervals
from ml_service.model.linear import Rows
from ml_service.model.mixture import FilmMixture, Mixture
from ml_service.model.scores import Scoreboard
from ml_service.model.series import Array, log_scale

LEVELS = 13
"""Level classes of a factor e^1.5 each: about one for every size from single comments to hundreds of millions."""
_LEVEL_WIDTH = 1.5
_TOP_PRIOR = np.array([0.3, 0.3, 0.1, 0.2, 0.1])
"""Of the mixtures shared, by level and the film's own, of persistence, and of the best baseline so far."""
_PERSISTENCE_PRIOR = 0.6
"""Before any label the safest of all forecasts has the most weight; the others share the rest."""
_LOSS_MEMORY = 1 - 1 / 2_000
_MADE = ("predicted", "lower", "upper", "scale", "kind")
_TOP = slice(len(_MADE), len(_MADE) + len(_TOP_PRIOR))
_LEARNED = slice(len(_MADE) + len(_TOP_PRIOR), None)


def level_of(log_mean: float) -> int:
    """The class of a film's usual level, from its running mean on the log scale."""
    return min(LEVELS - 1, max(0, int(abs(log_mean) / _LEVEL_WIDTH)))


@dataclass(frozen=True, slots=True)
class Instant:
    """What is known of a film when it is forecast; one row a horizon."""

    slots: Rows
    """Where the forecasts wait for their labels."""
    now: float
    level: int
    features: Array
    simple: Array
    """The simple experts' forecasts."""


@dataclass(frozen=True, slots=True)
class Label:
    """What came, and of which forecasts of the film it is the label; one row a horizon that is due."""

    actual: float
    horizons: Rows
    slots: Rows
    now: Array
    """The film's value when each forecast was made, and the class of its level."""
    levels: Rows
    features: Array
    simple: Array
    weights: Array
    """What each counts beside the other films' labels of its step."""

    def only(self, wanted: NDArray[np.bool_]) -> "Label":
        """The rows that are wanted."""
        return Label(
            self.actual, self.horizons[wanted], self.slots[wanted], self.now[wanted], self.levels[wanted],
            self.features[wanted], self.simple[wanted], self.weights[wanted],
        )  # fmt: skip


class View:
    """What a learner knows of one film: its own weights and errors, and what it said and waits for."""

    __slots__ = ("errors", "mixture", "waiting")

    def __init__(self, configuration: Configuration, grid: Grid) -> None:
        learned = len(learned_names(configuration))
        self.errors = FilmErrors(len(grid.horizons))
        self.mixture = FilmMixture(len(grid.horizons), len(SIMPLE_EXPERTS) + learned, configuration.film_memory)
        self.waiting = np.full((sum(grid.horizons), len(_MADE) + len(_TOP_PRIOR) + learned), np.nan)
        """A row a slot; NaN where nothing waits."""


class Learner:
    """Forecasts of an instant, learned from its labels."""

    def __init__(
        self,
        configuration: Configuration,
        grid: Grid,
        names: tuple[str, ...],
        coverage: float,
        bounds: tuple[float, float],
    ) -> None:
        """`names` are those of the features; forecasts stay inside `bounds`."""
        self.configuration = configuration
        count = len(grid.horizons)
        self.scores = Scoreboard(count)
        self._grid, self._bounds = grid, bounds
        self._learned = LearnedExperts(names, count, configuration)
        experts = len(SIMPLE_EXPERTS) + self._learned.count
        prior = np.full(experts, (1 - _PERSISTENCE_PRIOR) / (experts - 1))
        prior[0] = _PERSISTENCE_PRIOR
        self._shared = Mixture(count, prior, configuration.mixture_memory)
        self._levels = Mixture(count * LEVELS, prior, configuration.mixture_memory)
        self._tops = Mixture(count, _TOP_PRIOR, configuration.mixture_memory)
        self._intervals = Intervals(grid.horizons, coverage)
        self._baseline_losses = np.zeros((count, len(BASELINES)))

    def close_step(self) -> None:
        """A step is over: what it taught counts from now on."""
        for mixture in (self._shared, self._levels, self._tops):
            mixture.close_step()

    def forecast(self, view: View, instant: Instant) -> tuple[list[float], list[float], list[float]]:
        """Forecast, lower and upper end for each horizon; they wait in `view` until `learn` meets their label."""
        logged = log_scale(instant.now) + self._learned.predict(instant.features)
        learned = np.copysign(np.expm1(np.minimum(np.abs(logged), 60.0)), logged)
        learned = np.minimum(np.maximum(learned, self._bounds[0]), self._bounds[1])
        experts = np.concatenate([instant.simple, learned], axis=1)
        shared = self._shared.weights
        top = np.empty((len(experts), len(_TOP_PRIOR)))
        top[:, 0] = (shared * experts).sum(axis=1)
        top[:, 1] = (self._levels.weights[instant.level :: LEVELS] * experts).sum(axis=1)
        top[:, 2] = (view.mixture.weights(shared) * experts).sum(axis=1)
        top[:, 3] = experts[:, 0]
        top[:, 4] = experts[np.arange(len(experts)), self._baseline_losses.argmin(axis=1)]
        centres = (self._tops.weights * top).sum(axis=1).tolist()
        made = [self._interval(h, centre, view.errors) for h, centre in enumerate(centres)]
        view.waiting[instant.slots] = np.concatenate([made, top, learned], axis=1)
        return centres, [row[1] for row in made], [row[2] for row in made]

    def learn(self, view: View, label: Label) -> list[tuple[int, float]]:
        """Settle, score and learn; the horizon numbers and forecasts that this learner had waiting."""
        waiting = view.waiting[label.slots]
        view.waiting[label.slots] = np.nan
        said = ~np.isnan(waiting[:, 0])
        if not said.all():  # this learner was started anew after the others had been made
            if not said.any():
                return []
            waiting, label = waiting[said], label.only(said)
        made = waiting[:, : len(_MADE)].tolist()
        top = waiting[:, _TOP]
        experts = np.concatenate([label.simple, waiting[:, _LEARNED]], axis=1)
        losses = np.abs(label.simple[:, : len(BASELINES)] - label.actual)
        self._score(view, label, made, losses)
        actual, rows = label.actual, label.horizons
        self._baseline_losses[rows] = _LOSS_MEMORY * self._baseline_losses[rows] + losses
        self._shared.add(rows, experts, top[:, 0], actual, 1.0 / np.sqrt(1.0 + np.abs(label.now)))
        self._levels.add(rows * LEVELS + label.levels, experts, top[:, 1], actual)
        self._tops.add(rows, top, waiting[:, 0], actual)
        changes = np.array([log_scale(actual) - log_scale(now) for now in label.now.tolist()])
        self._learned.learn(rows, label.features, changes, label.weights)
        view.mixture.learn(rows, experts, top[:, 2], actual)
        return [(h, row[0]) for h, row in zip(rows.tolist(), made, strict=True)]

    def _interval(self, h: int, centre: float, errors: FilmErrors) -> tuple[float, float, float, float, int]:
        kind, scale = self._intervals.place(h, errors)
        lower, upper = self._intervals.around(h, kind, centre, scale)
        low, high = self._bounds
        return centre, min(high, max(low, min(lower, centre))), min(high, max(low, upper, centre)), scale, kind

    def _score(self, view: View, label: Label, made: list[list[float]], losses: Array) -> None:
        for h, weight, row, baselines in zip(
            label.horizons.tolist(), label.weights.tolist(), made, losses.tolist(), strict=True
        ):
            predicted, lower, upper, scale, kind = row
            inside = lower <= label.actual <= upper
            error = self._intervals.learn(h, int(kind), predicted, scale, label.actual, inside=inside, weight=weight)
            view.errors.learn(h, error)
            self.scores.add(h, predicted, label.actual, inside=inside, width=upper - lower, baselines=baselines)
