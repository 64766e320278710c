"""Faults 1 and 2: the Spark job dies, as a whole or in part."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from configs.settings import ROOT
from local.supervision import wait_gone
from processors.crash import VARIABLE, CrashPoint
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.processes import family, kill, kill_part, pid_of
from tests.faults.world import World
from tests.support.waiting import wait_until

JOB = "trend-processor"
_BATCH_SECONDS = 1.5
"""About the length of a micro-batch under this load: a kill falls anywhere in it."""
_START_SECONDS = 180.0


def offset_logs(world: World) -> Path:
    """Where Spark writes down a micro-batch before it begins."""
    return world.settings.data_dir / "checkpoint" / "spark" / "offsets"


def last_batch(world: World) -> int:
    """The number of the newest micro-batch that has begun."""
    return max((int(path.name) for path in offset_logs(world).glob("[0-9]*")), default=-1)


def into_a_batch(world: World, rng: Random) -> float:
    """Wait until a micro-batch begins, and then for a random part of it; the seconds of that part."""
    before = last_batch(world)
    wait_until(lambda: last_batch(world) > before, _START_SECONDS, what="a micro-batch to begin", poll=0.01)
    delay = rng.uniform(0, _BATCH_SECONDS)
    time.sleep(delay)
    return round(delay, 3)


@register
class DriverKill(Fault):
    """SIGKILL to the driver at a random moment of a micro-batch, and often a second one while it comes back."""

    name, number = "driver_kill", 1

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Kill once or twice."""
        delay = into_a_batch(world, rng)
        first = kill(world.platform, JOB)
        details: Details = {"seconds_into_batch": delay}
        if rng.random() < grade.pick(0.5, 1.0):
            details["second_kill_after"] = pause = round(rng.uniform(1, 25), 1)
            time.sleep(pause)
            if pid_of(world.platform, JOB) != first:
                kill(world.platform, JOB)
        return details


@register
class DriverCrashPoint(Fault):
    """The driver dies at a named point between its side effects, and at another while it does the batch again."""

    name, number = "driver_crash_point", 1

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Run the job with the switch of `processors.crash` in the supervisor's place."""
        points = rng.sample(list(CrashPoint), int(grade.pick(1, 2)))
        world.platform.supervisor.stop_program(JOB)
        batch = last_batch(world) + 2
        codes = [self._run(world, f"{point}:batch={batch}") for point in points]
        if codes != [-signal.SIGKILL] * len(points):
            raise AssertionError(f"the job was to die at {points} of batch {batch}, and ended with {codes}")
        return {"points": [str(point) for point in points], "batch": batch}

    def heal(self, world: World) -> None:
        """Give the job back to the supervisor."""
        world.platform.supervisor.start_program(JOB)

    @staticmethod
    def _run(world: World, switch: str) -> int:
        with (world.settings.data_dir / "logs" / "crashing-processor.log").open("ab") as log:
            running = subprocess.Popen(
                [sys.executable, "-m", "processors"],
                cwd=ROOT, env=world.environment(**{VARIABLE: switch}), stdout=log, stderr=log,
            )  # fmt: skip
            try:
                return running.wait(_START_SECONDS)
            finally:
                if running.poll() is None:
                    running.kill()
                    running.wait()


@register
class WorkerKill(Fault):
    """SIGKILL to a Python worker in mid-batch."""

    name, number = "worker_kill", 2

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Kill one, or the process they are forked from."""
        details = {"seconds_into_batch": into_a_batch(world, rng)}
        return {**details, "killed": kill_part(world.platform, JOB, "processors.worker_daemon") is not None}


@register
class JvmKill(Fault):
    """SIGKILL to the JVM, driver and executor in one: what the loss of a worker is where there are more machines."""

    name, number = "jvm_kill", 2

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Kill it in mid-batch."""
        details: Details = {"seconds_into_batch": into_a_batch(world, rng)}
        parts = [part for part in family(pid_of(world.platform, JOB)) if part.name() == "java"]
        for part in parts:
            os.kill(part.pid, signal.SIGKILL)
            wait_gone(part.pid, _START_SECONDS)
        return {**details, "killed": len(parts)}
