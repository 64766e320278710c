"""The learning experts: linear models and trees over the features, shared by all films, one set a horizon.

They see a scale-free world: differences and changes are counted in the usual absolute one-horizon change of the first
horizon (features) and of their own (targets), so that the same ridge and learning rates fit vote counts, which move by
0.1 % a step, and comments, which double.
"""

from typing import Any

import numpy as np
from river import linear_model, optim, tree

from ml_service.model.features import DIFFERENCES
from ml_service.model.linear import RecursiveLeastSquares
from ml_service.model.series import Array

LEARNED_EXPERTS = ("linear_slow", "linear_fast", "river_median", "river_tree")

_LONGEST_MOVE = 4.0
"""A learned expert may say at most this many times the usual absolute change: a guard while it knows little."""
_LARGEST_FEATURE = 15.0
"""The same for what it sees, which is heavier tailed."""
_CHANGE_MEMORY = 5_000.0
_SLOW, _FAST = 20_000.0, 2_000.0
"""Memories of the linear models in labels: one steady, one that follows a change of regime within days."""
_RIDGE = 5.0
_TREE_EVERY = 2
"""The tree learns every second label: neighbouring windows say nearly the same, and a label costs it most of all."""


class LearnedExperts:
    """Predict the change on the log scale; learn it when the label comes."""

    def __init__(self, names: tuple[str, ...], horizons: int, tree_columns: tuple[str, ...]) -> None:
        size = len(names)
        self._names = names
        self._is_difference = np.array([name in DIFFERENCES for name in names])
        self._tree_columns = [names.index(name) for name in tree_columns]
        self._linear = RecursiveLeastSquares(horizons, size, memories=(_SLOW, _FAST), ridge=_RIDGE)
        self._medians = [_median() for _ in range(horizons)]
        self._trees = [_tree(h) for h in range(horizons)]
        self._usual = np.zeros(horizons)
        self._labels = np.zeros(horizons)

    def predict(self, rows: Array) -> Array:
        """Changes: one row a horizon, columns as `LEARNED_EXPERTS`; 0 before the first label."""
        out = np.zeros((len(rows), len(LEARNED_EXPERTS)))
        if not self._usual[0]:
            return out
        scaled = self._scaled(rows)
        slow, fast = self._linear.predict(scaled)
        for h, row in enumerate(scaled.tolist()):
            median = self._medians[h].predict_one(dict(zip(self._names, row, strict=True)))
            rest = self._trees[h].predict_one({i: row[i] for i in self._tree_columns})
            out[h] = slow[h], fast[h], median, slow[h] + (rest or 0.0)
        np.clip(out, -_LONGEST_MOVE, _LONGEST_MOVE, out=out)
        out *= self._usual[:, None]
        return out

    def learn(self, h: int, row: Array, change: float, weight: float) -> None:
        """Learn one label of horizon number `h`; the tree learns what the slow linear model left."""
        self._labels[h] += 1
        share = max(1.0 / self._labels[h], 1.0 / _CHANGE_MEMORY)
        self._usual[h] += share * (abs(change) - self._usual[h])
        if not self._usual[0] or not self._usual[h]:
            return
        scaled = self._scaled(row)
        target = change / float(self._usual[h])
        target = max(-_LARGEST_FEATURE, min(_LARGEST_FEATURE, target))
        values = scaled.tolist()
        rest = target - float(self._linear.weights[0, h] @ scaled)
        if self._labels[h] % _TREE_EVERY == 0:
            self._trees[h].learn_one({i: values[i] for i in self._tree_columns}, rest)
        self._medians[h].learn_one(dict(zip(self._names, values, strict=True)), target)
        self._linear.learn(h, scaled, target, weight)

    def _scaled(self, rows: Array) -> Array:
        scaled = np.where(self._is_difference, rows / self._usual[0], rows)
        np.clip(scaled, -_LARGEST_FEATURE, _LARGEST_FEATURE, out=scaled)
        return scaled


def _median() -> Any:
    return linear_model.LinearRegression(
        optimizer=optim.SGD(optim.schedulers.InverseScaling(0.05, power=0.25)),
        loss=optim.losses.Quantile(0.5),
        intercept_lr=0.0,
        l2=1e-5,
    )


def _tree(h: int) -> Any:
    return tree.HoeffdingAdaptiveTreeRegressor(
        grace_period=300,
        max_depth=5,
        leaf_prediction="mean",
        splitter=tree.splitter.QOSplitter(radius=0.25),
        seed=1000 + h,
        bootstrap_sampling=False,
    )
