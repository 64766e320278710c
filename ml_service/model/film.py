"""What is kept of one film: its past, what its forecasts were made from, and each learner's view of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml_service.model.configuration import Configuration
from ml_service.model.grid import Grid
from ml_service.model.learner import View
from ml_service.model.linear import Rows
from ml_service.model.series import FilmSeries

TARGET, NOW, LEVEL, LEADER, PREDICTED, LOWER, UPPER = range(7)
"""Columns of `Film.waiting`: the target's step, what the film was when it was forecast, who led, and what was said."""


class Film:
    """A film that is remembered. A forecast waits in the slot `target % horizon` of its horizon: the slot is free
    again exactly when its label is due."""

    __slots__ = ("rows", "series", "views", "waiting")

    def __init__(self, grid: Grid, width: int, configurations: Sequence[Configuration]) -> None:
        self.series = FilmSeries(grid)
        self.views = [View(configuration, grid) for configuration in configurations]
        slots = sum(grid.horizons)
        self.waiting = np.full((slots, UPPER + 1), -1.0)
        self.rows = np.zeros((slots, width), dtype=np.float32)
        """The simple experts' forecasts and the features, a row a slot."""


class Slots:
    """Where the forecasts of a film wait."""

    def __init__(self, horizons: tuple[int, ...]) -> None:
        self._horizons: Rows = np.array(horizons, dtype=np.intp)
        self._starts: Rows = np.cumsum([0, *horizons[:-1]], dtype=np.intp)

    def of(self, step: int) -> Rows:
        """The slot of each horizon: of forecasts made at a step, and of those whose target it is, which is the same."""
        found: Rows = self._starts + step % self._horizons
        return found

    def due(self, film: Film, step: int) -> tuple[Rows, Rows]:
        """Numbers and slots of the horizons whose forecasts wait for the value of a step."""
        slots = self.of(step)
        wanted: NDArray[np.bool_] = film.waiting[slots, TARGET] == step
        return np.flatnonzero(wanted), slots[wanted]
