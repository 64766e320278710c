"""Faults 3, 4 and 6: Kafka, Cassandra, MLflow and Prometheus die, freeze or are away."""

import shutil
import time
from contextlib import ExitStack
from random import Random

from common.clock import system_clock, to_millis
from configs.topics import PREDICTIONS_STREAM
from local.readiness import messages_in
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.processes import family, frozen, kill, kill_for_good, pid_of
from tests.faults.world import OBSERVERS, World

_STALE_MILLIS = 15_000
"""The API asks the store every second and gives it some; after so long its answers must be marked."""


@register
class KafkaKills(Fault):
    """SIGKILL to the broker again and again, under load."""

    name, number = "kafka_kills", 3

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Kill; give it a moment to come up; kill again."""
        times = int(grade.pick(2, 5))
        pauses = [round(rng.uniform(0.5, 6), 1) for _ in range(times)]
        for pause in pauses:
            kill(world.platform, "kafka")
            time.sleep(pause)
        return {"kills": times, "pauses": pauses}


@register
class KafkaFreeze(Fault):
    """The broker is there and silent."""

    name, number = "kafka_freeze", 3

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """SIGSTOP, a pause, SIGCONT."""
        seconds = grade.pick(10, 45)
        with frozen(world.platform, "kafka"):
            time.sleep(seconds)
        return {"seconds": seconds}


@register
class CassandraFreeze(Fault):
    """Cassandra is there and silent, and then it dies."""

    name, number = "cassandra_freeze", 4

    def __init__(self) -> None:
        self._wrong: list[str] = []

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """SIGSTOP, a pause, SIGCONT, some seconds of work, SIGKILL."""
        seconds, after = grade.pick(20, 90), round(rng.uniform(0, 3), 1)
        with frozen(world.platform, "cassandra"):
            begun = to_millis(system_clock())
            time.sleep(seconds)
            ended = to_millis(system_clock())
        if world.prober is not None:
            told = [answer for answer in world.prober.answers if begun + _STALE_MILLIS < answer.at < ended]
            self._wrong += (
                [f"{len(told)} answers while Cassandra was silent, not all marked stale"]
                if any(not answer.stale for answer in told)
                else []
            )
        time.sleep(after)
        kill(world.platform, "cassandra")
        return {"seconds": seconds, "killed_after": after}

    def aftermath(self, world: World) -> list[str]:
        """The API said that it was stale."""
        return self._wrong


@register
class CassandraCopy(Fault):
    """Cassandra dies, and comes back on a copy of its files as they were at that moment: tables and commit log."""

    name, number = "cassandra_copy", 4

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Freeze, copy, kill, put the copy in the folder's place."""
        time.sleep(rng.uniform(0, 2))
        home = world.settings.data_dir / "cassandra"
        copy = home.with_name("cassandra-copy")
        # The kill comes while it is frozen: what it acknowledged after the copy would be lost by the harness.
        with frozen(world.platform, "cassandra"):
            shutil.copytree(home, copy)
            kill_for_good(world.platform, "cassandra")
        shutil.rmtree(home)
        copy.rename(home)
        return {"bytes": sum(path.stat().st_size for path in home.rglob("*") if path.is_file())}

    def heal(self, world: World) -> None:
        """Start it on the copy."""
        world.platform.supervisor.start_program("cassandra")


@register
class ObserversAway(Fault):
    """MLflow, and Prometheus where it is installed, freeze and die; nothing else may notice."""

    name, number = "observers_away", 6
    needs = OBSERVERS

    def __init__(self) -> None:
        self._told = self._before = 0
        self._pids: dict[str, int] = {}

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Freeze them for a while, then kill them."""
        observers = sorted(state.name for state in world.platform.states() if state.name in OBSERVERS)
        others = [state.name for state in world.platform.states() if state.name not in OBSERVERS and state.pid]
        self._pids = {name: pid_of(world.platform, name) for name in others}
        seconds = grade.pick(30, 180)
        self._before = messages_in(world.settings, PREDICTIONS_STREAM)
        with ExitStack() as stack:
            for name in observers:
                stack.enter_context(frozen(world.platform, name))
            time.sleep(seconds)
            self._told = messages_in(world.settings, PREDICTIONS_STREAM) - self._before
        for name in observers:
            for process in family(pid_of(world.platform, name)):
                process.kill()
        return {"away": observers, "seconds": seconds, "forecasts_meanwhile": self._told}

    def aftermath(self, world: World) -> list[str]:
        """Forecasts went on, nobody else was started again."""
        wrong = [] if self._told else ["no forecast was made while MLflow and Prometheus were away"]
        for state in world.platform.states():
            if state.pid and self._pids.get(state.name, state.pid) != state.pid and "producer" not in state.name:
                wrong.append(f"{state.name} was started again")
        return wrong
