"""Counts of signed errors in bins, and the quantiles of such counts. Errors are in units of what was expected."""

from typing import cast

import numpy as np

from ml_service.model.linear import Rows
from ml_service.model.series import Array

_EDGES = np.concatenate([[0.0], np.geomspace(1e-12, 0.01, 61)[:-1], np.geomspace(0.01, 100.0, 98)])
"""Of the absolute errors' bins: a tenth wide each, so that a quantile is as exact as that; the wider ones below a
hundredth are for silent films, whose errors are next to nothing beside the rare comment."""
_HALF = len(_EDGES) - 1
_ENDS = np.concatenate([-_EDGES[:0:-1], _EDGES])
BINS = 2 * _HALF
_SIDES_LABELS = 50.0
"""Labels after which it is half believed that errors lean to one side: forecasts that still learn are too low on
one day and too high on the next."""


def bins_of(units: Array) -> Rows:
    """The bin of each error, from the most negative to the most positive."""
    bins = np.minimum(np.searchsorted(_EDGES, np.abs(units), side="right") - 1, _HALF - 1)
    return cast(Rows, np.where(units < 0, _HALF - 1 - bins, _HALF + bins))


def laplace_shares() -> Array:
    """Shares of the bins when errors are Laplace with the expected mean absolute error: the guess before any label."""
    upper = -np.diff(0.5 * np.exp(-_EDGES))
    return np.concatenate([upper[::-1], upper])


def shares(counts: Array, prior: Array, prior_labels: float) -> Array:
    """Shares of the bins from counts (last axis) and a prior that counts as so many labels.

    The counts are taken as the more alike on both sides of 0 the fewer they are.
    """
    total = counts.sum(axis=-1, keepdims=True)
    own = total / (total + _SIDES_LABELS)
    found = own * counts + (1 - own) * 0.5 * (counts + counts[..., ::-1]) + prior_labels * prior
    return cast(Array, found / found.sum(axis=-1, keepdims=True))


def quantile(of: Array, level: Array) -> Array:
    """The error below which there is a share of `level`, one for each row of `shares`; 0 in the innermost bins."""
    total = np.cumsum(of, axis=-1)
    place = np.argmax(total >= level[..., None], axis=-1)
    here = np.take_along_axis(of, place[..., None], axis=-1)[..., 0]
    above = np.take_along_axis(total, place[..., None], axis=-1)[..., 0]
    inside = (above - level) / np.maximum(here, 1e-300)
    found = _ENDS[place + 1] - inside * (_ENDS[place + 1] - _ENDS[place])
    return cast(Array, np.where(np.abs(found) < _EDGES[1], 0.0, found))
