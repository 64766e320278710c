"""Hours of load without a fault: memory, file handles and lag stay flat, and every invariant holds at the end."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil

from tests.faults.checks import violations
from tests.faults.processes import family
from tests.faults.rounds import figures
from tests.faults.world import World

_EVERY_SECONDS = 5.0
_GROWTH, _FREE_BYTES, _FREE_HANDLES, _FREE_RECORDS = 0.10, 32 * 1024**2, 40, 2_000
"""From the second third to the last one (the first is for caches and compilers to fill): a tenth, and as much as one
batch, one compaction or one reload of the catalogue takes at a time."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One program at one moment."""

    bytes: int
    handles: int


@dataclass(frozen=True, slots=True)
class Course:
    """A figure's medians by thirds of the time."""

    first: float
    middle: float
    last: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Course":
        """Cut into thirds; three values at least.

        Raises:
            ValueError: fewer.
        """
        third = len(values) // 3
        if not third:
            raise ValueError(f"{len(values)} samples have no thirds")
        return cls(median(values[:third]), median(values[third : 2 * third]), median(values[2 * third :]))

    def grows(self, free: float) -> bool:
        """Whether the last third is above the middle one by more than a tenth and `free`."""
        return self.last > self.middle * (1 + _GROWTH) + free


class Sampler:
    """Looks at every program again and again while the block runs."""

    def __init__(self, world: World) -> None:
        """Nothing is looked at yet."""
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="sampler", daemon=True)
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self.lags: list[int] = []

    def __enter__(self) -> "Sampler":
        """Look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            for state in self._world.platform.states():
                if state.pid and state.state == "RUNNING":
                    self.samples[state.name].append(sample(state.pid))
            lags = [lag for lag in self._world.lags().values() if lag is not None]
            self.lags.append(sum(lags))


def sample(pid: int) -> Sample:
    """A process and its descendants; shared pages count in each."""
    total = handles = 0
    for process in family(pid):
        with suppress(psutil.Error):
            total += process.memory_info().rss
            handles += process.num_fds()
    return Sample(total, handles)


def soak(world: World, minutes: float) -> dict[str, Any]:
    """Load for so long, then rest and check."""
    world.start_sources()
    end = time.monotonic() + minutes * 60
    with Sampler(world) as sampler:
        while time.monotonic() < end:
            time.sleep(1)
    world.settle()
    evidence = world.evidence()
    told, wrong = report(sampler.samples, sampler.lags)
    return {"soak_minutes": minutes, **told, **figures(evidence), "violations": [*violations(evidence), *wrong]}


def report(samples: Mapping[str, Sequence[Sample]], lags: Sequence[int]) -> tuple[dict[str, Any], list[str]]:
    """Each program's course, and what is not flat."""
    told: dict[str, Any] = {}
    wrong: list[str] = []
    for name, seen in sorted(samples.items()):
        memory, handles = Course.of([one.bytes for one in seen]), Course.of([one.handles for one in seen])
        told[name] = {
            "megabytes": [round(value / 1024**2) for value in (memory.first, memory.middle, memory.last)],
            "handles": [round(value) for value in (handles.first, handles.middle, handles.last)],
        }
        wrong += [f"{name}: memory grows"] if memory.grows(_FREE_BYTES) else []
        wrong += [f"{name}: file handles grow"] if handles.grows(_FREE_HANDLES) else []
    lag = Course.of(lags)
    told["lag"] = [lag.first, lag.middle, lag.last]
    wrong += ["the lag grows"] if lag.grows(_FREE_RECORDS) else []
    return {"programs": told}, wrong
