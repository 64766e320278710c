"""Which submissions exist at a time: a pure function of the seed and the clock."""

import random
from collections.abc import Sequence
from functools import lru_cache

from simulator.breakouts import Breakout
from simulator.catalogue import CatalogueFilm
from simulator.interest import Interest
from simulator.model import Thread, base36
from simulator.phrases.threads import GENERAL, ONE_FILM, RELEASE

SLOT_SECONDS = 300
"""Two ordinary threads open every five minutes."""
PER_SLOT = 2
MEAN_AGE_SECONDS = 2_400
"""Comments fall on threads of this age on average; most talk happens in a thread's first hours."""
MAX_AGE_SECONDS = 6 * 3_600
RELEASE_WEEK_SECONDS = 7 * 86_400
"""A film in cinemas gets a new discussion thread a week: the old one sinks."""
REDDIT_EPOCH = 1_119_484_800
"""2005-06-23, Reddit's start: simulated ids count from here."""


class Threads:
    """Finds the thread a new comment falls on."""

    def __init__(self, interest: Interest, seed: int, subreddits: Sequence[str]) -> None:
        self._interest = interest
        self._seed = seed
        self._subreddits = tuple(subreddits)
        self.ordinary = lru_cache(maxsize=4_096)(self._ordinary)
        self.discussion = lru_cache(maxsize=4_096)(self._discussion)

    def near(self, rng: random.Random, now: float) -> Thread:
        """An ordinary thread that is open at `now`, rather a young one."""
        age = min(rng.expovariate(1 / MEAN_AGE_SECONDS), MAX_AGE_SECONDS)
        return self.ordinary(int((now - age) // SLOT_SECONDS) - 1, rng.randrange(PER_SLOT))

    def of_film(self, film: CatalogueFilm, breakout: Breakout | None, now: float) -> Thread:
        """The film's discussion thread: that of its release night, or of this week."""
        if breakout is not None and breakout.kind == "release_night":
            return self.discussion(film, int(breakout.start))
        return self.discussion(film, int(now // RELEASE_WEEK_SECONDS) * RELEASE_WEEK_SECONDS)

    def _ordinary(self, slot: int, number: int) -> Thread:
        rng = random.Random(f"{self._seed}:thread:{slot}:{number}")
        created = slot * SLOT_SECONDS + rng.randrange(SLOT_SECONDS)
        # the first subreddit is the main one
        subreddit = self._subreddits[0] if rng.random() < 0.7 else rng.choice(self._subreddits)
        film: CatalogueFilm | None = None
        title = rng.choice(GENERAL)
        if rng.random() < 0.2:
            film = self._interest.standing(rng)
            title = rng.choice(ONE_FILM).format(title=film.title, year=film.year)
        return self._thread(created, number, subreddit=subreddit, title=title, film=film, rng=rng)

    def _discussion(self, film: CatalogueFilm, created: int) -> Thread:
        rng = random.Random(f"{self._seed}:discussion:{film.id}:{created}")
        title = rng.choice(RELEASE).format(title=film.title, year=film.year)
        return self._thread(created, 2 + film.id % 997, subreddit=self._subreddits[0], title=title, film=film, rng=rng)

    @staticmethod
    def _thread(  # noqa: PLR0913 - the parts of a thread
        created: int, number: int, *, subreddit: str, title: str, film: CatalogueFilm | None, rng: random.Random
    ) -> Thread:
        return Thread(
            id=base36((created - REDDIT_EPOCH) * 1_000 + number),
            subreddit=subreddit,
            title=title,
            created=created,
            author=f"viewer_{base36(rng.randrange(36**5))}",
            film_id=film.id if film else None,
            film_title=film.title if film else None,
        )
