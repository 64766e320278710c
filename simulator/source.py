"""Where the comments of the listing come from: invented (`live`) or recorded (`replay`)."""

from typing import Any, Protocol

from simulator.feed import Feed, PageRequest


class CommentSource(Protocol):
    """Fills a feed as time passes."""

    feed: Feed
    subreddits: tuple[str, ...]

    def advance(self, now: float, request: PageRequest | None = None) -> None:
        """Bring the feed to `now` (epoch seconds), before `request` is answered from it."""

    def progress(self, now: float) -> float | None:
        """How much of a recording has been shown, 0 to 1; None for an endless source."""

    def state(self, now: float) -> dict[str, Any]:
        """What /_sim/state tells."""
