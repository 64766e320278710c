"""Linear models learned a step at a time, all horizons and memories in one array operation."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from ml_service.model.series import Array

Rows = NDArray[np.intp]


class FadingRidge:
    """Ridge regression on rows that fade: what recursive least squares computes, solved once a step.

    The sums of a step's films are one matrix product, and solving takes the same time for one film as for ten thousand;
    an update for each label (Haykin, ch. 10) takes as long as that for each film. The prior itself never fades,
    so that a direction which no row visits stays bounded.

    Args:
        horizons: number of models of each memory.
        size: number of features.
        memories: effective numbers of rows remembered; older ones fade exponentially.
        ridge: prior precision of each weight, around 0.
    """

    def __init__(self, horizons: int, size: int, *, memories: tuple[float, ...], ridge: float) -> None:
        self.weights = np.zeros((horizons, len(memories), size))
        self._products = np.zeros((horizons, len(memories), size, size))
        self._moments = np.zeros((horizons, len(memories), size))
        self._ridge = ridge * np.eye(size)
        self._keep = 1.0 - 1.0 / np.array(memories)
        self._new_products = np.zeros((horizons, size, size))
        self._new_moments = np.zeros((horizons, size))
        self._new_weight = np.zeros(horizons)

    def predict(self, rows: Array) -> Array:
        """One row a horizon of one value a memory, from one row of features a horizon."""
        return (self.weights @ rows[:, :, None])[:, :, 0]

    def add(self, h: int, rows: Array, targets: Array, weights: Array) -> None:
        """Labels of horizon number `h`; a weight counts its row that many times. They count from `close_step` on."""
        weighted = rows * weights[:, None]
        self._new_products[h] += weighted.T @ rows
        self._new_moments[h] += targets @ weighted
        self._new_weight[h] += weights.sum()

    def close_step(self) -> None:
        """Fade what is older, and learn what was added since the last call."""
        told = np.flatnonzero(self._new_weight)
        if not len(told):
            return
        keep = self._keep ** self._new_weight[told, None]
        self._products[told] = keep[..., None, None] * self._products[told] + self._new_products[told, None]
        self._moments[told] = keep[..., None] * self._moments[told] + self._new_moments[told, None]
        solved = np.linalg.solve(self._products[told] + self._ridge, self._moments[told, :, :, None])
        self.weights[told] = solved[..., 0]
        self._new_products[told], self._new_moments[told], self._new_weight[told] = 0.0, 0.0, 0.0


class MedianLine:
    """Linear quantile regression at one half by stochastic gradient descent, one model a horizon.

    The gradient of the absolute loss is half the error's sign, whatever its size: outcomes with heavy tails, which pull
    at least squares, do not pull at it. The rate falls with the fourth root of the labels, slowly, so that it follows.
    """

    _RATE, _POWER, _DECAY = 0.05, 0.25, 1e-5
    """Targets and features are of size 1; the decay forgets a weight that nothing speaks for in 100,000 labels."""

    def __init__(self, horizons: int, size: int) -> None:
        self.weights = np.zeros((horizons, size))
        self._gradients = np.zeros((horizons, size))
        self._new_weight = np.zeros(horizons)
        self._labels = np.zeros(horizons)

    def predict(self, rows: Array) -> Array:
        """One value a horizon, from one row of features a horizon."""
        return cast(Array, (self.weights * rows).sum(axis=1))

    def add(self, h: int, rows: Array, targets: Array, weights: Array) -> None:
        """Labels of horizon number `h`, each with its weight; they count from `close_step` on."""
        self._gradients[h] += (weights * (0.5 * np.sign(rows @ self.weights[h] - targets))) @ rows
        self._new_weight[h] += weights.sum()

    def close_step(self) -> None:
        """One step down the gradients that were added since the last call."""
        told = np.flatnonzero(self._new_weight)
        if not len(told):
            return
        self._labels[told] += self._new_weight[told]
        rates = (self._RATE / self._labels[told] ** self._POWER)[:, None]
        decay = self._DECAY * self._new_weight[told, None]
        self.weights[told] -= rates * (self._gradients[told] + decay * self.weights[told])
        self._gradients[told], self._new_weight[told] = 0.0, 0.0
