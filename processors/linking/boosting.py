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
    """How trees are grown: of the settings tried, those with the best likelihood on threads left out."""

    trees: int = 150
    depth: int = 3
    rate: float = 0.1
    leaf: int = 12
    """Fewest examples in a leaf."""
    ridge: float = 4.0
    """Penalty on leaf values."""
    sample: float = 0.7
    """Share of the examples each tree sees."""


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
        tree = _grow(x, order, y - p, p * (1 - p), chosen, growth, growth.depth)
        trees.append(_named(tree, names))
        score += np.array([_value(tree, row) for row in x])
    return trees


def _grow(  # noqa: PLR0913, PLR0917 - the data, their order and gradients, and where in the tree
    x: Matrix, order: NDArray[np.intp], g: Matrix, h: Matrix, rows: NDArray[np.bool_], growth: Growth, depth: int
) -> Tree:
    total_g, total_h = g[rows].sum(), h[rows].sum()
    leaf = float(growth.rate * total_g / (total_h + growth.ridge))
    count = int(rows.sum())
    if depth == 0 or count < 2 * growth.leaf:
        return leaf
    best, feature, threshold = 0.0, -1, 0.0
    parent = total_g**2 / (total_h + growth.ridge)
    for column in range(x.shape[1]):
        sorted_rows = order[:, column][rows[order[:, column]]]
        values = x[sorted_rows, column]
        if values[0] == values[-1]:
            continue
        left_g, left_h = np.cumsum(g[sorted_rows])[:-1], np.cumsum(h[sorted_rows])[:-1]
        gain = left_g**2 / (left_h + growth.ridge)
        gain += (total_g - left_g) ** 2 / (total_h - left_h + growth.ridge) - parent
        allowed = values[:-1] < values[1:]
        allowed[: growth.leaf - 1] = False
        allowed[len(allowed) - growth.leaf + 1 :] = False
        gain[~allowed] = 0.0
        at = int(gain.argmax())
        if gain[at] > best:
            best, feature, threshold = float(gain[at]), column, float((values[at] + values[at + 1]) / 2)
    if feature < 0:
        return leaf
    left = rows & (x[:, feature] <= threshold)
    return [
        feature,
        threshold,
        _grow(x, order, g, h, left, growth, depth - 1),
        _grow(x, order, g, h, rows & ~left, growth, depth - 1),
    ]


def _value(tree: Tree, row: Matrix) -> float:
    while isinstance(tree, list):
        tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
    return tree


def _named(tree: Tree, names: Sequence[str]) -> Tree:
    if not isinstance(tree, list):
        return round(tree, 4)
    return [names[tree[0]], round(tree[1], 4), _named(tree[2], names), _named(tree[3], names)]
