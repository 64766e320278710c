"""Recursive least squares with forgetting: one model a memory and horizon, all memories in one array operation."""

from typing import cast

import numpy as np

from ml_service.model.series import Array

_RENEW_EVERY = 8
"""Labels between two renewals, to spare time; every weight's turn comes some times within the memory."""


class RecursiveLeastSquares:
    """Ridge regression learned one row at a time, exact for its weights, forgetting and prior (Haykin, ch. 10).

    Args:
        horizons: number of models of each memory.
        size: number of features.
        memories: effective numbers of rows remembered; older ones fade exponentially.
        ridge: prior precision of each weight, around 0.
    """

    def __init__(self, horizons: int, size: int, *, memories: tuple[float, ...], ridge: float) -> None:
        self.weights = np.zeros((len(memories), horizons, size))
        self._covariance = np.tile(np.eye(size) / ridge, (horizons, len(memories), 1, 1))
        self._memories = np.array(memories)
        self._ridge = ridge
        self._labels = [0] * horizons

    def predict(self, rows: Array) -> Array:
        """One row a memory of one value a horizon, from one row a horizon."""
        return cast(Array, np.einsum("mhd,hd->mh", self.weights, rows))

    def learn(self, h: int, row: Array, target: float, weight: float = 1.0) -> None:
        """Learn one target of horizon number `h`; `weight` counts the row that many times."""
        forgetting = (1.0 - weight / self._memories)[:, None]
        covariance = self._covariance[h]
        product = covariance @ row
        gain = product / (forgetting / weight + (product @ row)[:, None])
        self.weights[:, h] += gain * (target - self.weights[:, h] @ row)[:, None]
        covariance -= gain[:, :, None] * product[:, None, :]
        covariance /= forgetting[:, :, None]
        self._labels[h] += 1
        if self._labels[h] % _RENEW_EVERY == 0:
            self._renew(h, weight * _RENEW_EVERY)

    def _renew(self, h: int, weight: float) -> None:
        """Put back what was forgotten of the prior, one weight at a time: as if a label had said that it is 0.

        Without it the variance of a direction that no row visits would grow without end.
        """
        covariance, size = self._covariance[h], self.weights.shape[2]
        i = self._labels[h] // _RENEW_EVERY % size
        precision = (weight / self._memories * self._ridge * size)[:, None]
        column = covariance[:, :, i].copy()
        gain = column * (precision / (1.0 + precision * column[:, i : i + 1]))
        self.weights[:, h] -= gain * self.weights[:, h, i : i + 1]
        covariance -= gain[:, :, None] * column[:, None, :]
        covariance += covariance.transpose(0, 2, 1).copy()
        covariance *= 0.5
