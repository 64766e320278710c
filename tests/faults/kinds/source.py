"""Faults 11 and 13: the sources' APIs misbehave, move on without us, or say ten times as much."""

import time
from random import Random
from typing import Any

from local.status import memory_of
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.kinds.job import JOB
from tests.faults.processes import pid_of
from tests.faults.world import World
from tests.support.waiting import wait_until

_KINDS: tuple[dict[str, Any], ...] = (
    *({"name": f"reddit_{status}"} for status in (400, 401, 403, 404, 409, 429, 451, 500, 502, 503, 504, 520)),
    {"name": "reddit_429", "retry_after": 3},
    {"name": "reddit_503", "retry_after": 3},
    {"name": "bad_json"},
    {"name": "empty_body"},
    {"name": "reset"},
    {"name": "reset", "probability": 0.5},
    {"name": "slow", "delay": 2.0},
    {"name": "slow", "delay": 18.0},
    {"name": "reddit_token_401"},
    {"name": "reddit_token_error"},
    {"name": "reddit_empty_listing"},
    {"name": "reddit_listing_jump"},
    {"name": "reddit_duplicate_items"},
    {"name": "reddit_redirect"},
    *({"name": f"tmdb_{status}"} for status in (401, 404, 429, 500, 503)),
    {"name": "tmdb_bad_json"},
    {"name": "tmdb_missing_fields", "probability": 0.3},
)
_STORM_SECONDS = 25
"""At sixty times the usual rate some thousands of comments: several times what a listing holds."""
_GAP_SECONDS = 90.0
_MOST_MEMORY = 3 * 1024**3
"""Bytes of the job's processes together: a JVM of 1 GB with its native memory, the driver and three workers."""
_DRAIN_SECONDS = 600.0


@register
class ApiFault(Fault):
    """Several of the API's misbehaviours, one after the other."""

    name, number = "api_fault", 11

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Each strikes for some seconds."""
        kinds = rng.sample(_KINDS, int(grade.pick(3, 6)))
        for kind in kinds:
            world.simulator("POST", "faults", **kind)
            time.sleep(rng.uniform(3, 6))
            world.simulator("DELETE", "faults")
        return {"kinds": [" ".join(str(value) for value in kind.values()) for kind in kinds]}

    def heal(self, world: World) -> None:
        """All off."""
        world.simulator("DELETE", "faults")


@register
class ListingMoved(Fault):
    """More comments than a listing holds come while the producer is away: the gap is told, not hidden."""

    name, number = "listing_moved", 11

    def __init__(self) -> None:
        self._told = False

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Stop the producer, let a storm of comments push its position out of the listing, start it."""
        world.gaps += world.gap_count()
        world.platform.supervisor.stop_program("reddit-producer")
        world.simulator("POST", "surge", factor=60, seconds=40)
        shown = world.simulator("GET", "ledger")["served"]
        time.sleep(_STORM_SECONDS)
        world.simulator("GET", "state")  # the simulator makes comments when it is asked for them
        world.simulator("POST", "surge", factor=1, seconds=1)
        world.platform.supervisor.start_program("reddit-producer")
        wait_until(lambda: world.gap_count() > 0, _GAP_SECONDS, what="the gap to be told")
        self._told = True
        return {"gaps": world.gap_count(), "shown_before": shown}

    def aftermath(self, world: World) -> list[str]:
        """Told in the metric that the alert CommentsMissed looks at."""
        return [] if self._told else ["comments were missed and no gap was told"]


@register
class Surge(Fault):
    """Ten times the load: memory stays bounded, and the backlog is gone in at most twice the burst."""

    name, number = "surge", 13

    def __init__(self) -> None:
        self._wrong: list[str] = []

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Make it, look at memory meanwhile, wait until the backlog is gone."""
        seconds = grade.pick(30, 300)
        start = world.received()
        world.simulator("POST", "surge", factor=10, seconds=seconds)
        pid = pid_of(world.platform, JOB)
        before = most = memory_of(pid) or 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            most = max(most, memory_of(pid) or 0)
            time.sleep(1)
        mark, ended = world.received(), time.monotonic()
        wait_until(lambda: world.processed() >= mark, _DRAIN_SECONDS, what="the end of the backlog", poll=0.2)
        drained = time.monotonic() - ended
        if drained > seconds:
            self._wrong.append(f"the backlog took {drained:.0f} s after a burst of {seconds:.0f} s")
        if most > _MOST_MEMORY:
            self._wrong.append(f"the job took {most / 1024**2:.0f} MB")
        return {
            "seconds": seconds,
            "comments": mark - start,
            "drained_after": round(drained, 1),
            "megabytes_before": round(before / 1024**2),
            "megabytes_most": round(most / 1024**2),
        }

    def aftermath(self, world: World) -> list[str]:
        """Memory and time."""
        return self._wrong
