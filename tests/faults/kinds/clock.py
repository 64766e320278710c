"""Fault 10: the host's clock steps back while everything is down, and forward again while everything runs.

It is the clock of the whole machine, and is put right afterwards; so it is only played where that is allowed by name.
"""

import os
import time
from contextlib import ExitStack
from random import Random

from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.world import CLOCK, World
from tests.support.waiting import wait_until

ALLOWED = "FAULTS_HOST_CLOCK"
_BACK_SECONDS = 300
_WAIT_SECONDS = 120.0


@register
class HostClock(Fault):
    """Five minutes back across a restart, and forward again. The source's clock, on another host, stays right."""

    name, number = "host_clock", 10
    needs = frozenset({CLOCK})

    def __init__(self) -> None:
        self._undo = ExitStack()

    def missing(self) -> str | None:
        """The user's word, and the right to set the clock."""
        if os.environ.get(ALLOWED) != "1":
            return f"it steps the clock of the whole machine; {ALLOWED}=1 allows it"
        try:
            step(0)
        except PermissionError:
            return "it takes the right to set the clock (CAP_SYS_TIME)"
        return None

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Stop, step back, start, and let comments flow for a while."""
        if world.prober:  # at these times nobody could say which of two answers came first
            self._undo.enter_context(world.prober.silence())
        with world.stopped():
            step(-_BACK_SECONDS)
            self._undo.callback(step, _BACK_SECONDS)
            world.source_shift.write_text(str(_BACK_SECONDS))
            self._undo.callback(world.source_shift.write_text, "0")
        with world.new_session():
            mark = world.received()
            wait_until(lambda: world.processed() > mark, _WAIT_SECONDS, what="progress with the clock of before")
            time.sleep(grade.pick(6, 60))
            return {"seconds": -_BACK_SECONDS, "processed": world.processed() - mark}

    def heal(self, world: World) -> None:
        """Put the clock right. The source's shift goes first: for an instant it is behind, not ahead."""
        self._undo.close()


def step(seconds: int) -> None:
    """Move the machine's clock.

    Raises:
        PermissionError: this process may not.
    """
    time.clock_settime_ns(time.CLOCK_REALTIME, time.time_ns() + seconds * 1_000_000_000)
