"""Fault 14 and I6: everything is stopped and started again; a checkpoint that does not fit is refused."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from random import Random

from common.service import EXIT_CONFIGURATION
from configs.settings import ROOT
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.kinds.job import JOB
from tests.faults.world import World

_SECONDS = 120.0


@register
class Restart(Fault):
    """Everything stops and starts again on the data of before: windows go on."""

    name, number = "restart", 14

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Stop, start, wait until ready."""
        world.restart()
        return {}


@register
class OldCheckpoint(Fault):
    """A checkpoint of another state version, or of other windows: refused before anything is touched."""

    name, number = "old_checkpoint", 14

    def __init__(self) -> None:
        self._wrong: list[str] = []

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Start the job on a changed identity and with changed windows; put the identity back."""
        world.platform.supervisor.stop_program(JOB)
        folder = world.settings.data_dir / "checkpoint"
        file = folder / "job.json"
        kept = file.read_bytes()
        identity = json.loads(kept)
        file.write_text(json.dumps({**identity, "state_version": identity["state_version"] + 1}))
        try:
            codes = [self._refused(world, folder)]
        finally:
            file.write_bytes(kept)
        codes.append(self._refused(world, folder, TREND_SLIDE_DURATION="30 seconds"))
        return {"refused_with": codes}

    def heal(self, world: World) -> None:
        """Start the job that fits."""
        world.platform.supervisor.start_program(JOB)

    def aftermath(self, world: World) -> list[str]:
        """What was wrong with the refusals."""
        return self._wrong

    def _refused(self, world: World, folder: Path, **environment: str) -> int:
        before = digest(folder)
        done = subprocess.run(
            [sys.executable, "-m", "processors"], cwd=ROOT, env=world.environment(**environment),
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode != EXIT_CONFIGURATION or "the checkpoint belongs to another job" not in done.stderr:
            self._wrong.append(f"the job ended with {done.returncode} on a checkpoint that does not fit")
        if digest(folder) != before:
            self._wrong.append("a refused start changed the checkpoint")
        return done.returncode


def digest(folder: Path) -> str:
    """Of every file's name and content below a folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(folder)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()
