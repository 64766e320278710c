"""What is remembered of one film: a bounded past at two resolutions and a few running means."""

import math

import numpy as np
from numpy.typing import NDArray

from ml_service.model.grid import Grid

Array = NDArray[np.float64]

RECENT = 25
"""Values kept for lags and running medians; odd, so that a median is a value that occurred."""
ALPHAS = (0.6, 0.3, 0.1, 0.03, 0.01)
"""Smoothing factors of the running means, each about a third of the one before: memories of 2 to 100 steps."""
_HOLT_LEVEL, _HOLT_TREND, _HOLT_DAMPING = 0.3, 0.1, 0.95
"""Holt's factors: the textbook mid-range, damped as Gardner and McKenzie advise for horizons of many steps."""


def log_scale(value: float) -> float:
    """Signed log1p: relative changes for large values, absolute ones near 0."""
    return math.log1p(value) if value >= 0 else -math.log1p(-value)


def signed_log(values: Array) -> Array:
    """`log_scale` of many values."""
    return np.copysign(np.log1p(np.abs(values)), values)


def from_log_scale(value: float) -> float:
    """Inverse of `log_scale`; the argument is kept below e^60, which no series here reaches."""
    value = max(-60.0, min(60.0, value))
    return math.expm1(value) if value >= 0 else -math.expm1(-value)


class Ring:
    """The last `size` values, addressed by how many steps ago they were, and the mean of the last `window` of them."""

    __slots__ = ("_head", "_sum", "_values", "count", "window")

    def __init__(self, size: int, window: int) -> None:
        self._values = np.zeros(size, dtype=np.float32)
        self._head = -1
        self._sum = 0.0
        self.count = 0
        self.window = window

    def push(self, value: float) -> None:
        """Add the newest value, dropping the oldest when full."""
        leaving = self.ago(self.window - 1)
        self._head = (self._head + 1) % len(self._values)
        self.count = min(self.count + 1, len(self._values))
        self._values[self._head] = value
        self._sum += float(self._values[self._head]) - (leaving or 0.0)

    def ago(self, steps: int) -> float | None:
        """The value `steps` before the newest; None beyond the memory."""
        if steps >= self.count:
            return None
        return float(self._values[self._head - steps])

    @property
    def mean(self) -> float:
        """Mean of the last `window` values, or of the fewer there are (0 when empty)."""
        return self._sum / min(self.count, self.window) if self.count else 0.0


class FilmSeries:
    """One film's past. `push` takes values in the order of their steps; memory does not grow with their number."""

    __slots__ = (
        "_slot_count", "_slot_sum", "age", "day", "grid", "last_step",
        "log_means", "means", "recent", "trend", "trend_level", "week",
    )  # fmt: skip

    def __init__(self, grid: Grid) -> None:
        longest = grid.horizons[-1]
        self.grid = grid
        self.last_step = -1
        self.age = 0
        self.recent: list[float] = []
        self.means = [0.0] * len(ALPHAS)
        self.log_means = [0.0] * len(ALPHAS)
        self.trend_level = 0.0
        self.trend = 0.0
        self.day = Ring(grid.day * math.ceil(longest / grid.day) + 1, grid.day)
        stride = grid.week_stride
        self.week = Ring((grid.week * math.ceil(longest / grid.week)) // stride + 1, max(1, grid.week // stride))
        self._slot_sum = 0.0
        self._slot_count = 0

    def push(self, step: int, value: float) -> None:
        """Add the value of `step`; steps skipped since the last one count as unchanged.

        Raises:
            ValueError: `step` is not after the last one.
        """
        if self.age and step <= self.last_step:
            raise ValueError(f"step {step} is not after {self.last_step}")
        if self.age:
            held = self.recent[-1]
            for _ in range(step - self.last_step - 1):
                self._add(held)
        self._add(value)
        self.last_step = step

    def _add(self, value: float) -> None:
        self.age += 1
        self.recent.append(value)
        if len(self.recent) > RECENT:
            del self.recent[0]
        logged = log_scale(value)
        for k, alpha in enumerate(ALPHAS):
            # Early on the plain mean of what there is: an average must not remember its own starting point.
            rate = max(alpha, 1.0 / self.age)
            self.means[k] += rate * (value - self.means[k])
            self.log_means[k] += rate * (logged - self.log_means[k])
        self._add_to_holt(value)
        self.day.push(value)
        self._slot_sum += value
        self._slot_count += 1
        if self._slot_count == self.grid.week_stride:
            slot = self._slot_sum / self._slot_count
            self.week.push(slot)
            self._slot_sum, self._slot_count = 0.0, 0

    def _add_to_holt(self, value: float) -> None:
        if self.age == 1:
            self.trend_level, self.trend = value, 0.0
            return
        before = self.trend_level
        expected = before + _HOLT_DAMPING * self.trend
        self.trend_level = expected + _HOLT_LEVEL * (value - expected)
        self.trend = _HOLT_TREND * (self.trend_level - before) + (1 - _HOLT_TREND) * _HOLT_DAMPING * self.trend

    def holt(self, horizon: int) -> float:
        """Damped linear trend, `horizon` steps ahead."""
        damping = _HOLT_DAMPING * (1 - _HOLT_DAMPING**horizon) / (1 - _HOLT_DAMPING)
        return self.trend_level + damping * self.trend

    def day_ago(self, steps: int) -> float | None:
        """The value `steps` back, within the memory of about a day."""
        return self.day.ago(steps)

    def week_ago(self, steps: int) -> float | None:
        """The mean of the slot that holds the value `steps` back, within the memory of about a week."""
        stride = self.grid.week_stride
        back = steps - self._slot_count
        return None if back < 0 else self.week.ago(back // stride)

    @property
    def day_mean(self) -> float:
        """Mean of the last day, or of what there is of it."""
        return self.day.mean

    @property
    def week_mean(self) -> float:
        """Mean of the last week, or of what there is of it."""
        return self.week.mean if self.week.count else self.means[-1]

    def median(self, count: int) -> float:
        """Median of the last `count` values (fewer when there are fewer)."""
        tail = sorted(self.recent[-count:])
        return tail[len(tail) // 2]
