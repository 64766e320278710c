"""The JSON of Reddit's listings as this producer needs it: pages of things, newest first."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

PAGE_SIZE = 100
"""The most Reddit gives in one page."""
_NAME = re.compile(r"t\d_[A-Za-z0-9_]{1,60}")
"""What may be kept as a position and sent back in a URL."""


def fullname(thing: Any) -> str:
    """The thing's own name (`t1_…`), or a digest of its content when it has none: it too is to be met only once."""
    data = thing.get("data") if isinstance(thing, dict) else None
    if isinstance(data, dict):
        for name in (data.get("name"), f"t1_{data.get('id')}"):
            if isinstance(name, str) and _NAME.fullmatch(name):
                return name
    digest = hashlib.sha256(json.dumps(thing, sort_keys=True, default=str).encode()).hexdigest()
    return f"digest_{digest[:32]}"


def created(thing: Any) -> float | None:
    """Seconds since the epoch at which the thing was made; None when it does not say."""
    data = thing.get("data") if isinstance(thing, dict) else None
    value = data.get("created_utc") if isinstance(data, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Page:
    """One page of a listing, newest first; `after` leads to the next older page and is None at the listing's end."""

    things: list[Any]
    after: str | None = None

    @property
    def is_full(self) -> bool:
        """True when there may be more in the direction that was asked for."""
        return len(self.things) >= PAGE_SIZE

    @property
    def newest(self) -> str | None:
        """The first fullname that can serve as an anchor."""
        names = (fullname(thing) for thing in self.things)
        return next((name for name in names if name.startswith("t1_")), None)

    @property
    def oldest(self) -> str | None:
        """The last fullname that can serve as an anchor."""
        names = (fullname(thing) for thing in reversed(self.things))
        return next((name for name in names if name.startswith("t1_")), None)


class Listing(Protocol):
    """Pages of the newest comments; Reddit keeps about 1,000 of them."""

    def page(self, *, before: str | None = None, after: str | None = None) -> Page:
        """Up to `PAGE_SIZE` things just newer than `before`, or just older than `after`, or the newest ones.

        Raises:
            SourceError: no usable answer.
            ConfigurationError: the keys or the subreddits are refused.
        """
