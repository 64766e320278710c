"""What the machine must have before anything starts; each failure is one sentence that says what to do."""

import shutil
import socket
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import psutil

from local.errors import JavaError, SetupError
from local.nodes.base import LOOPBACK
from local.programs import Program
from local.runtime import MAXIMUM_JAVA, MINIMUM_JAVA, java, java_version

MINIMUM_FREE_BYTES = 4 * 1024**3
"""A week of Kafka's topics, Cassandra's tables and their commit log (512 MB), Spark's checkpoint and the logs."""
MINIMUM_MEMORY_BYTES = 5 * 1024**3
"""Measured: all processes together hold about 4 GB; below this the machine swaps."""


def check_java() -> int:
    """The Java that will run the servers; its major version.

    Raises:
        JavaError: none, or too old or new.
    """
    launcher = java()
    version = java_version(launcher)
    if not MINIMUM_JAVA <= version <= MAXIMUM_JAVA:
        raise JavaError(
            f"{launcher} is Java {version}; {MINIMUM_JAVA} to {MAXIMUM_JAVA} is needed "
            f"(Debian: apt-get install openjdk-17-jre-headless; then set JAVA_HOME when it is not the default)"
        )
    return version


def check_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Raise SetupError unless the running Python is one the lock file was made for."""
    if not (3, 11) <= version < (3, 13):
        raise SetupError(f"Python {version[0]}.{version[1]} runs this; 3.11 or 3.12 is needed")


def check_disk(folder: Path, needed: int = MINIMUM_FREE_BYTES) -> None:
    """Raise SetupError when the disk that holds `folder` (or its nearest parent) has less than `needed` bytes free."""
    place = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise SetupError(
            f"{free / 1024**3:.1f} GB free at {place}, {needed / 1024**3:.1f} GB are needed: "
            "free some, or set DATA_DIR to another disk"
        )


def memory_warning(available: int | None = None, needed: int = MINIMUM_MEMORY_BYTES) -> str | None:
    """A sentence when the machine has little free memory: a warning, since the figure moves from second to second."""
    free = psutil.virtual_memory().available if available is None else available
    if free >= needed:
        return None
    have, want = free / 1024**3, needed / 1024**3
    return f"{have:.1f} GB of memory is free, {want:.0f} GB are wanted: expect swapping"


def port_owner(port: int) -> str:
    """Who listens on a port, as far as this user may see."""
    pid = _listener(port)
    if pid is None:
        return "a process that this user cannot see"
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (pid {pid}: {' '.join(process.cmdline())[:80]})"
    except psutil.Error:
        return f"pid {pid}"


def _listener(port: int) -> int | None:
    try:
        found = psutil.net_connections(kind="tcp")
    except psutil.Error:  # macOS shows the machine's connections to root alone
        return None
    for connection in found:
        if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
            return connection.pid
    return None


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on the port now (SO_REUSEADDR, as servers do, ignores dying connections)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_ports(programs: Iterable[Program], *, held: Collection[int] = ()) -> None:
    """Raise SetupError naming each taken port, who has it and the setting that moves it; also one wanted twice.

    Args:
        programs: what is to start.
        held: ports of what is stopped before that.
    """
    problems: list[str] = []
    wanted: dict[int, str] = {}
    for program in programs:
        for setting, port in program.ports:
            if port in wanted:
                problems.append(f"{setting} and {wanted[port]} are both {port}: give one another number")
            elif port not in held and not is_free(port):
                problems.append(
                    f"port {port} ({program.name}) is taken by {port_owner(port)}: stop that, "
                    f"or set {setting} in .env to a free port"
                )
            wanted[port] = setting
    if problems:
        raise SetupError("; ".join(problems))
