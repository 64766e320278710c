"""Prediction intervals whose coverage is steered online, on the log scale and in units of each film's own error.

Quantile tracking (Angelopoulos, Candes and Tibshirani, "Conformal PID control", 2023) learns both tails in each level
class; adaptive conformal inference (Gibbs and Candes, 2021) then widens or narrows all of a horizon's intervals
until the share of outcomes inside is the wanted one, whatever the data do.
"""

import math

import numpy as np

from ml_service.model.series import from_log_scale, log_scale

_START_QUANTILE = 1.45
"""The 10 % tails begin here, in mean absolute errors: 1.61 if errors are Laplace, 1.33 if Student's t with 2 d.f."""
_START_ERROR = 0.3
"""Before any label at the first horizon: 30 % up or down."""
_TAIL_RATE = 0.03
_WIDTH_RATE = 0.01
"""Step of the log width for one outcome: a run of misses doubles nothing, a wrong width is mended in some hundred."""
_FILM_MEMORY = 50.0
_FILM_PRIOR = 10.0
"""A film's own error counts as much as its class's after ten labels."""
_CLASS_MEMORY = 1000.0


class Intervals:
    """Quantiles of the signed log error for each horizon and level class."""

    def __init__(self, horizons: tuple[int, ...], classes: int, coverage: float) -> None:
        count = len(horizons)
        self._miss = 1.0 - coverage
        growth = [math.sqrt(h / horizons[0]) for h in horizons]
        self._growth = growth
        self.errors = np.array([[_START_ERROR * g] * classes for g in growth])
        self.labels = np.zeros((count, classes))
        self._evidence = np.zeros((count, classes))
        self.upper = np.full((count, classes), _START_QUANTILE)
        self.lower = np.full((count, classes), _START_QUANTILE)
        self.log_width = np.zeros(count)

    def scale(self, h: int, level: int, film_error: float, film_labels: float) -> float:
        """The typical absolute log error of this film at horizon number `h`, shrunk to its class's."""
        if not self.labels[h].any() and h and self.labels[h - 1].any():
            known = float(self.errors[h - 1, level]) * self._growth[h] / self._growth[h - 1]
        else:
            known = float(self.errors[h, level])
        return max(1e-9, (_FILM_PRIOR * known + film_labels * film_error) / (_FILM_PRIOR + film_labels))

    def around(self, h: int, level: int, centre: float, scale: float) -> tuple[float, float]:
        """Lower and upper end around a forecast."""
        middle = log_scale(centre)
        width = scale * math.exp(float(self.log_width[h]))
        return (
            from_log_scale(middle - width * float(self.lower[h, level])),
            from_log_scale(middle + width * float(self.upper[h, level])),
        )

    def learn(  # noqa: PLR0913 - an outcome, and how it counts
        self, h: int, level: int, centre: float, scale: float, actual: float, *, inside: bool, weight: float = 1.0
    ) -> float:
        """Learn one outcome; returns its absolute log error.

        `weight` is below 1 where many outcomes share one step's shocks: a day on which 900 films miss together must not
        swing the width as 900 days would.
        """
        error = log_scale(actual) - log_scale(centre)
        tail, unit = self._miss / 2, error / scale
        self._evidence[h, level] += weight
        rate = weight * _TAIL_RATE * max(1.0, 20.0 / (1.0 + float(self._evidence[h, level])))
        self.upper[h, level] = max(0.0, self.upper[h, level] + rate * ((unit > self.upper[h, level]) - tail))
        self.lower[h, level] = max(0.0, self.lower[h, level] + rate * ((-unit > self.lower[h, level]) - tail))
        change = weight * _WIDTH_RATE * ((not inside) - self._miss)
        self.log_width[h] = min(3.0, max(-3.0, self.log_width[h] + change))
        self.labels[h, level] += 1
        share = max(1.0 / self.labels[h, level], 1.0 / _CLASS_MEMORY)
        self.errors[h, level] += share * (abs(error) - self.errors[h, level])
        return abs(error)


class FilmErrors:
    """One film's mean absolute log error a horizon, fading."""

    __slots__ = ("errors", "labels")

    def __init__(self, horizons: int) -> None:
        self.errors = [0.0] * horizons
        self.labels = [0.0] * horizons

    def learn(self, h: int, error: float) -> None:
        """Add one absolute log error."""
        self.labels[h] = min(_FILM_MEMORY, self.labels[h] + 1)
        self.errors[h] += (error - self.errors[h]) / self.labels[h]
