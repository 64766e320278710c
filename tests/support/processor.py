"""The Spark job as a process of its own, as the platform runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from configs.settings import ROOT, Settings
from local.environment import to_environment
from processors.crash import VARIABLE

_EXIT_SECONDS = 300.0
"""A batch under way is finished first, and a test machine may be busy."""


class Processor:
    """A running `python -m processors`."""

    def __init__(self, settings: Settings, log: BinaryIO, crash: str) -> None:
        environment = {**os.environ, **to_environment(settings), VARIABLE: crash}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "processors"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )

    def exited(self, deadline: float = _EXIT_SECONDS) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        return self._process.wait(deadline)

    def stop(self) -> int:
        """SIGTERM, as the supervisor does; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.exited()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Make sure nothing is left of it."""
        if self.alive:
            self._process.kill()
            self._process.wait()


@contextmanager
def processor(settings: Settings, *, crash: str = "") -> Iterator[Processor]:
    """The job for the length of a `with` block; its output is in `<data_dir>/processors.log`."""
    log_file = settings.data_dir / "processors.log"
    with log_file.open("ab") as log:
        running = Processor(settings, log, crash)
        try:
            yield running
        except BaseException as error:
            error.add_note(f"the end of its log:\n{tail(log_file)}")
            raise
        finally:
            running.end()


def tail(path: Path) -> str:
    """The last lines of a log."""
    return "\n".join(line[:400] for line in path.read_text(errors="replace").splitlines()[-30:])
