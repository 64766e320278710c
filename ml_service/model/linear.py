"""Recursive least squares with forgetting, one model a horizon, all horizons in one array operation."""

from typing import cast

import numpy as np

from ml_service.model.series import Array

_SYMMETRY_EVERY = 100
"""Rounding makes the covariance drift from symmetry by about 1e-16 a label."""


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
        self._ceiling = size / ridge
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
        self._labels[h] += 1
        # Directions that no row visits would grow without end under forgetting: never beyond the prior.
        if float(np.trace(covariance)) < self._ceiling * forgetting:
            covariance /= forgetting
        if self._labels[h] % _SYMMETRY_EVERY == 0:
            covariance[:] = 0.5 * (covariance + covariance.T)
