"""The weights of the features: a logistic regression and, where it is unsure, small trees; kept as one JSON table."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from processors.linking.trees import Forest

PATH: Final = Path(__file__).parent / "weights.json"


UNSURE: Final = (-3.0, 4.0)
"""Linear log-odds (probabilities of 5 % and 98 %) between which the trees are asked: beyond, they change no verdict."""


class Scorer:
    """Probability that a span means its film: 1 / (1 + exp(-m)), m = shrink · (bias + Σ weight · feature) + Σ trees."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.version: str = table["version"]
        self.bias: float = table["bias"]
        self.weights: Mapping[str, float] = table["weights"]
        self.shrink: float = table.get("shrink", 1.0)
        self.forest = Forest(table.get("trees", ()))
        self.accept: float = table["accept"]
        """Probability from which a mention counts."""
        self.uncertain: float = table["uncertain"]
        """Probability from which a span is reported as uncertain."""

    def probability(self, features: Mapping[str, float]) -> float:
        """In (0, 1)."""
        weights = self.weights
        margin = self.bias
        for name, value in features.items():
            if value:
                margin += value * weights.get(name, 0.0)
        if UNSURE[0] < margin < UNSURE[1]:
            margin = self.shrink * margin + self.forest.correction(features)
        return 1.0 / (1.0 + math.exp(-min(max(margin, -50.0), 50.0)))


@lru_cache(maxsize=1)
def load() -> Scorer:
    """The weights that come with the code."""
    return Scorer(json.loads(PATH.read_text(encoding="utf-8")))
