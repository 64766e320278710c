"""ADWIN on the champion's error, from the stream alone: when it grows for good, the world has changed.

One value a window length, so that neighbouring values share no data: the logarithm of the window's mean absolute error,
less what is usual at that hour of the day. Evenings are louder than mornings, every day anew, and that is no drift.
"""

import math
from dataclasses import dataclass
from typing import Any

from river import drift

_FLOOR = 0.05
"""Points of TrendScore added to the error: below that a window in which nothing happened would shout."""
_DELTA = 0.002
"""ADWIN's confidence, its author's own value; `python -m benchmarks.drift` says what it costs and gains."""
_GRACE = 30
"""Values before the first cut: two and a half hours of five-minute windows, while the model still finds its feet."""
_HOURS = 24
_HOUR_SECONDS = 3_600
_DAYS_REMEMBERED = 3
"""An hour's usual error is a mean that fades over about so many days: a change is seen long before it is usual."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The error has grown for good."""

    growth: float
    """How many times as large as usual it is by now."""


class ErrorDrift:
    """Collects errors; `close_step` returns the drift when there is one."""

    def __init__(self, steps: int, step_seconds: int) -> None:
        """`steps` are those of one window length."""
        self._steps, self._step_seconds = steps, step_seconds
        adwin: Any = drift.ADWIN  # river has no types
        self._adwin: Any = adwin(delta=_DELTA, clock=1, grace_period=_GRACE)
        self._period = -1
        self._error = 0.0
        self._labels = 0
        self._usual: list[float | None] = [None] * _HOURS
        self._overall = 0.0
        self._values = 0
        self._hour, self._hour_sum, self._hour_values = -1, 0.0, 0

    def add(self, step: int, error: float) -> None:
        """An absolute error of the champion's, known at a step; steps never go back."""
        if not self._labels:
            self._period = step // self._steps
        self._error += error
        self._labels += 1

    def close_step(self, step: int) -> Drift | None:
        """The steps before `step` are over; a drift only when the error grew."""
        if not self._labels or step // self._steps <= self._period:
            return None
        value = math.log(self._error / self._labels + _FLOOR)
        value -= self._usual_at(self._period * self._steps * self._step_seconds // _HOUR_SECONDS, value)
        self._period, self._labels, self._error = step // self._steps, 0, 0.0
        before = float(self._adwin.estimation)
        self._adwin.update(value)
        after = float(self._adwin.estimation)
        return Drift(math.exp(after)) if self._adwin.drift_detected and after > before else None

    def _usual_at(self, hour: int, value: float) -> float:
        """What is usual at an hour's time of day: of the days before, or of all time while there is none. Learns."""
        if hour != self._hour:
            if self._hour_values:
                slot, mean = self._hour % _HOURS, self._hour_sum / self._hour_values
                known = self._usual[slot]
                self._usual[slot] = mean if known is None else known + (mean - known) / _DAYS_REMEMBERED
            self._hour, self._hour_sum, self._hour_values = hour, 0.0, 0
        known = self._usual[hour % _HOURS]
        usual = known if known is not None else self._overall if self._values else value
        self._hour_sum += value
        self._hour_values += 1
        self._values += 1
        self._overall += (value - self._overall) / self._values
        return usual
