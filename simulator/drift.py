"""How TMDB's figures move: popularity is a daily level, votes come in steps. Pure functions of film, seed and time."""

import math
import random

DAY = 86_400
VOTE_STEP_SECONDS = 7 * 3_600
"""On real hourly polls the vote counts stand still for about seven hours and then move at once."""
POPULARITY_SPREAD = 0.12
"""Standard deviation of the daily level's logarithm around the film's own level: a drift, not a signal."""


def popularity_at(level: float, film_id: int, seed: int, now: float) -> float:
    """The popularity of the day of `now` (epoch seconds), smooth from day to day."""
    day = int(now // DAY)
    # the mean of three days' draws moves slower than one day's draw
    draws = [_draw("popularity", seed, film_id, d) for d in (day, day - 1, day - 2)]
    return round(level * math.exp(POPULARITY_SPREAD * sum(draws) / math.sqrt(3)), 4)


def votes_at(count: int, film_id: int, seed: int, now: float) -> int:
    """The vote count after the last step before `now`: grows a little, more for films with many votes."""
    phase = int(_unit("phase", seed, film_id) * VOTE_STEP_SECONDS)
    step = int((now + phase) // VOTE_STEP_SECONDS)
    per_step = 1 + count // 4_000
    # counted from a fixed day, so that every restart gives the same count
    steps_since_start = max(0, step - _STEPS_AT_START)
    return count + per_step * steps_since_start


_STEPS_AT_START = 1_767_225_600 // VOTE_STEP_SECONDS  # 2026-01-01, the date the catalogue's counts stand for


def trending_noise(film_id: int, seed: int, period: str, slot: int) -> float:
    """A factor around 1 that reorders trending lists from one refresh of TMDB to the next."""
    return math.exp(0.25 * _draw("trending", seed, film_id, slot, period))


def _draw(*key: object) -> float:
    return random.Random(":".join(map(str, key))).gauss(0, 1)


def _unit(*key: object) -> float:
    return random.Random(":".join(map(str, key))).random()
