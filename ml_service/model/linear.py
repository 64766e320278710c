"""Recursive least squares with forgetting, one model a horizon, all horizons in one array operation."""

from typing import cast

import numpy as np

from ml_service.model.series import Array


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
        self._forgetting = 1.0 - 1.0 / memory
        self._ceiling = 1.0 / ridge

    def predict(self, rows: Array) -> Array:
        """One value a horizon from one row a horizon."""
        return cast(Array, np.einsum("hd,hd->h", self.weights, rows))

    def learn(self, h: int, row: Array, target: float, weight: float = 1.0) -> None:
        """Learn one target of horizon number `h`; `weight` counts the row that many times."""
        covariance = self._covariance[h]
        gain = covariance @ row
        gain /= self._forgetting / weight + float(row @ gain)
        error = target - float(self.weights[h] @ row)
        self.weights[h] += gain * error
        shrunk = covariance - np.outer(gain, row @ covariance)
        # Directions that no row visits would grow without end under forgetting: never beyond the prior.
        if shrunk.trace() < self._ceiling * len(row) * self._forgetting:
            shrunk /= self._forgetting
        self._covariance[h] = 0.5 * (shrunk + shrunk.T)
