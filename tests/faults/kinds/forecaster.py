"""Fault 5: the forecaster dies between predict, label, learn and snapshot."""

import time
from random import Random

from configs.topics import TREND_STREAM
from local.readiness import messages_in
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.processes import kill
from tests.faults.world import World
from tests.support.waiting import wait_until

_SERVICE = "ml-service"
_BURST = 50
"""Updates at once: windows have closed, and the forecaster has labels to learn and forecasts to make."""
_WORK_SECONDS = 1.0
"""About what it does with a burst in."""
_WAIT_SECONDS = 90.0


@register
class ForecasterKill(Fault):
    """SIGKILL at random moments of its work, again and again."""

    name, number = "forecaster_kill", 5

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Wait for a burst of updates, and a random part of the time it takes."""
        delays = [round(rng.uniform(0, _WORK_SECONDS), 3) for _ in range(int(grade.pick(1, 3)))]
        for delay in delays:
            _await_burst(world)
            time.sleep(delay)
            kill(world.platform, _SERVICE)
        return {"kills": len(delays), "seconds_after_burst": delays}


@register
class ForecasterKillAtSnapshot(Fault):
    """SIGKILL just when a new snapshot is there and its offsets may not be committed, or is half written."""

    name, number = "forecaster_kill_at_snapshot", 5

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Watch the file."""
        folder = world.settings.data_dir / "ml_service"
        snapshot, part = folder / "state.snapshot", folder / "state.snapshot.part"
        wait_until(snapshot.exists, _WAIT_SECONDS, what="a first snapshot")
        before = snapshot.stat().st_mtime_ns
        half = rng.random() < 0.5
        wait_until(
            lambda: part.exists() if half else snapshot.stat().st_mtime_ns != before,
            _WAIT_SECONDS, what="the next snapshot", poll=0.001,
        )  # fmt: skip
        kill(world.platform, _SERVICE)
        return {"half_written": part.exists()}


def _await_burst(world: World) -> None:
    seen = messages_in(world.settings, TREND_STREAM)

    def burst() -> bool:
        nonlocal seen
        before, seen = seen, messages_in(world.settings, TREND_STREAM)
        return seen - before >= _BURST

    wait_until(burst, _WAIT_SECONDS, what="a burst of updates", poll=0.2)
