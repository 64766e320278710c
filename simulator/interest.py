"""How much each film is talked about at a time: its standing interest and the breakouts on top."""

import bisect
import itertools
import math
import random
from collections.abc import Sequence

from simulator.breakouts import Breakout, BreakoutSchedule
from simulator.catalogue import CatalogueFilm

POPULARITY_EXPONENT = 1.1
"""Talk is a little more unequal than popularity: with it the top ten of 700 films get about a sixth of the comments."""
POPULARITY_CAP = 200.0
"""No standing interest grows beyond that of a film this popular: the rest is for breakouts to show."""
BREAKOUT_FLOOR = 0.008
"""A breakout multiplies at least this share of all talk: tenfold of almost nothing would not be seen in a ranking."""
RECENT_FACTOR = 3.0
RECENT_FILMS = 60
"""The newest films are in cinemas: people talk about them more than their popularity says."""


class Interest:
    """Draws the film of a comment. The standing interests sum to 1."""

    def __init__(self, films: Sequence[CatalogueFilm], seed: int) -> None:
        recent = {film.id for film in sorted(films, key=lambda film: film.release_date)[-RECENT_FILMS:]}
        weights: dict[int, float] = {}
        for film in films:
            level = math.pow(min(film.popularity or 1.0, POPULARITY_CAP), POPULARITY_EXPONENT)
            weights[film.id] = level * (RECENT_FACTOR if film.id in recent else 1.0)
        total = sum(weights.values())
        self._weight = {film_id: weight / total for film_id, weight in weights.items()}
        self.films = sorted(films, key=lambda film: (-weights[film.id], film.id))
        self._cumulative = list(itertools.accumulate(self._weight[film.id] for film in self.films))
        self.breakouts = BreakoutSchedule(self.films, seed)

    def base(self, film: CatalogueFilm) -> float:
        """The film's share of all talk outside breakouts."""
        return self._weight[film.id]

    def total(self, now: float) -> float:
        """All interest at `now`: 1 without a breakout."""
        return 1.0 + sum(self._extra(breakout, now) for breakout in self.breakouts.active(now))

    def draw(self, rng: random.Random, now: float) -> tuple[CatalogueFilm, Breakout | None]:
        """The film someone begins to talk about at `now`, and the breakout that made them, if one did."""
        active = self.breakouts.active(now)
        point = rng.random() * (1.0 + sum(self._extra(breakout, now) for breakout in active))
        for breakout in active:
            point -= self._extra(breakout, now)
            if point < 0:
                return breakout.film, breakout
        return self.standing(rng), None

    def standing(self, rng: random.Random) -> CatalogueFilm:
        """A film by standing interest alone."""
        place = bisect.bisect(self._cumulative, rng.random() * self._cumulative[-1])
        return self.films[min(place, len(self.films) - 1)]

    def _extra(self, breakout: Breakout, now: float) -> float:
        return max(self._weight[breakout.film.id], BREAKOUT_FLOOR) * breakout.surplus(now)
