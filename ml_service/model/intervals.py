"""Prediction intervals whose coverage is steered online, on the log scale and in units of each film's own error.

Quantile tracking (Angelopoulos, Candes and Tibshirani, "Conformal PID control", 2023) learns both tails in each class
of volatility; adaptive conformal inference (Gibbs and Candes, 2021) then widens or narrows the class's intervals until
the share of outcomes inside is the wanted one, whatever the data do. Classes, because hundreds of silent films, whose
intervals always hold, would be paid for by the few that move.
"""

import math
from bisect import bisect
from itertools import pairwise

from ml_service.model.series import from_log_scale, log_scale

_START_QUANTILE = 1.6
"""The 10 % tails begin here, in mean absolute errors, as if errors were Laplace."""
_START_ERROR = 0.3
"""Before any label at the first horizon: 30 % up or down."""
_GROWTH = 0.75
"""Errors grow as this power of the horizon until labels tell: between a random walk's root and a trend's line."""
_TAIL_RATE = 0.03
_WIDTH_RATE = 0.01
"""Step of the log width for one outcome: a run of misses doubles nothing, a wrong width is mended in some hundred."""
_FILM_MEMORY = 50.0
_FILM_PRIOR = 3.0
"""A film's own error counts as much as its class's after three labels: the class is already chosen by it."""
_EDGES = (1e-6, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
"""Bounds between the classes, in mean absolute log error: from films that never move to those that double and halve."""
_NEW = 0
"""The class of films with fewer labels than this, which have no volatility of their own yet:"""
_KNOWN_LABELS = 3
_CLASS_MEMORY = 1000.0


class Intervals:
    """Quantiles of the signed log error, and the width, for each horizon and class of volatility."""

    def __init__(self, horizons: tuple[int, ...], coverage: float) -> None:
        self._miss = 1.0 - coverage
        self._growth = [(h / horizons[0]) ** _GROWTH for h in horizons]
        middles = [_EDGES[0], *(math.sqrt(low * high) for low, high in pairwise(_EDGES)), _EDGES[-1]]
        # Lists, because one cell at a time is read and written: an array takes five times as long for that.
        self._errors = [[_START_ERROR * growth, *middles] for growth in self._growth]
        self._labels, self._evidence, self._log_width = (self._table(0.0) for _ in range(3))
        self._upper, self._lower = self._table(_START_QUANTILE), self._table(_START_QUANTILE)

    def _table(self, value: float) -> list[list[float]]:
        return [[value] * (len(_EDGES) + 2) for _ in self._growth]

    def place(self, h: int, film: "FilmErrors") -> tuple[int, float]:
        """A film's class at horizon number `h`, and its typical absolute log error, shrunk to the class's.

        A film with few labels at this horizon is judged by the next shorter one that has enough, errors growing as
        `_GROWTH` says; so is a whole horizon that has no label yet.
        """
        known = h
        while known and film.labels[known] < _KNOWN_LABELS:
            known -= 1
        labels, error = film.labels[known], film.errors[known] * self._growth[h] / self._growth[known]
        kind = _NEW if labels < _KNOWN_LABELS else 1 + bisect(_EDGES, error)
        learned = h
        while kind == _NEW and learned and not self._labels[learned][kind]:
            learned -= 1
        usual = self._errors[learned][kind] * self._growth[h] / self._growth[learned]
        return kind, max(1e-9, (_FILM_PRIOR * usual + labels * error) / (_FILM_PRIOR + labels))

    def around(self, h: int, kind: int, centre: float, scale: float) -> tuple[float, float]:
        """Lower and upper end around a forecast."""
        middle = log_scale(centre)
        width = scale * math.exp(self._log_width[h][kind])
        return (
            from_log_scale(middle - width * self._lower[h][kind]),
            from_log_scale(middle + width * self._upper[h][kind]),
        )

    def learn(  # noqa: PLR0913 - an outcome, and how it counts
        self, h: int, kind: int, centre: float, scale: float, actual: float, *, inside: bool, weight: float = 1.0
    ) -> float:
        """Learn one outcome of a class; returns its absolute log error.

        `weight` is below 1 where many outcomes share one step's shocks: a day on which 900 films miss together must not
        swing the width as 900 days would.
        """
        error = log_scale(actual) - log_scale(centre)
        tail, unit = self._miss / 2, error / scale
        self._evidence[h][kind] += weight
        rate = weight * _TAIL_RATE * max(1.0, 20.0 / (1.0 + self._evidence[h][kind]))
        upper, lower = self._upper[h], self._lower[h]
        upper[kind] = max(0.0, upper[kind] + rate * ((unit > upper[kind]) - tail))
        lower[kind] = max(0.0, lower[kind] + rate * ((-unit > lower[kind]) - tail))
        change = weight * _WIDTH_RATE * ((not inside) - self._miss)
        self._log_width[h][kind] = min(3.0, max(-3.0, self._log_width[h][kind] + change))
        self._labels[h][kind] += 1
        share = max(1.0 / self._labels[h][kind], 1.0 / _CLASS_MEMORY)
        self._errors[h][kind] += share * (abs(error) - self._errors[h][kind])
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
