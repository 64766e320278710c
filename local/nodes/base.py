"""What a local server is: files to prepare, a command to run, a probe that says when it serves."""

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from local.errors import NodeError
from local.share import yield_to_others

LOOPBACK = "127.0.0.1"
"""The servers have no authentication, so they listen on no other address."""
_POLL_SECONDS = 0.1
_STOP_SECONDS = 60.0
"""A clean stop takes seconds; after this the process is killed, and both servers recover from their logs."""


FIRST_COMPILER_ONLY = "-XX:TieredStopAtLevel=1"
"""For the JVMs of one machine. The second compiler spends the cores that everything else starts on: to readiness
Cassandra takes 6 s of CPU instead of 10, Kafka 2.4 instead of 3.8, the first 10,000 writes 5 instead of 12; the second
compiler's code is 15 % cheaper a write, and only after some 50,000 of them."""


class Node(ABC):
    """One server with a data folder of its own.

    `prepare` and `command` are what a supervisor needs; `start` and `stop` run it as a child of this process (tests).
    """

    name: str
    yields = False
    """Whether it takes a smaller share of the processors, as `Program.yields`."""

    def __init__(self, home: Path) -> None:
        """`home` is the folder of its configuration, data and log; it is made by `prepare`."""
        self.home = home.resolve()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Write the configuration and whatever must be there before the first start; safe to repeat.

        Raises:
            SetupError: Java or the jars are missing.
            NodeError: the data folder could not be initialised.
        """

    @abstractmethod
    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it serves requests now; quick, never raises."""

    @property
    def log_file(self) -> Path:
        """Standard output and error of a server run by `start`."""
        return self.home / f"{self.name}.out"

    @property
    def pid(self) -> int | None:
        """The process id while `start`ed here."""
        return self._process.pid if self._process else None

    def launch(self) -> Self:
        """Start without waiting, so that several servers start at the same time. See `prepare` for what it raises."""
        self.prepare()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.home,
                start_new_session=True,
            )
        if self.yields:
            yield_to_others(self._process.pid)
        return self

    def wait_ready(self, deadline: float = 120) -> Self:
        """Wait until the launched server serves.

        Raises:
            NodeError: it exited, or `deadline` seconds have passed; it is stopped then.
        """
        end = time.monotonic() + deadline
        while not self.ready():
            exited = self._process is None or self._process.poll() is not None
            if exited or time.monotonic() > end:
                self.stop()
                what = "exited while starting" if exited else f"did not answer for {deadline:.0f} s"
                raise NodeError(f"{self.name} {what}; the end of {self.log_file}:\n{tail(self.log_file)}")
            time.sleep(_POLL_SECONDS)
        return self

    def start(self, deadline: float = 120) -> Self:
        """`launch` and `wait_ready`."""
        return self.launch().wait_ready(deadline)

    def stop(self) -> None:
        """SIGTERM, wait, and SIGKILL when it does not go; nothing when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """SIGKILL, as a crash would do; the data stays for the next `start`."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    @contextmanager
    def running(self, deadline: float = 120) -> Iterator[Self]:
        """The server for the length of a `with` block."""
        try:
            yield self.start(deadline)
        finally:
            self.stop()


def tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
