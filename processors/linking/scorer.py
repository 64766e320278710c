"""The weights of the features: a logistic regression kept as a JSON table."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

PATH: Final = Path(__file__).parent / "weights.json"


class Scorer:
    """Probability that a span means its film: 1 / (1 + exp(-(bias + Σ weight · feature)))."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.version: str = table["version"]
        self.bias: float = table["bias"]
        self.weights: Mapping[str, float] = table["weights"]
        self.accept: float = table["accept"]
        """Probability from which a mention counts."""
        self.uncertain: float = table["uncertain"]
        """Probability from which a span is reported as uncertain."""

    def probability(self, features: Mapping[str, float]) -> float:
        """In (0, 1)."""
        weights = self.weights
        total = self.bias + sum(value * weights.get(name, 0.0) for name, value in features.items())
        return 1.0 / (1.0 + math.exp(-min(max(total, -50.0), 50.0)))


@lru_cache(maxsize=1)
def load() -> Scorer:
    """The weights that come with the code."""
    return Scorer(json.loads(PATH.read_text(encoding="utf-8")))
