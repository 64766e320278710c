"""The learning experts: linear models and trees over the features, shared by all films, one set a horizon."""

from typing import Any

import numpy as np
from river import linear_model, optim, tree

from ml_service.model.linear import RecursiveLeastSquares
from ml_service.model.series import Array

LEARNED_EXPERTS = ("linear_slow", "linear_fast", "river_median", "river_tree")

_MOVE_LIMIT = 4.0
"""A learned expert may move a value by at most a factor of e^4 in one horizon: a guard while it knows little."""
_SLOW, _FAST = 20_000.0, 2_000.0
_RIDGE = 5.0


class LearnedExperts:
    """Predict the change on the log scale; learn it when the label comes."""

    def __init__(self, names: tuple[str, ...], horizons: int, tree_columns: tuple[str, ...]) -> None:
        size = len(names)
        self._names = names
        self._tree_columns = [names.index(name) for name in tree_columns]
        self._slow = RecursiveLeastSquares(horizons, size, memory=_SLOW, ridge=_RIDGE)
        self._fast = RecursiveLeastSquares(horizons, size, memory=_FAST, ridge=_RIDGE)
        self._medians = [self._median() for _ in range(horizons)]
        self._trees = [self._tree(h) for h in range(horizons)]

    @staticmethod
    def _median() -> Any:
        return linear_model.LinearRegression(
            optimizer=optim.AdaGrad(0.02), loss=optim.losses.Quantile(0.5), intercept_lr=0.0, l2=1e-5
        )

    @staticmethod
    def _tree(h: int) -> Any:
        return tree.HoeffdingAdaptiveTreeRegressor(
            grace_period=300, max_depth=5, leaf_prediction="mean", seed=1000 + h, bootstrap_sampling=False
        )

    def predict(self, rows: Array) -> Array:
        """Changes: one row a horizon, columns as `LEARNED_EXPERTS`."""
        slow, fast = self._slow.predict(rows), self._fast.predict(rows)
        out = np.empty((len(rows), len(LEARNED_EXPERTS)))
        for h, row in enumerate(rows):
            median = self._medians[h].predict_one(dict(zip(self._names, row.tolist(), strict=True)))
            rest = self._trees[h].predict_one({i: float(row[i]) for i in self._tree_columns})
            out[h] = slow[h], fast[h], median, slow[h] + (rest or 0.0)
        limited: Array = np.clip(out, -_MOVE_LIMIT, _MOVE_LIMIT)
        return limited

    def learn(self, h: int, row: Array, change: float) -> None:
        """Learn one label of horizon number `h`; the tree learns what the slow linear model left."""
        rest = change - float(self._slow.weights[h] @ row)
        self._trees[h].learn_one({i: float(row[i]) for i in self._tree_columns}, rest)
        self._medians[h].learn_one(dict(zip(self._names, row.tolist(), strict=True)), change)
        self._slow.learn(h, row, change)
        self._fast.learn(h, row, change)
