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
from ml_service.model.series import Array, log_scale, signed_log

LEVELS = 13
"""Level classes of a factor e^1.5 each: about one for every size from single comments to hundreds of millions."""
_LEVEL_WIDTH = 1.5
_TOP_PRIOR = np.array([0.3, 0.3, 0.1, 0.2, 0.1])
"""Of the mixtures shared, by level and the film's own, of persistence, and of the best baseline so far."""
_PERSISTENCE_PRIOR = 0.75
"""Before any label the safest of all forecasts has the most weight; the others share the rest. With less of it short
series that only repeat are forecast 2 % worse (`forecast_table --part early`); with more, trends are found late."""
_LOSS_MEMORY = 1 - 1 / 2_000
_ADD_UP_EVERY = 32
"""Films whose labels are learned at once: one film's own would teach little, and cost as much. With many films a step
the later ones profit from what the earlier ones have taught."""
_MADE = ("predicted", "lower", "upper", "kind", "labels", "errors")
_TOP = slice(len(_MADE), len(_MADE) + len(_TOP_PRIOR))
_MOVED = len(_MADE) + len(_TOP_PRIOR)
"""The change that the slow linear model foresaw."""
_LEARNED = slice(_MOVED + 1, None)


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
    changes: Array
    """From then to now, on the log scale."""
    features: Array
    simple: Array
    weights: Array
    """What each counts beside the other films' labels of its step."""

    def only(self, wanted: NDArray[np.bool_]) -> "Label":
        """The rows that are wanted."""
        return Label(
            self.actual, self.horizons[wanted], self.slots[wanted], self.now[wanted], self.levels[wanted],
            self.changes[wanted], self.features[wanted], self.simple[wanted], self.weights[wanted],
        )  # fmt: skip


class View:
    """What a learner knows of one film: its own weights and errors, and what it said and waits for."""

    __slots__ = ("errors", "mixture", "waiting")

    def __init__(self, configuration: Configuration, grid: Grid) -> None:
        learned = len(learned_names(configuration))
        self.errors = FilmErrors(len(grid.horizons))
        self.mixture = FilmMixture(len(grid.horizons), len(SIMPLE_EXPERTS) + learned, configuration.film_memory)
        self.waiting = np.full((sum(grid.horizons), _LEARNED.start + learned), np.nan)
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
        self._levels = Mixture(count, prior, configuration.mixture_memory, kinds=LEVELS)
        self._tops = Mixture(count, _TOP_PRIOR, configuration.mixture_memory)
        self._intervals = Intervals(grid.horizons, coverage)
        self._baseline_losses = np.zeros((count, len(BASELINES)))
        self._numbers, self._best = np.arange(count), np.zeros(count, dtype=np.intp)
        """Of the horizons, and of the baseline that was best at each when the last step was closed."""
        self._waiting: list[tuple[Label, Array]] = []
        """Labels of this step that were not added up yet, and what was said of them."""

    def close_step(self) -> None:
        """A step is over: what it taught counts from now on."""
        self._add_up()
        for part in (self._shared, self._levels, self._tops, self._intervals):
            part.close_step()
        self._best = self._baseline_losses.argmin(axis=1)

    def forecast(self, view: View, instant: Instant) -> tuple[list[float], list[float], list[float]]:
        """Forecast, lower and upper end for each horizon; they wait in `view` until `learn` meets their label."""
        moved = self._learned.predict(instant.features)
        logged = log_scale(instant.now) + moved
        learned = np.copysign(np.expm1(np.minimum(np.abs(logged), 60.0)), logged)
        learned = np.minimum(np.maximum(learned, self._bounds[0]), self._bounds[1])
        experts = np.concatenate([instant.simple, learned], axis=1)
        shared = self._shared.weights
        top = np.empty((len(experts), len(_TOP_PRIOR)))
        top[:, 0] = np.vecdot(shared, experts)
        top[:, 1] = np.vecdot(self._levels.weights[instant.level :: LEVELS], experts)
        top[:, 2] = np.vecdot(view.mixture.weights(shared), experts)
        top[:, 3] = experts[:, 0]
        top[:, 4] = instant.simple[self._numbers, self._best]
        centres = np.vecdot(self._tops.weights, top).tolist()
        made = [self._interval(h, centre, view.errors) for h, centre in enumerate(centres)]
        view.waiting[instant.slots] = np.concatenate([made, top, moved[:, :1], learned], axis=1)
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
        self._score(view, label, made)
        self._learned.grow(label.horizons, label.features, label.changes, waiting[:, _MOVED])
        view.mixture.learn(label.horizons, experts, top[:, 2], label.actual)
        self._waiting.append((label, waiting))
        if len(self._waiting) >= _ADD_UP_EVERY:
            self._add_up()
        return [(h, row[0]) for h, row in zip(label.horizons.tolist(), made, strict=True)]

    def _add_up(self) -> None:
        """Add up what labels teach that all films share: a few operations on many rows."""
        if not self._waiting:
            return
        labels, said = [label for label, _ in self._waiting], np.concatenate([row for _, row in self._waiting])
        self._waiting = []
        actual = np.repeat([label.actual for label in labels], [len(label.horizons) for label in labels])
        horizons, levels, now, changes, weights, simple, features = (
            np.concatenate([getattr(label, name) for label in labels])
            for name in ("horizons", "levels", "now", "changes", "weights", "simple", "features")
        )
        top, experts = said[:, _TOP], np.concatenate([simple, said[:, _LEARNED]], axis=1)
        self._shared.add(horizons, experts, top[:, 0], actual, 1.0 / np.sqrt(1.0 + np.abs(now)))
        self._levels.add(horizons * LEVELS + levels, experts, top[:, 1], actual)
        self._tops.add(horizons, top, said[:, 0], actual)
        losses = np.abs(simple[:, : len(BASELINES)] - actual[:, None])
        for h in range(len(self._baseline_losses)):
            rows = horizons == h
            self._baseline_losses[h] = _LOSS_MEMORY ** rows.sum() * self._baseline_losses[h] + losses[rows].sum(axis=0)
        self._learned.learn(horizons, features, changes, weights)
        predicted, lower, upper = said[:, :3].T
        errors, inside = signed_log(actual) - signed_log(predicted), (lower <= actual) & (actual <= upper)
        self._intervals.add(horizons, said[:, 3 : len(_MADE)], errors, inside)

    def _interval(self, h: int, centre: float, errors: FilmErrors) -> tuple[float, ...]:
        place = self._intervals.place(h, errors)
        lower, upper = self._intervals.around(h, centre, *place)
        low, high = self._bounds
        return centre, min(high, max(low, min(lower, centre))), min(high, max(low, upper, centre)), *place

    def _score(self, view: View, label: Label, made: list[list[float]]) -> None:
        hits, actual = [], log_scale(label.actual)
        for h, (predicted, lower, upper, *_) in zip(label.horizons.tolist(), made, strict=True):
            view.errors.learn(h, abs(actual - log_scale(predicted)))
            hits.append((predicted, lower <= label.actual <= upper, upper - lower))
        self.scores.add(label.horizons, hits, label.actual, np.abs(label.simple[:, : len(BASELINES)] - label.actual))
