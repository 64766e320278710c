"""Accuracy of the forecasts and of every baseline, per horizon: over the model's life and over the recent past."""

import math
from dataclasses import dataclass

import numpy as np

from ml_service.model.features import BASELINES
from ml_service.model.linear import Rows
from ml_service.model.series import Array

RECENT_LABELS = 5_000.0
"""Recent figures fade over about this many outcomes: minutes with hundreds of films, an hour with dozens."""
_COLUMNS = ("labels", "absolute", "square", "actual", "actual_square", "inside", "width", *BASELINES)


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one horizon. `skill` is 1 - MAE / MAE of persistence; None where nothing can be said."""

    labels: int
    mae: float
    rmse: float
    r2: float | None
    coverage: float
    width: float
    baseline_mae: dict[str, float]

    @property
    def skill(self) -> float | None:
        """Against persistence: above 0 is better than saying that nothing changes."""
        return self.skill_against("persistence")

    def skill_against(self, baseline: str) -> float | None:
        """1 - MAE / MAE of a baseline; None when that baseline was never wrong."""
        reference = self.baseline_mae[baseline]
        return 1.0 - self.mae / reference if reference > 0 else None


class Scoreboard:
    """Running sums a horizon, over the model's life and fading with `RECENT_LABELS`."""

    def __init__(self, horizons: int) -> None:
        self._sums = np.zeros((horizons, 2, len(_COLUMNS)))
        self._labels = [0] * horizons
        self._keep = np.array([[1.0], [1.0 - 1.0 / RECENT_LABELS]])

    def add(self, horizons: Rows, said: list[tuple[float, bool, float]], actual: float, baselines: Array) -> None:
        """Count what came for some horizons (numbers): forecast, whether the interval held it, and its width.

        `baselines` are their absolute errors, a row a horizon.
        """
        rows = []
        for predicted, inside, width in said:
            error = predicted - actual
            rows.append([1.0, abs(error), error * error, actual, actual * actual, float(inside), width])
        new = np.concatenate([rows, baselines], axis=1)
        # All horizons are due at most instants; a slice spares the copies that a choice of rows takes.
        some = slice(None) if len(rows) == len(self._labels) else horizons
        self._sums[some] = self._sums[some] * self._keep + new[:, None, :]
        for h in horizons.tolist():
            self._labels[h] += 1

    def recent(self, h: int) -> Score | None:
        """The recent figures of horizon number `h`; None before its first outcome."""
        return self._score(h, 1)

    def life(self, h: int) -> Score | None:
        """The figures of horizon number `h` since its first outcome; None before it."""
        return self._score(h, 0)

    def _score(self, h: int, kind: int) -> Score | None:
        total, absolute, square, actual, actual_square, inside, width, *baselines = self._sums[h, kind].tolist()
        if not total:
            return None
        variance = actual_square - actual * actual / total
        return Score(
            labels=self._labels[h],
            mae=absolute / total,
            rmse=math.sqrt(square / total),
            r2=1.0 - square / variance if variance > 1e-9 * max(1.0, actual_square) else None,
            coverage=inside / total,
            width=width / total,
            baseline_mae={name: value / total for name, value in zip(BASELINES, baselines, strict=True)},
        )
