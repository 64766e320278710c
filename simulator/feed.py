"""The comment listing as Reddit pages it: newest first, at most 1,000 items, anchored by fullname."""

import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulator.model import Comment

CAPACITY = 1_000
"""Reddit's listings end here."""
DEFAULT_LIMIT, MAX_LIMIT = 25, 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a client asks of the listing."""

    subreddits: frozenset[str] | None = None
    """Lower-case names; None for all."""
    limit: int = DEFAULT_LIMIT
    before: str | None = None
    after: str | None = None
    count: int = 0

    @property
    def is_head(self) -> bool:
        """True when the newest items are asked for."""
        return self.before is None and self.after is None


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first, with the anchors Reddit would give."""

    comments: tuple[Comment, ...]
    after: str | None = None
    before: str | None = None


class Feed:
    """Holds what the listing can show. An item's place is that of its id, whenever it appears."""

    def __init__(self, capacity: int = CAPACITY, on_drop: Callable[[Comment], None] | None = None) -> None:
        """`on_drop` is told of each comment that falls off the end."""
        self._capacity = capacity
        self._on_drop = on_drop
        self._orders: list[int] = []
        self._comments: list[Comment] = []
        self._by_name: dict[str, Comment] = {}

    def __len__(self) -> int:
        return len(self._comments)

    def __contains__(self, fullname: str) -> bool:
        return fullname in self._by_name

    def get(self, fullname: str) -> Comment | None:
        """The comment of that name, if the listing still has it."""
        return self._by_name.get(fullname)

    @property
    def newest(self) -> Comment | None:
        """The head of the listing."""
        return self._comments[-1] if self._comments else None

    def all(self) -> Iterable[Comment]:
        """Everything in the listing, oldest first."""
        return iter(self._comments)

    def add(self, comment: Comment) -> None:
        """Show a comment; the oldest falls off when the listing is full."""
        at = bisect.bisect(self._orders, comment.order)
        self._orders.insert(at, comment.order)
        self._comments.insert(at, comment)
        self._by_name[comment.fullname] = comment
        if len(self._comments) > self._capacity:
            del self._orders[0]
            dropped = self._comments.pop(0)
            del self._by_name[dropped.fullname]
            dropped.rendered.clear()  # the ledger may keep the comment for its truth
            if self._on_drop:
                self._on_drop(dropped)

    def remove(self, fullname: str) -> None:
        """Take a comment out, as when its author deletes it: it is no anchor any more either."""
        comment = self._by_name.pop(fullname, None)
        if comment is not None:
            at = bisect.bisect_left(self._orders, comment.order)
            del self._orders[at], self._comments[at]

    def page(self, request: PageRequest) -> Page:
        """One page.

        `after=X` gives the items just older than X, `before=X` the items just newer than X and next to it. An anchor
        that the listing does not hold gives an empty page.
        """
        anchor = request.after or request.before
        if anchor is not None and anchor not in self._by_name:
            return Page(())
        limit = min(max(request.limit, 1), MAX_LIMIT)
        if request.before is not None and request.after is None:
            return self._newer(request, limit)
        return self._older(request, limit)

    def _older(self, request: PageRequest, limit: int) -> Page:
        start = len(self._comments)
        if request.after is not None:
            start = bisect.bisect_left(self._orders, self._by_name[request.after].order)
        found = self._take(range(start - 1, -1, -1), request, limit + 1)
        shown = tuple(found[:limit])
        more = len(found) > limit
        # Reddit names a page before this one only to clients that count
        before = shown[0].fullname if shown and request.after and request.count else None
        return Page(shown, after=shown[-1].fullname if more else None, before=before)

    def _newer(self, request: PageRequest, limit: int) -> Page:
        anchor = self._by_name[request.before or ""]
        start = bisect.bisect(self._orders, anchor.order)
        found = self._take(range(start, len(self._comments)), request, limit + 1)
        shown = tuple(reversed(found[:limit]))
        # recorded: a page reached with `before` names no page after it
        return Page(shown, before=shown[0].fullname if len(found) > limit else None)

    def _take(self, places: range, request: PageRequest, limit: int) -> list[Comment]:
        found: list[Comment] = []
        for place in places:
            comment = self._comments[place]
            if request.subreddits is None or comment.thread.subreddit.lower() in request.subreddits:
                found.append(comment)
                if len(found) == limit:
                    break
        return found
