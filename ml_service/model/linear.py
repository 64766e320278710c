"""Linear models learned one row at a time, all horizons and memories in one array operation."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from ml_service.model.series import Array

Rows = NDArray[np.intp]
_RENEW_EVERY = 8
"""Labels between two renewals, to spare time; every weight's turn comes some times within the memory."""


class RecursiveLeastSquares:
    """Ridge regression with forgetting, exact for its weights, forgetting and prior (Haykin, ch. 10).

    Args:
        horizons: number of models of each memory.
        size: number of features.
        memories: effective numbers of rows remembered; older ones fade exponentially.
        ridge: prior precision of each weight, around 0.
    """

    def __init__(self, horizons: int, size: int, *, memories: tuple[float, ...], ridge: float) -> None:
        self.weights = np.zeros((horizons, len(memories), size))
        self._covariance = np.tile(np.eye(size) / ridge, (horizons, len(memories), 1, 1))
        self._memories = np.array(memories)
        self._ridge = ridge
        self._labels = [0] * horizons

    def predict(self, rows: Array) -> Array:
        """One row a horizon of one value a memory, from one row of features a horizon."""
        return (self.weights @ rows[:, :, None])[:, :, 0]

    def learn(self, horizons: Rows, rows: Array, targets: Array, weights: Array) -> None:
        """Learn one target for each of some horizons; a weight counts its row that many times."""
        forgetting = 1.0 - weights[:, None] / self._memories
        covariance = self._covariance[horizons]
        columns = rows[:, None, :, None]
        product = covariance @ columns
        spread = (product * columns).sum(axis=(2, 3))
        gain = product[..., 0] / (forgetting / weights[:, None] + spread)[..., None]
        known = self.weights[horizons]
        rest = targets[:, None] - (known @ rows[:, :, None])[..., 0]
        self.weights[horizons] = known + gain * rest[..., None]
        covariance -= gain[..., None] * product[..., 0][..., None, :]
        covariance /= forgetting[..., None, None]
        self._covariance[horizons] = covariance
        for h, weight in zip(horizons.tolist(), weights.tolist(), strict=True):
            self._labels[h] += 1
            if (self._labels[h] + h) % _RENEW_EVERY == 0:
                self._renew(h, weight * _RENEW_EVERY)

    def _renew(self, h: int, weight: float) -> None:
        """Put back what was forgotten of the prior, one weight at a time: as if a label had said that it is 0.

        Without it the variance of a direction that no row visits would grow without end.
        """
        covariance, size = self._covariance[h], self.weights.shape[2]
        i = (self._labels[h] + h) // _RENEW_EVERY % size
        precision = (weight / self._memories * self._ridge * size)[:, None]
        column = covariance[:, :, i].copy()
        gain = column * (precision / (1.0 + precision * column[:, i : i + 1]))
        self.weights[h] -= gain * self.weights[h, :, i : i + 1]
        covariance -= gain[:, :, None] * column[:, None, :]
        covariance += covariance.transpose(0, 2, 1).copy()
        covariance *= 0.5


class MedianLine:
    """Linear quantile regression at one half by stochastic gradient descent, one model a horizon.

    The gradient of the absolute loss is half the error's sign, whatever its size: outcomes with heavy tails, which pull
    at least squares, do not pull at it. The rate falls with the fourth root of the labels, slowly, so that it follows.
    """

    _RATE, _POWER, _DECAY = 0.05, 0.25, 1e-5
    """Targets and features are of size 1; the decay forgets a weight that nothing speaks for in 100,000 labels."""

    def __init__(self, horizons: int, size: int) -> None:
        self.weights = np.zeros((horizons, size))
        self._labels = np.zeros(horizons)

    def predict(self, rows: Array) -> Array:
        """One value a horizon, from one row of features a horizon."""
        return cast(Array, (self.weights * rows).sum(axis=1))

    def learn(self, horizons: Rows, rows: Array, targets: Array) -> None:
        """Learn one target for each of some horizons."""
        weights = self.weights[horizons]
        self._labels[horizons] += 1
        rates = self._RATE / self._labels[horizons] ** self._POWER
        signs = 0.5 * np.sign((weights * rows).sum(axis=1) - targets)
        self.weights[horizons] = weights - rates[:, None] * (signs[:, None] * rows + self._DECAY * weights)
