"""Prediction intervals whose coverage is steered online, on the log scale and in units of each film's own error.

Signed errors, in units of what was expected of the film, are counted in bins, in each class of volatility; the ends
of an interval are quantiles of these counts (split conformal prediction on labels that fade). A class with few labels
leans on all classes of its horizon, and a horizon with few on the shorter one: of a film that is new, or a horizon
whose labels are late, something is known all the same. Adaptive conformal inference (Gibbs and Candes, 2021) then
steers each class until the share of outcomes inside is the wanted one, whatever the data do: where too many are, inner
quantiles are taken, which are the right ones on whatever scale errors are, also where most are nothing; where too few
are, outer ones, moved out besides, because of errors further out the counts know little.
Classes, because hundreds of silent films, whose intervals always hold, would be paid for by the few that move.
"""

import math
from bisect import bisect
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ml_service.model.error_table import BINS, bins_of, laplace_shares, quantile, shares
from ml_service.model.linear import Rows
from ml_service.model.series import Array, from_log_scale, log_scale
from ml_service.model.shocks import SharedShocks

Hits = NDArray[np.bool_]

_START_ERROR = 0.3
"""Before any label at the first horizon: 30 % up or down."""
_GROWTH = 0.75
"""Errors grow as this power of the horizon until labels tell: between a random walk's root and a trend's line."""
_GROWTH_PRIOR = 20.0
_RATE = 0.05
"""Step of a class's control for one outcome at the first horizon: a wrong coverage is mended in some twenty."""
_LEAST_CONTROL, _MOST_CONTROL = -8.0, 3.0
"""From next to nothing, so that even of outcomes which nearly always repeat the last value (ranks, silent films) a
share can miss, to twenty times as wide as the errors that were seen."""
_HURRY = 30.0
"""The first labels move it faster, up to so many times: a wrong start is the error of the first days."""
_TRUST_LABELS = 300.0
"""Labels after which a class is judged half by what its intervals held, and no longer by what they would hold now."""
_FILM_MEMORY = 50.0
_FILM_PRIOR = 3.0
"""A film's own error counts as much as its class's after three labels: the class is already chosen by it."""
_LEAST_SCALE = 1e-9
_EDGES = (1e-6, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
"""Bounds between the classes, in mean absolute log error: from films that never move to those that double and halve."""
_NEW = 0
"""The class of films with fewer labels than this, which have no volatility of their own yet:"""
_KNOWN_LABELS = 3
_CLASS_MEMORY = 1000.0
_SIZE_MEMORY = 100.0
"""Labels over which the mean size of a class's errors fades: forecasts of new films soon get better, and the
intervals of films that are new today must not stay as wide as those of the first days."""
_PRIOR_LABELS = 5.0
"""What a class takes over of its horizon, and a horizon of the shorter one, counts as so many labels."""


class Intervals:
    """Quantiles of the signed log error, and the width, for each horizon and class of volatility."""

    def __init__(self, horizons: tuple[int, ...], coverage: float) -> None:
        self._miss, self._horizons = 1.0 - coverage, horizons
        middles = [_EDGES[0], *(math.sqrt(low * high) for low, high in pairwise(_EDGES)), _EDGES[-1]]
        shape = (len(horizons), len(middles) + 1)
        self._errors = np.tile([_START_ERROR, *middles], (len(horizons), 1))
        self._errors[:, _NEW] *= [(h / horizons[0]) ** _GROWTH for h in horizons]
        self._labels, self._control = np.zeros(shape), np.zeros(shape)
        """Control: below 0 the log of the share that is taken of the wanted level; above 0 the log of the factor by
        which the ends are moved out, and the missed share is divided."""
        self._rates = _RATE * np.sqrt(horizons[0] / np.array(horizons))[:, None]
        """Outcomes of a long horizon overlap, and each tells less that is new."""
        self._counts = np.zeros((*shape, BINS))
        self._mean = np.zeros(len(horizons))
        """Of absolute log errors, over all classes."""
        self._shocks = SharedShocks(len(horizons))
        self._waiting: list[tuple[Rows, Array, Array, Hits]] = []
        self._tell()

    def place(self, h: int, film: "FilmErrors") -> tuple[int, float, float]:
        """A film's class at horizon number `h`, its labels, and the sum of its absolute log errors.

        A film with few labels at this horizon is judged by the next shorter one that has enough, errors growing as
        they do for all films; so is a whole horizon that has no label yet.
        """
        known = h
        while known and film.labels[known] < _KNOWN_LABELS:
            known -= 1
        labels, error = film.labels[known], film.errors[known] * self._growth[h] / self._growth[known]
        kind = _NEW if labels < _KNOWN_LABELS else 1 + bisect(_EDGES, error)
        return kind, labels, labels * error

    def around(self, h: int, centre: float, kind: int, labels: float, errors: float) -> tuple[float, float]:
        """Lower and upper end around a forecast of a film that has that place.

        The unit is the film's typical absolute log error, shrunk to its class's.
        """
        middle = log_scale(centre)
        scale = max(_LEAST_SCALE, (_FILM_PRIOR * self._usual[h][kind] + errors) / (_FILM_PRIOR + labels))
        return (
            from_log_scale(middle - scale * self._lower[h][kind]),
            from_log_scale(middle + scale * self._upper[h][kind]),
        )

    def add(self, horizons: Rows, places: Array, errors: Array, inside: Hits) -> None:
        """Outcomes, one a row: the film's place by then, the signed log error, and whether the interval held it.

        They count from `close_step` on.
        """
        self._waiting.append((horizons, places, errors, inside))

    def close_step(self) -> None:
        """A step is over: learn its outcomes."""
        if not self._waiting:
            return
        horizons, places, errors, inside = (np.concatenate(part) for part in zip(*self._waiting, strict=True))
        self._waiting = []
        kinds = places[:, 0].astype(np.intp)
        weights, even = self._shocks.weigh(horizons, np.sign(errors))
        keep = self._learn_sizes(horizons, kinds, np.abs(errors), weights)
        usual = self._errors[horizons, kinds]
        # In units of what would be expected by now of a film in that place: the first forecasts were made knowing
        # nothing, and their units say nothing about later ones.
        units = errors / np.maximum(_LEAST_SCALE, (_FILM_PRIOR * usual + places[:, 2]) / (_FILM_PRIOR + places[:, 1]))
        self._counts *= keep[..., None]
        np.add.at(self._counts, (horizons, kinds, bins_of(units)), weights)
        self._steer(horizons, kinds, even, inside, units)
        self._tell()

    def _steer(self, horizons: Rows, kinds: Rows, weights: Array, inside: Hits, units: Array) -> None:
        """Move the controls by the share of outcomes inside.

        At first an outcome is judged by the interval that would be made now: that the first ones of all held, which
        were made knowing nothing, is no reason to narrow those that are made a horizon later.
        """
        lower, upper = np.array(self._lower)[horizons, kinds], np.array(self._upper)[horizons, kinds]
        labels = self._labels[horizons, kinds]
        trust = labels / (labels + _TRUST_LABELS)
        held = trust * inside + (1.0 - trust) * ((-lower <= units) & (units <= upper))
        change = self._sums(horizons, kinds, weights * (1.0 - held - self._miss))
        rates = self._rates * np.maximum(1.0, _HURRY / (1.0 + self._labels))
        self._control = np.clip(self._control + rates * change, _LEAST_CONTROL, _MOST_CONTROL)

    def _learn_sizes(self, horizons: Rows, kinds: Rows, sizes: Array, weights: Array) -> Array:
        """Learn how large errors are; returns what is kept of each class's older labels."""
        total = self._sums(horizons, kinds, weights)
        self._labels += total
        mean = self._sums(horizons, kinds, weights * sizes) / np.maximum(1e-12, total)
        self._errors += _share(total, self._labels) * (mean - self._errors)
        of_horizon = total.sum(axis=1)
        mean = np.bincount(horizons, weights * sizes, len(self._horizons)) / np.maximum(1e-12, of_horizon)
        self._mean += _share(of_horizon, self._labels.sum(axis=1)) * (mean - self._mean)
        return (1.0 - 1.0 / _CLASS_MEMORY) ** total

    def _sums(self, horizons: Rows, kinds: Rows, values: Array) -> Array:
        """Sums over the rows of each horizon and class."""
        rows, columns = self._labels.shape
        found: Array = np.bincount(horizons * columns + kinds, values, rows * columns).astype(np.float64)
        return found.reshape(rows, columns)

    def _tell(self) -> None:
        """Make the tables that forecasts look at. Lists: an array takes five times as long for one cell."""
        prior, rows = laplace_shares(), []
        for counts in self._counts:
            prior = shares(counts.sum(axis=0), prior, _PRIOR_LABELS)
            rows.append(shares(counts, prior, _PRIOR_LABELS))
        table, widths = np.array(rows), np.exp(np.maximum(0.0, self._control))
        inner, missed = np.exp(np.minimum(0.0, self._control)), self._miss / widths
        level = np.where(self._control < 0, (1.0 - self._miss) * inner, 1.0 - missed)
        self._lower = (np.maximum(0.0, -quantile(table, (1.0 - level) / 2)) * widths).tolist()
        self._upper = (np.maximum(0.0, quantile(table, (1.0 + level) / 2)) * widths).tolist()
        self._growth = self._grown()
        usual = self._errors.copy()
        for h in range(1, len(usual)):
            if not self._labels[h, _NEW]:
                usual[h, _NEW] = usual[h - 1, _NEW] * self._growth[h] / self._growth[h - 1]
        self._usual: list[list[float]] = usual.tolist()

    def _grown(self) -> list[float]:
        """Errors at each horizon, in those at the first: as measured, as far as there are labels."""
        power, found = _GROWTH, [1.0]
        for h in range(1, len(self._horizons)):
            ratio = math.log(self._horizons[h] / self._horizons[h - 1])
            labels = float(self._labels[h].sum())
            if labels and self._mean[h] > 0 and self._mean[h - 1] > 0:
                measured = math.log(self._mean[h] / self._mean[h - 1]) / ratio
                measured = min(1.2, max(0.0, measured))
                power = (labels * measured + _GROWTH_PRIOR * power) / (labels + _GROWTH_PRIOR)
            found.append(found[-1] * math.exp(power * ratio))
        return found


def _share(new: Array, labels: Array) -> Array:
    """What new labels count in a mean, of all labels or of those that are remembered."""
    return cast(Array, np.maximum(new / np.maximum(1e-12, labels), np.minimum(1.0, new / _SIZE_MEMORY)))


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
