"""Faults 7 and 10: producers die, lose their position, are there twice, and have wrong clocks."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from common.service import EXIT_CONFIGURATION
from configs.settings import ROOT
from local.ports import free_port
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.processes import kill, kill_for_good
from tests.faults.world import SOURCES, World
from tests.support.waiting import wait_until

_WAIT_SECONDS = 60.0
_PRODUCER = "reddit-producer"
_MODULES = {"reddit-producer": "producers.reddit", "tmdb-producer": "producers.tmdb"}


@register
class ProducerKill(Fault):
    """SIGKILL at a random moment of a poll."""

    name, number = "producer_kill", 7

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Kill each of them some times."""
        pauses = [round(rng.uniform(0, 4), 2) for _ in range(int(grade.pick(2, 4)))]
        for pause in pauses:
            time.sleep(pause)
            kill(world.platform, rng.choice(SOURCES))
        return {"pauses": pauses}


@register
class ProducerPositionLost(Fault):
    """Killed between sending and saving: Kafka has the comments, the disk has the position from before them."""

    name, number = "producer_position_lost", 7

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Keep the position, let comments arrive, kill, put the kept position back."""
        (position,) = (world.settings.data_dir / "producers" / "reddit").glob("*/position.json")
        kept, before = position.read_bytes(), world.received()
        wanted = before + rng.randrange(1, 40)
        wait_until(lambda: world.received() >= wanted, _WAIT_SECONDS, what="comments to arrive")
        kill_for_good(world.platform, _PRODUCER)
        sent_again = world.received() - before
        position.write_bytes(kept)
        return {"sent_again": sent_again}

    def heal(self, world: World) -> None:
        """Start it with the old position."""
        world.platform.supervisor.start_program(_PRODUCER)


@register
class SecondProducer(Fault):
    """A second producer by mistake: in the same folder it is refused, with a folder of its own it sends all twice."""

    name, number = "second_producer", 7

    def __init__(self) -> None:
        self._wrong: list[str] = []

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Start one in the same folder, then one with its own."""
        port = free_port()
        log = world.settings.data_dir / "logs" / "second-producer.log"
        same = _start(world, log, REDDIT_PRODUCER_METRICS_PORT=str(port))
        code = _ended(same, _WAIT_SECONDS)
        if code != EXIT_CONFIGURATION or "another producer works in" not in log.read_text():
            self._wrong.append(f"a second producer in the same folder ended with {code}")
        other = world.settings.data_dir.parent / "second" / str(port)
        own = _start(world, log, REDDIT_PRODUCER_METRICS_PORT=str(port), DATA_DIR=str(other))
        time.sleep(rng.uniform(5, 10))
        own.terminate()
        return {"refused_with": code, "second_ended_with": _ended(own, _WAIT_SECONDS)}

    def aftermath(self, world: World) -> list[str]:
        """What the refusal said."""
        return self._wrong


@register
class ProducerClock(Fault):
    """A producer's clock is ten minutes ahead or behind, and steps back while it runs."""

    name, number = "producer_clock", 10

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Run both producers with a shifted clock in the supervisor's place, then let the clock step."""
        minutes = rng.choice((-10, 10))
        shift = world.settings.data_dir / "clock-shift"
        shift.write_text(str(minutes * 60))
        log = world.settings.data_dir / "logs" / "shifted-producer.log"
        for name in SOURCES:
            world.platform.supervisor.stop_program(name)
        running = [_start(world, log, module=_MODULES[name], clock=shift) for name in SOURCES]
        mark = world.received()
        try:
            wait_until(lambda: world.received() > mark, _WAIT_SECONDS, what="comments of a shifted producer")
            time.sleep(grade.pick(6, 60))
            shift.write_text("0")
            time.sleep(grade.pick(6, 60))
        finally:
            for process in running:
                process.terminate()
            codes = [_ended(process, _WAIT_SECONDS) for process in running]
        return {"minutes": minutes, "ended_with": codes}

    def heal(self, world: World) -> None:
        """Back to the supervisor's."""
        for name in SOURCES:
            world.platform.supervisor.start_program(name)


def _start(
    world: World, log: Path, *, module: str = "producers.reddit", clock: Path | None = None, **environment: str
) -> "subprocess.Popen[bytes]":
    wrapped = ["tests.faults.shifted", str(clock), module] if clock else [module]
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *wrapped], cwd=ROOT, env=world.environment(**environment),
            stdout=output, stderr=output,
        )  # fmt: skip


def _ended(process: "subprocess.Popen[bytes]", deadline: float) -> int:
    try:
        return process.wait(deadline)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
