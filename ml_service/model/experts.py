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
from ml_service.model.linear import FadingRidge, MedianLine, Rows
from ml_service.model.series import Array

LINEAR_EXPERTS = ("linear_slow", "linear_fast", "linear_median")
TREE_EXPERT = "river_tree"
_TREE_COLUMNS = ("level", "log_age", "log_ewma_0.6", "log_ewma_0.1", "day_cos1", "week_cos1")
"""What a course depends on in steps rather than lines; each column costs a tree some 10 microseconds a label."""

_FIRST_MOVE, _LONGEST_MOVE, _MOVE_LABELS = 1.0, 4.0, 100.0
"""A learned expert may say at most so many times the usual absolute change: at first, in the end, and the labels, each
of the weight it has beside others of its step, after which it is halfway. What a line says of a film unlike those few
that it was drawn through is worth little, and may be anything."""
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
        self._linear = FadingRidge(horizons, size, memories=configuration.linear_memories, ridge=_RIDGE)
        self._median = MedianLine(horizons, size)
        self._trees = [_tree(h) for h in range(horizons)] if configuration.tree else []
        self._usual = np.zeros(horizons)
        self._labels, self._seen = [0] * horizons, [0] * horizons
        self._evidence, self._limits = np.zeros(horizons), np.full((horizons, 1), _FIRST_MOVE)
        """Weight of the labels of each horizon, and how many usual changes may be said by now."""
        self.count = len(learned_names(configuration))

    def predict(self, rows: Array) -> Array:
        """Changes: one row a horizon, columns as `learned_names`; 0 before the first label."""
        out = np.zeros((len(rows), self.count))
        if not self._usual[0]:
            return out
        scaled = self._scaled(rows)
        out[:, :2] = self._linear.predict(scaled)
        out[:, 2] = self._median.predict(scaled)
        if self._trees:
            columns = scaled[:, self._tree_columns].tolist()
            for h, (one, row) in enumerate(zip(self._trees, columns, strict=True)):
                rest = one.predict_one(dict(zip(self._tree_columns, row, strict=True)))
                out[h, 3] = out[h, 0] + (rest or 0.0)
        cut(out, self._limits)
        out *= self._usual[:, None]
        return out

    def learn(self, horizons: Rows, rows: Array, changes: Array, weights: Array) -> None:
        """Learn labels of any horizons, one a row: the linear models at once, the trees by `grow`."""
        for h in range(len(self._usual)):
            wanted = horizons == h
            labels = int(wanted.sum())
            if not labels:
                continue
            self._labels[h] += labels
            self._evidence[h] += weights[wanted].sum()
            share = max(labels / self._labels[h], min(1.0, labels / _CHANGE_MEMORY))
            self._usual[h] += share * (np.abs(changes[wanted]).mean() - self._usual[h])
            if self._usual[0] and self._usual[h]:
                scaled = self._scaled(rows[wanted])
                targets = changes[wanted] / self._usual[h]
                cut(targets, _LARGEST_FEATURE)
                self._median.add(h, scaled, targets, weights[wanted])
                self._linear.add(h, scaled, targets, weights[wanted])
        known = self._evidence / (self._evidence + _MOVE_LABELS)
        self._limits[:, 0] = _FIRST_MOVE + (_LONGEST_MOVE - _FIRST_MOVE) * known
        self._median.close_step()
        self._linear.close_step()

    def grow(self, horizons: Rows, rows: Array, changes: Array, foreseen: Array) -> None:
        """One film's labels, for the trees: they learn what the slow linear model had left."""
        if not self._trees or not self._usual[0]:
            return
        for k, h in enumerate(horizons.tolist()):
            self._seen[h] += 1
            usual = float(self._usual[h])
            if (self._seen[h] + h) % _TREE_EVERY or not usual:
                continue
            rest = max(-_LARGEST_FEATURE, min(_LARGEST_FEATURE, float(changes[k]) / usual)) - float(foreseen[k]) / usual
            row = self._scaled(rows[k])[self._tree_columns].tolist()
            self._trees[h].learn_one(dict(zip(self._tree_columns, row, strict=True)), rest)

    def _scaled(self, rows: Array) -> Array:
        scaled = np.where(self._is_difference, rows / self._usual[0], rows)
        cut(scaled, _LARGEST_FEATURE)
        return scaled


def cut(values: Array, limit: float | Array) -> None:
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
