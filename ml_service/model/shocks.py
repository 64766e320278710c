"""How much the films of one step err together, and so what each of their labels is worth.

n labels that share their shocks are worth n / (1 + correlation (n - 1)) (Kish's design effect): a day on which 900
films miss together must not count as 900 days. The correlation is measured by how often two of them err on one side.
"""

import numpy as np

from ml_service.model.linear import Rows
from ml_service.model.series import Array

_CORRELATION, _STEPS, _MEMORY = 0.1, 5.0, 100.0
"""A first guess, the steps that it counts as, and the steps that are remembered."""
_LEAST_CORRELATION = 0.01
_ENOUGH_FILMS = 20
"""A step with fewer films says less about their correlation."""


class SharedShocks:
    """The correlation of the films' errors in one step, and the labels a step has, for each horizon."""

    def __init__(self, horizons: int) -> None:
        self.correlation = np.full(horizons, _CORRELATION)
        self._steps = np.full(horizons, _STEPS)
        self._labels, self._labelled = np.zeros(horizons), np.zeros(horizons)
        """Labels a step usually has, as counted over so many steps."""

    def weigh(self, horizons: Rows, signs: Array) -> tuple[Array, Array]:
        """Two weights for each label of a step, from its horizon's number; then learn from the errors' signs.

        The first is what it is worth as evidence, beside the labels that came with it. The second is the same in
        every step, worth what it would be in a usual one: a share over all labels is steered by it, and steps with
        few labels, say the days on which films leave a list, must not count for more in it than they do there.
        """
        labels = np.bincount(horizons, minlength=len(self.correlation))
        evidence = 1.0 / (1.0 + self.correlation * np.maximum(0, labels - 1))
        told = np.flatnonzero(labels)
        self._labelled[told] = np.minimum(_MEMORY, self._labelled[told] + 1)
        self._labels[told] += (labels[told] - self._labels[told]) / self._labelled[told]
        even = 1.0 / (1.0 + self.correlation * np.maximum(0.0, self._labels - 1))
        self._learn(labels, np.bincount(horizons, signs, len(self.correlation)).astype(np.float64) ** 2)
        return evidence[horizons], even[horizons]

    def _learn(self, labels: Rows, common: Array) -> None:
        for h in np.flatnonzero(labels > 1):
            n = int(labels[h])
            weight = min(n, _ENOUGH_FILMS) / _ENOUGH_FILMS
            self._steps[h] = min(_MEMORY, self._steps[h] + weight)
            together = (float(common[h]) - n) / (n * (n - 1))
            self.correlation[h] += weight / self._steps[h] * (together - self.correlation[h])
            self.correlation[h] = min(1.0, max(_LEAST_CORRELATION, self.correlation[h]))
