"""Fault 12: a full disk under the checkpoint, Kafka's log or Cassandra."""

import os
import time
from pathlib import Path
from random import Random
from typing import ClassVar

from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.setting import can_mount
from tests.faults.world import DISKS, World

_CHUNK = bytes(1024 * 1024)


class _FullDisk(Fault):
    """Fills the small disk that stands in for one folder."""

    number = 12
    needs = frozenset({DISKS})
    folder: ClassVar[str]

    def __init__(self) -> None:
        self._ballast: Path | None = None
        self._wrong: list[str] = []

    def missing(self) -> str | None:
        """The right to mount."""
        return None if can_mount() else "it takes root to make a small disk"

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Fill it to the last byte, and let the platform run against it."""
        self._ballast = world.settings.data_dir / self.folder / "ballast"
        written = fill(self._ballast)
        seconds = grade.pick(25, 60)
        restarts = {state.name: state.pid for state in world.platform.states()}
        time.sleep(seconds)
        changed = [state.name for state in world.platform.states() if restarts.get(state.name) != state.pid]
        return {"seconds": seconds, "ballast_bytes": written, "started_again": changed}

    def heal(self, world: World) -> None:
        """Make room."""
        if self._ballast is not None:
            self._ballast.unlink(missing_ok=True)


@register
class FullCheckpointDisk(_FullDisk):
    """Under the job's checkpoint: nothing is committed without its state."""

    name, folder = "full_checkpoint_disk", "checkpoint"


@register
class FullKafkaDisk(_FullDisk):
    """Under Kafka's log."""

    name, folder = "full_kafka_disk", "kafka"


@register
class FullCassandraDisk(_FullDisk):
    """Under Cassandra's commit log and tables."""

    name, folder = "full_cassandra_disk", "cassandra"


def fill(ballast: Path) -> int:
    """Write zeros until the disk takes no byte more; how many they were."""
    written = 0
    with ballast.open("wb", buffering=0) as file:
        chunk = _CHUNK
        while chunk:
            try:
                written += os.write(file.fileno(), chunk)
            except OSError:
                chunk = chunk[: len(chunk) // 2]
    return written
