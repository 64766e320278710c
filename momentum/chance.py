"""How likely a count is by chance, when its rate is known only so well and comments come in clusters."""

import math

_NEGLIGIBLE = 1e-12
"""A further term this small, against the sum so far, changes no decision."""


def tail(count: int, mean: float, shape: float) -> float:
    """P(N >= count) of a negative binomial with this mean and variance mean + mean² / shape.

    It is what a Poisson count is when its rate follows a gamma distribution: the belief about a film's rate after a
    history of counts, widened for clustering. shape → infinity gives the Poisson distribution itself.
    """
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    q = mean / (mean + shape)
    if count <= mean:
        return max(0.0, 1.0 - sum(_point(k, q, shape) for k in range(count)))
    term = total = _point(count, q, shape)
    k = count
    while term > _NEGLIGIBLE * total:
        term *= (k + shape) / (k + 1) * q
        total += term
        k += 1
    return min(1.0, total)


def _point(k: int, q: float, shape: float) -> float:
    """P(N = k)."""
    log = math.lgamma(k + shape) - math.lgamma(shape) - math.lgamma(k + 1) + k * math.log(q) + shape * math.log1p(-q)
    return math.exp(log)
