"""Asking small decision trees; `boosting.py` grows them.

As JSON a tree is a leaf value, or [feature, threshold, left, right]: left when the feature is at most the threshold. To
be asked quickly all are made three levels deep and features become positions in a list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Tree = float | list[Any]

DEPTH: Final = 3


class Forest:
    """Trees of at most three levels."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        names: dict[str, int] = {}
        self.trees = [_complete(tree, DEPTH, names) for tree in trees]
        self.names = list(names)

    def correction(self, features: Mapping[str, float]) -> float:
        """The sum of the trees' answers, in log-odds; absent features are 0."""
        get = features.get
        v = [get(name, 0.0) for name in self.names]
        total = 0.0
        for i, threshold, left, right in self.trees:
            i, threshold, left, right = left if v[i] <= threshold else right  # noqa: PLW2901 - one level down
            i, threshold, left, right = left if v[i] <= threshold else right  # noqa: PLW2901
            total += left if v[i] <= threshold else right
        return total


def _complete(tree: Tree, depth: int, names: dict[str, int]) -> Any:
    """The tree with all its leaves at one depth: a shallow leaf answers the same on both sides of an idle question."""
    if depth == 0:
        if isinstance(tree, list):
            raise ValueError(f"a tree is deeper than {DEPTH}")
        return tree
    if not isinstance(tree, list):
        branch = _complete(tree, depth - 1, names)
        return names.setdefault("", len(names)), 0.0, branch, branch
    name, threshold, left, right = tree
    position = names.setdefault(name, len(names))
    return position, threshold, _complete(left, depth - 1, names), _complete(right, depth - 1, names)
