"""Bernstein Online Aggregation: a convex mixture of experts whose weights follow the absolute loss.

Wintenberger, "Optimal learning with Bernstein online aggregation" (Machine Learning, 2017), with the gradient trick, so
that it competes with the best fixed *mixture* of experts, and with a learning rate of its own for each expert.
"""

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ml_service.model.linear import Rows
from ml_service.model.series import Array

_LARGEST_GAIN = 2.0
"""Gains are cut at this many times their usual size: one wild outcome must not freeze the learning rates for long."""
_SCALE_MEMORY = 200.0
_LEAN_STEPS, _OWN_STEPS = 10.0, 20.0
"""Steps after which a shorter horizon's weights are half believed, and own steps after which they count for half: of
what the first is good for, the second has usually seen little by then, and later it knows better itself."""


class Mixture:
    """Rows of weights over the same experts. What a time step teaches is added up, and counts when the step is over.

    The films of one step share its shocks: a hundred labels of one bad day are one day's evidence, not a hundred.

    The rows are those of the horizons, shortest first. Labels of a long horizon come late and say little that is new
    from step to step, so the prior of its rows leans on what the same rows of the next shorter horizon have learned.
    """

    def __init__(self, horizons: int, prior: Array, memory: float, kinds: int = 1) -> None:
        """Make `kinds` rows a horizon that all start at `prior`; `memory` is in steps."""
        rows = horizons * kinds
        self._kinds, self._prior = kinds, prior
        self._steps = np.zeros(rows)
        """Steps with labels of the row's own."""
        self._keep = 1.0 - 1.0 / memory
        shape = (rows, len(prior))
        self._regret, self._square, self._range = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._gains, self._labels = np.zeros(shape), np.zeros(rows)
        self._scale, self._scale_labels = np.zeros(rows), np.zeros(rows)
        self.weights = np.tile(prior, (rows, 1))
        """One row of weights a row, summing to 1; they change only in `close_step`."""

    def add(
        self, rows: Rows, forecasts: Array, mixed: Array, actual: Array | float, weights: Array | float = 1.0
    ) -> None:
        """Outcomes of the step: each one's row, what the experts said, what their mixture said, and what came."""
        gains = (weights * np.sign(mixed - actual))[:, None] * (mixed[:, None] - forecasts)
        np.add.at(self._gains, rows, gains)
        np.add.at(self._labels, rows, weights)

    def close_step(self) -> None:
        """Learn from what was added since the last call."""
        rows = np.flatnonzero(self._labels)
        if not len(rows):
            return
        gains = self._gains[rows] / self._labels[rows, None]
        self._gains[rows], self._labels[rows] = 0.0, 0.0
        sizes = np.abs(gains).max(axis=1)
        gains = self._normalised(rows, gains, sizes)
        self._range[rows] = np.maximum(self._keep * self._range[rows], np.abs(gains))
        self._square[rows] = self._keep * self._square[rows] + gains * gains
        rates = learning_rates(self._range[rows], self._square[rows])
        self._regret[rows] = self._keep * self._regret[rows] + gains - rates * gains * gains
        self._steps[rows] += 1.0
        self._weigh()

    def _weigh(self) -> None:
        """Weights from what is known by now, a horizon at a time: each leans on the one before."""
        known = np.zeros(self._kinds)
        for first in range(0, len(self._steps), self._kinds):
            here, shorter = slice(first, first + self._kinds), slice(first - self._kinds, first)
            own, prior = self._steps[here], self._prior
            if first:
                lean = (known / (known + _LEAN_STEPS) * _OWN_STEPS / (own + _OWN_STEPS))[:, None]
                prior = (1.0 - lean) * self._prior + lean * self.weights[shorter]
            known = np.maximum(own, known)
            rates = learning_rates(self._range[here], self._square[here])
            self.weights[here] = normalised_weights(prior, rates, self._regret[here])

    def _normalised(self, rows: NDArray[np.intp], gains: Array, sizes: Array) -> Array:
        """Gains in units of their row's usual size, cut where they are out of all proportion."""
        self._scale_labels[rows] += 1.0
        share = np.maximum(1.0 / self._scale_labels[rows], 1.0 / _SCALE_MEMORY)
        first = self._scale_labels[rows] == 1.0
        usual = np.where(first, sizes, self._scale[rows])
        kept = np.minimum(sizes, _LARGEST_GAIN * np.maximum(usual, 1e-12))
        self._scale[rows] += share * (kept - self._scale[rows])
        unit = np.maximum(self._scale[rows], 1e-12)[:, None]
        return cast(Array, np.clip(gains / unit, -_LARGEST_GAIN, _LARGEST_GAIN))


class FilmMixture:
    """One film's own weights, a row a horizon, around weights that are shared. Learns with each label."""

    __slots__ = ("_keep", "_range", "_rates", "_regret", "_square")

    def __init__(self, rows: int, experts: int, memory: float) -> None:
        self._keep = 1.0 - 1.0 / memory
        self._regret = np.zeros((rows, experts))
        self._square = np.zeros((rows, experts))
        self._range = np.zeros((rows, experts))
        self._rates = learning_rates(self._range, self._square)

    def weights(self, shared: Array) -> Array:
        """Weights a row, with the shared ones as prior."""
        return normalised_weights(shared, self._rates, self._regret)

    def learn(self, rows: Rows, forecasts: Array, mixed: Array, actual: float) -> None:
        """The outcomes of some horizons at one instant: one row of forecasts and one mixed value each."""
        gains = np.sign(mixed - actual)[:, None] * (mixed[:, None] - forecasts)
        squares = gains * gains
        # All horizons are due at most instants; a slice spares the copies that a choice of rows takes.
        some = slice(None) if len(rows) == len(self._rates) else rows
        largest = np.maximum(self._keep * self._range[some], np.abs(gains))
        square = self._keep * self._square[some] + squares
        rates = learning_rates(largest, square)
        self._range[some], self._square[some], self._rates[some] = largest, square, rates
        self._regret[some] = self._keep * self._regret[some] + gains - rates * squares


def learning_rates(largest: Array, square: Array) -> Array:
    """BOA's rate of each expert: bounded by the range of all gains, and falling with the square of its own.

    The range is the row's, not each expert's: an expert that has said just what the mixture said would get any weight.
    """
    confidence = math.log(max(2, largest.shape[-1]))
    largest = largest.max(axis=-1, keepdims=True)
    return cast(
        Array,
        np.minimum(1.0 / np.maximum(2.0 * largest, 1e-9), np.sqrt(confidence / np.maximum(square, 1e-18))),
    )


def normalised_weights(prior: Array, rates: Array, regret: Array) -> Array:
    """prior * rate * exp(rate * regret), summing to 1 in each row."""
    score = np.log(prior * rates + 1e-300) + rates * regret
    score -= score.max(axis=-1, keepdims=True)
    weights = np.exp(score)
    weights /= weights.sum(axis=-1, keepdims=True)
    return cast(Array, weights)
