"""Recursive least squares with forgetting, one model a horizon, all horizons in one array operation."""

from typing import cast

import numpy as np

from ml_service.model.series import Array

_RENEW_EVERY = 8
"""Labels between two renewals, to spare time; every weight's turn comes some times within the memory."""


class RecursiveLeastSquares:
    """Ridge regression learned one row at a time, exact for its weights, forgetting and prior (Haykin, ch. 10).

    Args:
        horizons: number of models.
        size: number of features.
        memory: effective number of rows remembered; older ones fade exponentially.
        ridge: prior precision of each weight, around 0.
    """

    def __init__(self, horizons: int, size: int, *, memory: float, ridge: float) -> None:
        self.weights = np.zeros((horizons, size))
        self._covariance = np.tile(np.eye(size) / ridge, (horizons, 1, 1))
        self._memory = memory
        self._ridge = ridge
        self._labels = [0] * horizons

    def predict(self, rows: Array) -> Array:
        """One value a horizon from one row a horizon."""
        return cast(Array, np.einsum("hd,hd->h", self.weights, rows))

    def learn(self, h: int, row: Array, target: float, weight: float = 1.0) -> None:
        """Learn one target of horizon number `h`; `weight` counts the row that many times."""
        forgetting = 1.0 - weight / self._memory
        covariance = self._covariance[h]
        gain = covariance @ row
        raw = gain.copy()
        gain /= forgetting / weight + float(row @ gain)
        self.weights[h] += gain * (target - float(self.weights[h] @ row))
        covariance -= np.outer(gain, raw)
        covariance /= forgetting
        self._labels[h] += 1
        if self._labels[h] % _RENEW_EVERY == 0:
            self._renew(h, weight * _RENEW_EVERY)

    def _renew(self, h: int, weight: float) -> None:
        """Put back what was forgotten of the prior, one weight at a time: as if a label had said that it is 0.

        Without it the variance of a direction that no row visits would grow without end.
        """
        covariance, size = self._covariance[h], self.weights.shape[1]
        i = self._labels[h] // _RENEW_EVERY % size
        precision = weight / self._memory * self._ridge * size
        gain = covariance[:, i] * (precision / (1.0 + precision * covariance[i, i]))
        self.weights[h] -= gain * self.weights[h, i]
        covariance -= np.outer(gain, covariance[i].copy())
        covariance += covariance.T.copy()
        covariance *= 0.5
