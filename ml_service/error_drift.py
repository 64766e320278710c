"""ADWIN on the champion's error, from the stream alone: when it grows for good, the world has changed.

What is watched is the logarithm of the error in units of persistence's: a premiere or a quiet night makes every
forecast worse or better, and only what makes *ours* worse than saying "no change" is news about the model. One value
a window length, so that neighbouring values share no data.
"""

import math
from dataclasses import dataclass
from typing import Any

from river import drift

FLOOR = 0.05
"""Points of TrendScore added to both errors: below that a window in which nothing happened would shout."""
_DELTA = 0.002
"""ADWIN's confidence, its author's own value; `python -m benchmarks.drift` says what it costs and gains."""
_GRACE = 30
"""Values before the first cut: two and a half hours of five-minute windows, while the model still finds its feet."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The error's mean in units of persistence's, before and after the change."""

    before: float
    after: float


class ErrorDrift:
    """Collects errors; `close_step` returns the drift when there is one."""

    def __init__(self, steps: int) -> None:
        """`steps` are those of one window length."""
        self._steps = steps
        adwin: Any = drift.ADWIN  # river has no types
        self._adwin: Any = adwin(delta=_DELTA, clock=1, grace_period=_GRACE)
        self._period = -1
        self._own = self._naive = 0.0
        self._labels = 0

    def add(self, step: int, own: float, naive: float) -> None:
        """The absolute errors of the champion and of persistence, known at a step; steps never go back."""
        if self._period < 0:
            self._period = step // self._steps
        self._own += own
        self._naive += naive
        self._labels += 1

    def close_step(self, step: int) -> Drift | None:
        """The steps before `step` are over; a drift only when the error grew."""
        if not self._labels or step // self._steps <= self._period:
            return None
        own, naive = self._own / self._labels, self._naive / self._labels
        self._period, self._labels, self._own, self._naive = step // self._steps, 0, 0.0, 0.0
        before = float(self._adwin.estimation)
        self._adwin.update(math.log((own + FLOOR) / (naive + FLOOR)))
        after = float(self._adwin.estimation)
        if not self._adwin.drift_detected or after <= before:
            return None
        return Drift(math.exp(before), math.exp(after))
