"""The time grid of a set of series: the step, and how many steps make a day, a week and each horizon."""

import math
from dataclasses import dataclass, field

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
_WEEK_SLOTS = 1008
"""A week is remembered in at most this many slots (10 minutes each): one-minute steps would need 80 KB a film."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps of `step_seconds`, counted from the epoch; `horizons` are in steps, ascending."""

    step_seconds: int
    horizons: tuple[int, ...]
    day: int = field(init=False, compare=False, repr=False)
    """Steps in a day, at least 1."""
    week: int = field(init=False, compare=False, repr=False)
    """Steps in a week, at least 1."""
    week_stride: int = field(init=False, compare=False, repr=False)
    """Steps in one slot of the week's memory."""

    def __post_init__(self) -> None:
        """Reject what no series can be put on; compute what every forecast asks for.

        Raises:
            ValueError: a step or horizon below 1, or horizons not strictly ascending.
        """
        if self.step_seconds < 1 or not self.horizons or min(self.horizons) < 1:
            raise ValueError("the step and every horizon must be at least 1")
        if list(self.horizons) != sorted(set(self.horizons)):
            raise ValueError("horizons must be strictly ascending")
        week = max(1, round(WEEK_SECONDS / self.step_seconds))
        object.__setattr__(self, "day", max(1, round(DAY_SECONDS / self.step_seconds)))
        object.__setattr__(self, "week", week)
        object.__setattr__(self, "week_stride", math.ceil(week / _WEEK_SLOTS))

    def back(self, season: int, horizon: int) -> int:
        """How many steps before now the target's phase was last seen, for a season of that many steps."""
        return -(-horizon // season) * season - horizon
