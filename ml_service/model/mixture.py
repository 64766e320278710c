"""Bernstein Online Aggregation: a convex mixture of experts whose weights follow the absolute loss.

Wintenberger, "Optimal learning with Bernstein online aggregation" (Machine Learning, 2017), with the gradient trick, so
that it competes with the best fixed *mixture* of experts, and with a learning rate of its own for each expert.
"""

import math
from typing import cast

import numpy as np

from ml_service.model.series import Array


class Regrets:
    """Per row and expert: discounted regret, its second moment and its range. A row is one context's mixture."""

    __slots__ = ("range", "regret", "square")

    def __init__(self, rows: int, experts: int) -> None:
        self.regret = np.zeros((rows, experts))
        self.square = np.zeros((rows, experts))
        self.range = np.zeros((rows, experts))

    def weights(self, prior: Array) -> Array:
        """Weights of each row, summing to 1; `prior` is one row or one a row of this."""
        rate = self._rate()
        score = np.log(prior) + rate * self.regret + np.log(rate)
        score -= score.max(axis=-1, keepdims=True)
        weights = np.exp(score)
        weights /= weights.sum(axis=-1, keepdims=True)
        return cast(Array, weights)

    def _rate(self) -> Array:
        confidence = math.log(max(2, self.regret.shape[-1]))
        ceiling = 1.0 / np.maximum(2.0 * self.range, 1e-12)
        adaptive = np.sqrt(confidence / np.maximum(self.square, 1e-24))
        rate: Array = np.minimum(np.minimum(ceiling, adaptive), 1e12)
        return rate

    def learn(  # noqa: PLR0913 - an outcome, and how it counts
        self, row: int, forecasts: Array, mixed: float, actual: float, *, scale: float, keep: float
    ) -> None:
        """Add one outcome to a row.

        Args:
            row: which mixture.
            forecasts: what each expert said.
            mixed: what this row's mixture said.
            actual: what came.
            scale: losses are counted in this unit.
            keep: share of the past kept; 1 - 1/keep is the memory in outcomes.
        """
        direction = 1.0 if mixed > actual else -1.0 if mixed < actual else 0.0
        gain = direction * (mixed - forecasts) / scale
        self.range[row] = np.maximum(self.range[row] * keep, np.abs(gain))
        self.square[row] = self.square[row] * keep + gain * gain
        rate = np.minimum(
            1.0 / np.maximum(2.0 * self.range[row], 1e-12),
            np.sqrt(math.log(max(2, len(forecasts))) / np.maximum(self.square[row], 1e-24)),
        )
        self.regret[row] = self.regret[row] * keep + gain - np.minimum(rate, 1e12) * gain * gain
