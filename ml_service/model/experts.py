"""The learning experts: linear models and trees over the features, shared by all films, one set a horizon.

They see a scale-free world: differences and changes are counted in the usual absolute one-horizon change of the first
horizon (features) and of their own (targets), so that the same ridge and learning rates fit vote counts, which move by
0.1 % a step, and comments, which double.
"""

from typing import Any

import numpy as np
from river import tree

from ml_service.model.configuration import Configuration
from ml_service.model.features import DIFFERENCES
from ml_service.model.linear import MedianLine, RecursiveLeastSquares, Rows
from ml_service.model.series import Array

LINEAR_EXPERTS = ("linear_slow", "linear_fast", "linear_median")
TREE_EXPERT = "river_tree"
_TREE_COLUMNS = ("level", "log_age", "log_ewma_0.6", "log_ewma_0.1", "day_cos1", "week_cos1")
"""What a course depends on in steps rather than lines; each column costs a tree some 10 microseconds a label."""

_LONGEST_MOVE = 4.0
"""A learned expert may say at most this many times the usual absolute change: a guard while it knows little."""
_LARGEST_FEATURE = 15.0
"""The same for what it sees, which is heavier tailed."""
_CHANGE_MEMORY = 5_000.0
_RIDGE = 5.0
_TREE_EVERY = 3
"""The tree learns every third label, each horizon's in its turn: neighbouring windows say nearly the same, and a label
costs it most of all."""


def learned_names(configuration: Configuration) -> tuple[str, ...]:
    """The learned experts of a configuration, in the order of the columns of `LearnedExperts.predict`."""
    return (*LINEAR_EXPERTS, TREE_EXPERT) if configuration.tree else LINEAR_EXPERTS


class LearnedExperts:
    """Predict the change on the log scale; learn it when the label comes."""

    def __init__(self, names: tuple[str, ...], horizons: int, configuration: Configuration) -> None:
        size = len(names)
        self._is_difference = np.array([name in DIFFERENCES for name in names])
        self._tree_columns = [names.index(name) for name in _TREE_COLUMNS]
        self._linear = RecursiveLeastSquares(horizons, size, memories=configuration.linear_memories, ridge=_RIDGE)
        self._median = MedianLine(horizons, size)
        self._trees = [_tree(h) for h in range(horizons)] if configuration.tree else []
        self._usual = np.zeros(horizons)
        self._labels = np.zeros(horizons)
        self.count = len(learned_names(configuration))

    def predict(self, rows: Array) -> Array:
        """Changes: one row a horizon, columns as `learned_names`; 0 before the first label."""
        out = np.zeros((len(rows), self.count))
        if not self._usual[0]:
            return out
        scaled = self._scaled(rows)
        out[:, :2] = self._linear.predict(scaled)
        out[:, 2] = self._median.predict(scaled)
        for h, one in enumerate(self._trees):
            row = scaled[h]
            out[h, 3] = out[h, 0] + (one.predict_one({i: float(row[i]) for i in self._tree_columns}) or 0.0)
        cut(out, _LONGEST_MOVE)
        out *= self._usual[:, None]
        return out

    def learn(self, horizons: Rows, rows: Array, changes: Array, weights: Array) -> None:
        """Learn one label of each of some horizons; the tree learns what the slow linear model left."""
        self._labels[horizons] += 1
        shares = np.maximum(1.0 / self._labels[horizons], 1.0 / _CHANGE_MEMORY)
        self._usual[horizons] += shares * (np.abs(changes) - self._usual[horizons])
        if not self._usual[0]:
            return
        told = self._usual[horizons] > 0
        if not told.all():
            if not told.any():
                return
            horizons, rows, changes, weights = horizons[told], rows[told], changes[told], weights[told]
        scaled = self._scaled(rows)
        targets = np.clip(changes / self._usual[horizons], -_LARGEST_FEATURE, _LARGEST_FEATURE)
        if self._trees:
            self._grow(horizons, scaled, targets)
        self._median.learn(horizons, scaled, targets)
        self._linear.learn(horizons, scaled, targets, weights)

    def _grow(self, horizons: Rows, scaled: Array, targets: Array) -> None:
        for k, h in enumerate(horizons.tolist()):
            if (self._labels[h] + h) % _TREE_EVERY == 0:
                rest = float(targets[k] - self._linear.weights[h, 0] @ scaled[k])
                row = scaled[k]
                self._trees[h].learn_one({i: float(row[i]) for i in self._tree_columns}, rest)

    def _scaled(self, rows: Array) -> Array:
        scaled = np.where(self._is_difference, rows / self._usual[0], rows)
        cut(scaled, _LARGEST_FEATURE)
        return scaled


def cut(values: Array, limit: float) -> None:
    """Bring every value into [-limit, limit], in place; `np.clip` takes three times as long for so few."""
    np.minimum(values, limit, out=values)
    np.maximum(values, -limit, out=values)


def _tree(h: int) -> Any:
    return tree.HoeffdingAdaptiveTreeRegressor(
        grace_period=300,
        max_depth=5,
        leaf_prediction="mean",
        splitter=tree.splitter.QOSplitter(radius=0.25),
        seed=1000 + h,
        bootstrap_sampling=False,
    )
