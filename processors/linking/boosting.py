"""Small gradient-boosted trees on top of a linear score: fitted with numpy, asked in plain Python (`trees.py`).

Second-order boosting of the logistic loss (Chen & Guestrin 2016, "XGBoost", equations 4 to 7), exact splits.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.linking.trees import Tree

Matrix = NDArray[np.float64]


class Growth(NamedTuple):
    """How trees are grown: of the settings tried, among those with the best likelihood on threads left out."""

    trees: int = 300
    depth: int = 3
    rate: float = 0.1
    leaf: int = 12
    """Fewest examples in a leaf."""
    ridge: float = 4.0
    """Penalty on leaf values."""
    sample: float = 0.7
    """Share of the examples each tree sees."""
    columns: float = 0.3
    """Share of the features each question is chosen from."""


SEED: Final = 7
"""The samples are drawn the same way every time, so that a fit can be repeated."""


def boost(x: Matrix, y: Matrix, margin: Matrix, names: Sequence[str], growth: Growth) -> list[Tree]:
    """Trees that correct the linear margins."""
    rng = np.random.default_rng(SEED)
    score = margin.copy()
    order = np.argsort(x, axis=0, kind="stable")
    trees: list[Tree] = []
    for _ in range(growth.trees):
        p = 1 / (1 + np.exp(-np.clip(score, -50, 50)))
        chosen = rng.random(len(y)) < growth.sample
        tree = _grow(Data(x, order, y - p, p * (1 - p)), chosen, growth, growth.depth, rng)
        trees.append(_named(tree, names))
        score += np.array([_value(tree, row) for row in x])
    return trees


class Data(NamedTuple):
    """Examples by features, the order of the examples by each feature, and the loss's two derivatives."""

    x: Matrix
    order: NDArray[np.intp]
    gradient: Matrix
    hessian: Matrix


def _grow(data: Data, rows: NDArray[np.bool_], growth: Growth, depth: int, rng: np.random.Generator) -> Tree:
    leaf = float(growth.rate * data.gradient[rows].sum() / (data.hessian[rows].sum() + growth.ridge))
    if depth == 0 or rows.sum() < 2 * growth.leaf:
        return leaf
    asked = np.flatnonzero(rng.random(data.x.shape[1]) < growth.columns)
    _, feature, threshold = max((_best(data, rows, growth, int(column)) for column in asked), default=_NONE)
    if feature < 0:
        return leaf
    left = rows & (data.x[:, feature] <= threshold)
    return [
        feature,
        threshold,
        _grow(data, left, growth, depth - 1, rng),
        _grow(data, rows & ~left, growth, depth - 1, rng),
    ]


_NONE: Final = (0.0, -1, 0.0)


def _best(data: Data, rows: NDArray[np.bool_], growth: Growth, column: int) -> tuple[float, int, float]:
    """(gain, feature, threshold) of the best question about one feature; no feature where none gains."""
    order = data.order[:, column]
    order = order[rows[order]]
    values = data.x[order, column]
    if values[0] == values[-1]:
        return _NONE
    g, h = np.cumsum(data.gradient[order]), np.cumsum(data.hessian[order])
    left_g, left_h = g[:-1], h[:-1]
    gain = left_g**2 / (left_h + growth.ridge) + (g[-1] - left_g) ** 2 / (h[-1] - left_h + growth.ridge)
    gain -= g[-1] ** 2 / (h[-1] + growth.ridge)
    allowed = values[:-1] < values[1:]
    allowed[: growth.leaf - 1] = False
    allowed[len(allowed) - growth.leaf + 1 :] = False
    gain[~allowed] = 0.0
    at = int(gain.argmax())
    return (float(gain[at]), column, float((values[at] + values[at + 1]) / 2)) if gain[at] > 0 else _NONE


def _value(tree: Tree, row: Matrix) -> float:
    while isinstance(tree, list):
        tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
    return tree


def _named(tree: Tree, names: Sequence[str]) -> Tree:
    if not isinstance(tree, list):
        return round(tree, 4)
    return [names[tree[0]], round(tree[1], 4), _named(tree[2], names), _named(tree[3], names)]
