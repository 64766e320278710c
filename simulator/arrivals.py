"""When comments are written and on what: a self-exciting (Hawkes) process in its branching form.

A first comment draws answers, which draw answers. Each ten-second slot's first comments and all that follow from them
are a pure function of the seed and the slot, so the comments of any time can be made again after a restart.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.breakouts import Breakout
from simulator.catalogue import CatalogueFilm
from simulator.interest import Interest
from simulator.model import Comment, Thread, Truth, base36
from simulator.threads import REDDIT_EPOCH, Threads
from simulator.writer import Writer

SLOT_SECONDS = 10
BRANCHING = 0.4
"""Answers a comment draws on average: below 1 the process is stable, total rate = first comments / (1 - 0.4)."""
MEAN_DELAY_SECONDS = 150
HORIZON_SECONDS = 1_200
"""No answer comes later than this after the first comment, so that the past needed for a restart is bounded."""
DAILY_SWING = 0.2
"""The rate moves by this much around its mean over a day, highest at 02:00 UTC, the American evening."""
TALKED_ABOUT = 60
"""The most talked-about films have a discussion thread of their own each week."""

LATE_SHARE, LATE_MAX_SECONDS = 0.01, 90
"""Comments held back for a while (spam checks): they appear below newer ones, at the place of their id."""
REMOVED_SHARE = 0.012
"""Comments whose text is gone when the listing first shows them."""
_TICKS = 100
"""Ids count hundredths of a second since Reddit's start: seven digits in base 36, as Reddit's have."""
_CROWDED = 10.0
"""Comments a second from which on ids count finer: where most are taken, the next free one is far away."""
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class _Spark:
    """What a first comment is about."""

    topic: CatalogueFilm | None
    thread: Thread
    thread_film: CatalogueFilm | None
    until: float


class Arrivals:
    """Makes the comments of a slot."""

    def __init__(self, interest: Interest, threads: Threads, writer: Writer, seed: int, rate: float) -> None:
        """`rate`: comments a second on average, answers included."""
        self._interest = interest
        self._threads = threads
        self._writer = writer
        self._seed = seed
        self._first_rate = rate * (1 - BRANCHING)
        self._ticks = _TICKS * max(1, math.ceil(rate / _CROWDED))
        self._remembered = max(_REMEMBERED, int(2 * rate * HORIZON_SECONDS))
        """Ids: those of all the slots whose answers may still come, and as many again for the busy hours."""
        self._film = {film.id: film for film in interest.films}
        self._own_thread = {film.id for film in interest.films[:TALKED_ABOUT]}
        self._taken: dict[int, None] = {}
        self._surge = (1.0, 0.0, 0.0)

    def surge(self, factor: float, start: float, end: float) -> None:
        """Multiply the rate by `factor` between two instants, epoch seconds; a later surge replaces this one."""
        self._surge = (factor, start, end)

    def of_slot(self, slot: int) -> Iterator[Comment]:
        """All comments that follow from the slot's first comments, not in order of time.

        Slots must be asked for in order: two comments of one hundredth of a second get neighbouring ids.
        """
        rng = random.Random(f"{self._seed}:arrivals:{slot}")
        start = slot * SLOT_SECONDS
        factor, begins, ends = self._surge
        mean = self._first_rate * SLOT_SECONDS * self._interest.total(start) * daily(start)
        mean *= factor if begins <= start < ends else 1.0
        for _ in range(poisson(rng, mean)):
            at = start + rng.random() * SLOT_SECONDS
            yield from self._cluster(rng, at, self._spark(rng, at), None)

    def _spark(self, rng: random.Random, at: float) -> _Spark:
        film, breakout = self._interest.draw(rng, at)
        if rng.random() < self._own_thread_share(film, breakout):
            return _Spark(film, self._threads.of_film(film, breakout, at), film, at + HORIZON_SECONDS)
        thread = self._threads.near(rng, at)
        thread_film = self._film.get(thread.film_id) if thread.film_id is not None else None
        topic = film
        # people mostly stay on a thread's own film
        if thread_film is not None and breakout is None and rng.random() < 0.7:
            topic = thread_film
        return _Spark(topic, thread, thread_film, at + HORIZON_SECONDS)

    def _own_thread_share(self, film: CatalogueFilm, breakout: Breakout | None) -> float:
        if breakout is not None:
            return 0.8 if breakout.kind == "release_night" else 0.3
        return 0.4 if film.id in self._own_thread else 0.0

    def _cluster(self, rng: random.Random, at: float, spark: _Spark, parent: str | None) -> Iterator[Comment]:
        topic = spark.topic if parent is None or rng.random() < 0.8 else None
        draft = self._writer.write(rng, topic, spark.thread_film, reply=parent is not None)
        removed = rng.random() < REMOVED_SHARE
        late = rng.uniform(5, LATE_MAX_SECONDS) if rng.random() < LATE_SHARE else 0.0
        order = self.free(self.order_at(at))
        comment = Comment(
            order=order,
            id=base36(order),
            created=int(at),
            appears=at + late,
            thread=spark.thread,
            author="[deleted]" if removed else f"viewer_{base36(rng.randrange(36**5))}",
            body=rng.choice(("[deleted]", "[removed]")) if removed else draft.body,
            truth=Truth() if removed else draft.truth,
            parent=parent,
            score=max(-20, 1 + int(rng.paretovariate(1.6)) - int(rng.paretovariate(2.2))),
        )
        yield comment
        for _ in range(poisson(rng, BRANCHING)):
            then = at + rng.expovariate(1 / MEAN_DELAY_SECONDS)
            if then < spark.until:
                yield from self._cluster(rng, then, spark, comment.fullname)

    def order_at(self, at: float) -> int:
        """The number of an id given at `at`."""
        return int((at - REDDIT_EPOCH) * self._ticks)

    def free(self, order: int) -> int:
        """This number or the next that no comment has; taken from now on."""
        while order in self._taken:
            order += 1
        self._taken[order] = None
        if len(self._taken) > self._remembered:
            self._taken.pop(next(iter(self._taken)))
        return order


def daily(at: float) -> float:
    """The time of day's factor on the rate."""
    return 1 + DAILY_SWING * math.cos(2 * math.pi * (at / 86_400 - 2 / 24))


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson draw by multiplying uniforms (Knuth), in portions that keep exp(-mean) away from zero."""
    count = 0
    while mean > 0:
        portion = min(mean, 100.0)
        mean -= portion
        product, floor = rng.random(), math.exp(-portion)
        while product > floor:
            count += 1
            product *= rng.random()
    return count
