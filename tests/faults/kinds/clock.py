"""Fault 10: the host's clock steps back across a restart."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from os import environ
from pathlib import Path
from random import Random

from local.programs import Program
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.world import World
from tests.support.waiting import wait_until

_LIBRARIES = "*/faketime/libfaketimeMT.so.1"
_WAIT_SECONDS = 60.0
_BEHIND = {
    "FAKETIME": "-5m",
    # A host's step moves neither the monotonic clock nor the times of files. Without the last one Java's timed waits
    # return at once.
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "NO_FAKE_STAT": "1",
    "FAKETIME_FORCE_MONOTONIC_FIX": "0",
}


@register
class HostClock(Fault):
    """After a restart the host's clock is five minutes behind; after the next one it is right again.

    The simulator stands for other hosts and keeps the true time.
    """

    name, number = "host_clock", 10

    def __init__(self) -> None:
        self._programs: list[Program] | None = None

    def missing(self) -> str | None:
        """The library that every process looks at the clock through."""
        return None if _library() else "it takes libfaketime (Debian's package of that name)"

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Restart everything but the simulator with the wrong clock, and let comments come through."""
        self._programs = world.platform.programs
        world.platform.programs = [_by_true_time(program) for program in self._programs]
        with _environment({"LD_PRELOAD": str(_library()), **_BEHIND}):
            world.restart()
        mark = world.received()
        wait_until(lambda: world.processed() > mark, _WAIT_SECONDS, what="comments under the wrong clock")
        seconds = rng.uniform(5, 10) + grade.pick(0, 60)
        time.sleep(seconds)
        return {"seconds": round(seconds, 1)}

    def heal(self, world: World) -> None:
        """Restart by the true time."""
        if self._programs is not None:
            world.platform.programs = self._programs
            world.restart()


def _library() -> Path | None:
    return next(Path("/usr/lib").glob(_LIBRARIES), None)


def _by_true_time(program: Program) -> Program:
    if program.name != "simulator":
        return program
    return replace(program, command=("/usr/bin/env", "-u", "LD_PRELOAD", *program.command))


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """What the supervisor inherits when it is started here."""
    before = dict(environ)
    environ.update(changes)
    try:
        yield
    finally:
        environ.clear()
        environ.update(before)
