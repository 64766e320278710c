"""Request limits as the two APIs enforce them."""

from collections import deque
from dataclasses import dataclass

REDDIT_WINDOW_SECONDS = 600
UNLIMITED = 1_000_000_000
"""What a switched-off limit announces as remaining: prawcore then never waits."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Where a client stands in its window, after the request being answered."""

    allowed: bool
    used: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """Reddit's response headers."""
        return {
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-remaining": f"{float(self.remaining)}",
            "x-ratelimit-reset": str(self.reset),
        }


class RedditLimit:
    """So many requests in fixed ten-minute windows; 0 switches it off."""

    def __init__(self, per_window: int, started: float) -> None:
        """`started`: epoch seconds; the first window is half over then, as Reddit's is for a client on average."""
        self._limit = per_window
        self._origin = started - REDDIT_WINDOW_SECONDS / 2
        self._window: int | None = None
        self._used = 0

    def take(self, now: float) -> Usage:
        """Count one request."""
        window, inside = divmod(now - self._origin, REDDIT_WINDOW_SECONDS)
        if window != self._window:
            self._window, self._used = int(window), 0
        self._used += 1
        reset = int(REDDIT_WINDOW_SECONDS - inside)
        if not self._limit:
            return Usage(True, self._used, UNLIMITED, reset)
        return Usage(self._used <= self._limit, self._used, max(0, self._limit - self._used), reset)


class TmdbLimit:
    """So many requests in any one second; 0 switches it off."""

    def __init__(self, per_second: int) -> None:
        self._limit = per_second
        self._taken: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Count one request; False when it is one too many."""
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if self._limit and len(self._taken) >= self._limit:
            return False
        self._taken.append(now)
        return True
