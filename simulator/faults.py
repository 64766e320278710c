"""Named faults that tests and demos switch on while the simulator runs.

A name is `tmdb_<kind>` or `reddit_<kind>`; a bare kind of `BOTH` applies to both APIs.

| kind | what the client gets |
|---|---|
| 400 401 403 404 409 429 451 500 502 503 504 520 522 | that status, with the API's own body; 429 carries Retry-After when `retry_after` is given |
| bad_json | 200 and text that is no JSON |
| empty_body | 200 and no byte |
| slow | the right answer, `delay` seconds late |
| reset | the connection is cut in the middle of the answer |
| missing_fields | (tmdb) list items without popularity, votes, genres and date, as recorded once |
| token_401, token_error | (reddit) the token grant fails with 401, or with 200 and an `error` |
| empty_listing | (reddit) a listing without items |
| listing_jump | (reddit) every anchor is unknown, as after its comment was deleted |
| duplicate_items | (reddit) each page repeats its first item |
| redirect | (reddit) 302 to the subreddit search, as for a subreddit that does not exist |
"""  # noqa: E501 - a table

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import Counter

Api = Literal["tmdb", "reddit"]

STATUSES = frozenset(
    {"400", "401", "403", "404", "409", "429", "451", "500", "502", "503", "504", "520", "522"},
)
BOTH = frozenset({"bad_json", "empty_body", "slow", "reset"})
REDDIT_ONLY = frozenset({"token_401", "token_error", "empty_listing", "listing_jump", "duplicate_items", "redirect"})
TMDB_ONLY = frozenset({"missing_fields"})
NAMES = frozenset(
    BOTH
    | {f"{api}_{kind}" for api in ("tmdb", "reddit") for kind in STATUSES | BOTH}
    | {f"reddit_{kind}" for kind in REDDIT_ONLY}
    | {f"tmdb_{kind}" for kind in TMDB_ONLY}
)

_HITS = Counter("trendscope_simulator_faults_total", "Requests answered with a fault", ["name"])


@dataclass(slots=True)
class Fault:
    """A fault that is on."""

    name: str
    probability: float = 1.0
    """Share of the requests it strikes."""
    count: int | None = None
    """Requests it still strikes; None for no bound."""
    until: float | None = None
    """Epoch seconds when it ends; None for never."""
    retry_after: int | None = None
    """Seconds in the Retry-After header of a 429 or 503; None for no header."""
    delay: float = 5.0
    """Seconds that `slow` waits."""
    hits: int = 0

    def shown(self) -> dict[str, Any]:
        """As /_sim/faults tells it."""
        return {
            "name": self.name,
            "probability": self.probability,
            "count": self.count,
            "until": self.until,
            "retry_after": self.retry_after,
            "delay": self.delay,
            "hits": self.hits,
        }


class Faults:
    """The switches."""

    def __init__(self, seed: int = 0) -> None:
        self._on: dict[str, Fault] = {}
        self._random = random.Random(seed)

    def switch_on(self, fault: Fault) -> None:
        """Add or replace a fault.

        Raises:
            ValueError: no fault has that name.
        """
        if fault.name not in NAMES:
            raise ValueError(f"unknown fault {fault.name!r}; known: {', '.join(sorted(NAMES))}")
        self._on[fault.name] = fault

    def switch_off(self, name: str | None = None) -> None:
        """Remove one fault, or all."""
        if name is None:
            self._on.clear()
        else:
            self._on.pop(name, None)

    def active(self, now: float) -> list[Fault]:
        """The faults that are on at `now`."""
        for name, fault in list(self._on.items()):
            if (fault.until is not None and fault.until <= now) or fault.count == 0:
                del self._on[name]
        return list(self._on.values())

    def strike(self, api: Api, kinds: Iterable[str], now: float) -> tuple[str, Fault] | None:
        """The kind and fault that strike this request, if one of `kinds` does; counted."""
        wanted = set(kinds)
        for fault in self.active(now):
            kind = fault.name if fault.name in BOTH else fault.name.removeprefix(f"{api}_")
            if kind in wanted and self._random.random() < fault.probability:
                fault.hits += 1
                if fault.count is not None:
                    fault.count -= 1
                _HITS.labels(fault.name).inc()
                return kind, fault
        return None
