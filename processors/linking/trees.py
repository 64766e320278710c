"""Asking small decision trees; `boosting.py` grows them.

A tree is a leaf value, or [feature, threshold, left, right]: left when the feature is at most the threshold.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Tree = float | list[Any]


def correction(trees: Sequence[Tree], features: Mapping[str, float]) -> float:
    """The sum of the trees' answers, in log-odds."""
    get = features.get
    total = 0.0
    for tree in trees:
        node = tree
        while isinstance(node, list):
            node = node[2] if get(node[0], 0.0) <= node[1] else node[3]
        total += node
    return total
