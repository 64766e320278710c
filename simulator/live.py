"""The endless source: invented comments, with a backlog that fills the first listing."""

import heapq
import random
from collections.abc import Sequence
from typing import Any

from simulator.arrivals import HORIZON_SECONDS, LATE_MAX_SECONDS, SLOT_SECONDS, Arrivals
from simulator.catalogue import CatalogueFilm
from simulator.feed import CAPACITY, Feed, PageRequest
from simulator.interest import Interest
from simulator.model import Comment, Thread, Truth, base36
from simulator.threads import Threads
from simulator.writer import Writer

EDITED_SHARE = 0.01
DELETED_SHARE = 0.005
"""Comments that are shown and later vanish from the listing."""


class LiveSource:
    """Generates comments up to the present whenever it is asked."""

    def __init__(self, films: Sequence[CatalogueFilm], *, seed: int, rate: float, subreddits: Sequence[str]) -> None:
        """`rate`: comments a second on average."""
        self.feed = Feed(on_drop=self._dropped)
        self.subreddits = tuple(subreddits)
        self.interest = Interest(films, seed)
        threads = Threads(self.interest, seed, self.subreddits)
        self._arrivals = Arrivals(self.interest, threads, Writer(self.interest.films), seed, rate)
        self._seed = seed
        # half as long again as the listing lasts on average, for the quiet hours
        self._backlog = 1.5 * CAPACITY / rate + LATE_MAX_SECONDS
        self._next_slot: int | None = None
        self._events: list[tuple[float, int, str, Comment]] = []
        self._injected = 0

    def advance(self, now: float, request: PageRequest | None = None) -> None:  # noqa: ARG002 - part of the interface
        """Show, edit and delete everything that is due."""
        # what the listing has lost by now anyway is not generated: a night without a reader costs nothing
        earliest = int((now - self._backlog - HORIZON_SECONDS) // SLOT_SECONDS)
        first = earliest if self._next_slot is None else max(earliest, self._next_slot)
        present = int(now // SLOT_SECONDS)
        for slot in range(first, present + 1):
            for comment in self._arrivals.of_slot(slot):
                self._schedule(comment)
        self._next_slot = max(first, present + 1)
        while self._events and self._events[0][0] <= now:
            _, _, kind, comment = heapq.heappop(self._events)
            self._apply(kind, comment)

    def inject(self, *, body: str, thread: Thread, created: int, now: float) -> Comment:
        """Show a comment of a test at the head of the listing, whatever time it claims."""
        newest = self.feed.newest
        order = max(newest.order + 1 if newest else 0, self._arrivals.order_at(now))
        comment = Comment(
            order=self._arrivals.free(order),
            id="",
            created=created,
            appears=now,
            thread=thread,
            author="tester",
            body=body,
            truth=Truth(known=False),
        )
        comment.id = base36(comment.order)
        self.feed.add(comment)
        return comment

    def surge(self, factor: float, start: float, seconds: float) -> None:
        """Make `factor` times as many comments as usual in the seconds from `start` on."""
        self._arrivals.surge(factor, start, start + seconds)

    def progress(self, now: float) -> float | None:  # noqa: ARG002 - part of the interface
        """Endless."""
        return None

    def state(self, now: float) -> dict[str, Any]:
        """The present breakouts beside the listing's size."""
        return {
            "mode": "generated",
            "listing": len(self.feed),
            "breakouts": [
                {
                    "movie_id": breakout.film.id,
                    "title": breakout.film.title,
                    "kind": breakout.kind,
                    "start": breakout.start,
                    "factor": round(breakout.factor, 2),
                    "extra_now": round(breakout.surplus(now), 3),
                }
                for breakout in self.interest.breakouts.active(now)
            ],
        }

    @staticmethod
    def _dropped(comment: Comment) -> None:
        comment.gone = True

    def _schedule(self, comment: Comment) -> None:
        fate = random.Random(f"{self._seed}:fate:{comment.order}")
        self._push(comment.appears, "show", comment)
        if fate.random() < EDITED_SHARE and not comment.looks_deleted:
            self._push(comment.appears + fate.uniform(20, 300), "edit", comment)
        if fate.random() < DELETED_SHARE:
            self._push(comment.appears + fate.uniform(30, 600), "delete", comment)

    def _push(self, at: float, kind: str, comment: Comment) -> None:
        heapq.heappush(self._events, (at, len(self._events) + comment.order * 4, kind, comment))

    def _apply(self, kind: str, comment: Comment) -> None:
        if kind == "show":
            self.feed.add(comment)
        elif kind == "delete":
            comment.gone = True
            self.feed.remove(comment.fullname)
        elif comment.fullname in self.feed:
            comment.body += "\n\nEdit: spelling."
            comment.edited = int(comment.appears) + 60
            comment.rendered.clear()
