"""When a film's interest jumps and decays: a schedule that is a pure function of the seed and the time."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from simulator.catalogue import CatalogueFilm

SLOT_SECONDS = 600
"""One breakout begins in each slot: with five-minute windows a viewer sees rankings move within minutes."""
HALF_LIFE_SECONDS = 420
LIFETIME_SECONDS = 6 * HALF_LIFE_SECONDS
"""After six half-lives the extra interest is 1.6 % of its peak: dropped."""
FAVOURITES, CANDIDATES = 6, 20
"""Breakouts pick among the films just below the favourites: a favourite that grows tenfold would drown the rest, and a
forgotten film grown tenfold would still not be seen in a ranking."""


@dataclass(frozen=True, slots=True)
class Breakout:
    """A jump of one film's interest at `start` (epoch seconds) to `factor` times its own level."""

    film: CatalogueFilm
    start: float
    factor: float
    kind: str
    """`release_night` opens an official discussion thread, `news` does not."""

    def surplus(self, now: float) -> float:
        """What the breakout adds at `now`, in multiples of the film's own interest."""
        age = now - self.start
        if not 0 <= age < LIFETIME_SECONDS:
            return 0.0
        return (self.factor - 1) * math.exp2(-age / HALF_LIFE_SECONDS)


class BreakoutSchedule:
    """Knows every breakout of all time."""

    def __init__(self, films_by_interest: Sequence[CatalogueFilm], seed: int) -> None:
        """`films_by_interest`: the most talked-about film first."""
        skip = min(FAVOURITES, len(films_by_interest) // 4)
        self._films = films_by_interest[skip : skip + CANDIDATES] or films_by_interest
        self._seed = seed
        # each draw of a film asks for the breakouts of the last half hour
        self.of_slot = lru_cache(maxsize=1_024)(self._of_slot)

    def _of_slot(self, slot: int) -> Breakout:
        """The breakout that begins in the slot [slot, slot + 1) x SLOT_SECONDS."""
        rng = random.Random(f"{self._seed}:breakout:{slot}")
        return Breakout(
            film=rng.choice(self._films),
            start=(slot + rng.random()) * SLOT_SECONDS,
            factor=rng.uniform(10, 20),
            kind="release_night" if rng.random() < 0.5 else "news",
        )

    def active(self, now: float) -> list[Breakout]:
        """The breakouts that add interest at `now`, oldest first."""
        last = int(now // SLOT_SECONDS)
        first = int((now - LIFETIME_SECONDS) // SLOT_SECONDS)
        return [b for b in map(self.of_slot, range(first, last + 1)) if b.surplus(now) > 0]
