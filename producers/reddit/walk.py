"""How to find every comment exactly once in a listing that moves: the only place that knows Reddit's paging.

Three facts make this more than "ask for what is new". A listing holds about 1,000 comments, so that a long pause loses
some: that is told (`on_gap`), never hidden. An anchor that has been deleted yields an empty page although newer
comments exist. And a comment can turn up *below* newer ones that were read already (held by a filter, or listed late):
in Reddit's own recorded polls one in a few hundred does.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from producers.errors import SourceUnavailableError
from producers.reddit.position import Position
from producers.reddit.things import Listing, Page, created, fullname

MAX_PAGES_BACK = 30
"""A listing is 10 pages; the rest is head room against a listing that grows while it is read."""
LATE_SECONDS = 180.0
"""How far below what was the newest comment at the last look late ones are looked for: beyond it they would be too late
for their window."""
LATE_LOOK_INTERVAL = 30.0
"""A busy subreddit needs several requests for that look, so it is not done at each poll."""

Deliver = Callable[[list[Any], str | None], None]
"""Takes unseen things, oldest first, and the new anchor or None; returns when they and the position are durable."""


@dataclass
class Walk:
    """Reads a listing on from `position`, handing over what is new. `deliver` moves the position."""

    listing: Listing
    position: Position
    deliver: Deliver
    on_gap: Callable[[], None]
    on_duplicates: Callable[[int], None]
    stop: threading.Event
    monotonic: Callable[[], float] = time.monotonic
    _last_late_look: float = field(default=float("-inf"), init=False)
    _looked_to: float = field(default=float("-inf"), init=False)
    """The newest comment's time, in epoch seconds, when late ones were last looked for. Not kept over a restart, so
    that the first look goes down the whole listing."""

    def catch_up(self) -> bool:
        """Deliver everything new. True when there is probably more already.

        Raises:
            SourceError, ConfigurationError: from the listing. What was delivered before stays delivered.
            DependencyError: from `deliver`.
        """
        if not self.position.anchors:
            return self._whole_listing()
        self._forward(self.position.anchors[0])
        return False if self.stop.is_set() else self._check_newest()

    def _whole_listing(self) -> bool:
        """The first start: everything the listing still has."""
        things, _ = self._back(None)
        if things and not self.stop.is_set():
            self.deliver(things[::-1], Page(things).newest)
            self._looked_to = max(_times(things), default=self._looked_to)
        return False

    def _forward(self, anchor: str) -> bool:
        """Page by page towards the present, starting just above `anchor`. True when something new was there."""
        visited = {anchor}
        found = False
        while not self.stop.is_set():
            page = self.listing.page(before=anchor)
            fresh = self._fresh(page)
            self.on_duplicates(len(page.things) - len(fresh))
            if fresh:
                older = self._between(page) if page.is_full and not found else []
                self.deliver((fresh + older)[::-1], page.newest)
                found = True
            if not page.is_full or page.newest is None or page.newest in visited:
                return found
            anchor = page.newest
            visited.add(anchor)
        return found

    def _between(self, page: Page) -> list[Any]:
        """What lies between our position and a first full page above it.

        Usually nothing, but when the anchor has fallen out of the listing Reddit answers with the oldest page it has.
        """
        things, joined = self._back(page.oldest)
        if not joined:
            self.on_gap()
        return things

    def _back(self, after: str | None) -> tuple[list[Any], bool]:
        """Page by page into the past until something known. The new things, newest first, and whether it was met."""
        things: list[Any] = []
        names: set[str] = set()
        for _ in range(MAX_PAGES_BACK):
            page = self.listing.page(after=after)
            fresh = [thing for thing in self._fresh(page) if fullname(thing) not in names]
            things += fresh
            names.update(map(fullname, fresh))
            if self._meets_known(page):
                return things, True
            if page.after is None or self.stop.is_set():
                break
            after = page.after
        return things, self.stop.is_set()

    def _check_newest(self) -> bool:
        """Compare with the newest page: it shows what an anchor cannot, late comments and a lost anchor."""
        page = self.listing.page()
        if not page.things:
            raise SourceUnavailableError("Reddit's listing is empty although it had comments before")
        fresh = self._fresh(page)
        if fresh and not self._meets_known(page):
            self._rejoin(page, fresh)
            return True
        if fresh:
            self.deliver(fresh[::-1], page.newest)
        self._look_for_late(page)
        return False

    def _rejoin(self, page: Page, fresh: list[Any]) -> None:
        """The newest page has nothing known: try the other anchors, then walk back until something known."""
        for anchor in list(self.position.anchors):
            if self._forward(anchor):
                return
        older, joined = self._back(page.after) if page.after else ([], False)
        if not joined:
            self.on_gap()
        if not self.stop.is_set():
            self.deliver((fresh + older)[::-1], page.newest)

    def _look_for_late(self, page: Page) -> None:
        """Follow the listing down, now and then, to `LATE_SECONDS` of event time below the last such look.

        Below the last look and not below the newest comment: after an outage what turned up late lies further down.
        """
        now = self.monotonic()
        times = _times(page.things)
        if not times or now - self._last_late_look < LATE_LOOK_INTERVAL:
            return
        self._last_late_look = now
        newest = max(times)
        horizon = min(newest, self._looked_to) - LATE_SECONDS
        for _ in range(MAX_PAGES_BACK):
            if min(times, default=horizon) < horizon or page.after is None:
                break
            if self.stop.is_set():
                return
            page = self.listing.page(after=page.after)
            if fresh := self._fresh(page):
                self.deliver(fresh[::-1], None)
            times = _times(page.things)
        self._looked_to = newest

    def _fresh(self, page: Page) -> list[Any]:
        """The things of a page that were never delivered, each once, in the page's order."""
        unique = {fullname(thing): thing for thing in reversed(page.things)}
        return [thing for name, thing in reversed(unique.items()) if not self.position.knows(name)]

    def _meets_known(self, page: Page) -> bool:
        return any(self.position.knows(fullname(thing)) for thing in page.things)


def _times(things: list[Any]) -> list[float]:
    return [at for at in map(created, things) if at is not None]
