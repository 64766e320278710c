"""The lock file: each jar's coordinates and the SHA-256 it must have."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from local.errors import SetupError

LOCK_FILE = Path(__file__).resolve().parent.parent / "jars.lock"
SERVERS = ("kafka", "cassandra", "spark")
"""The sets, each a folder of its own: they hold different versions of the same libraries."""
AGENT = "jmx"
"""The agent that shows a JVM's metrics to Prometheus; containers use it, the local runner does not."""

_HEADER = "# server organisation module revision classifier sha256; written by `python -m local.lock_jars`\n"


@dataclass(frozen=True, slots=True, order=True)
class Jar:
    """One file of one server; `classifier` is empty for the main artifact of a module."""

    server: str
    organisation: str
    module: str
    revision: str
    classifier: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name it has in the registry and in the server's folder."""
        return f"{self.module}-{self.revision}{'-' if self.classifier else ''}{self.classifier}.jar"


def write_lock(jars: Iterable[Jar], path: Path = LOCK_FILE) -> None:
    """Write the lock file, sorted."""
    lines = [
        f"{jar.server} {jar.organisation} {jar.module} {jar.revision} {jar.classifier or '-'} {jar.sha256}\n"
        for jar in sorted(jars)
    ]
    path.write_text(_HEADER + "".join(lines))


def read_lock(path: Path = LOCK_FILE) -> list[Jar]:
    """Read the lock file.

    Raises:
        SetupError: it is missing or a line does not fit.
    """
    try:
        rows = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    except OSError as error:
        raise SetupError(f"{path} cannot be read: it belongs to the repository, restore it ({error})") from error
    for row in rows:
        if len(row) != 6 or row[0] not in (*SERVERS, AGENT) or len(row[5]) != 64:
            raise SetupError(f"{path} is damaged at {' '.join(row)!r}: restore it from the repository")
    return [Jar(row[0], row[1], row[2], row[3], "" if row[4] == "-" else row[4], row[5]) for row in rows]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_intact(jar: Jar, folder: Path) -> bool:
    """Whether the jar lies in `folder` with the pinned content."""
    path = folder / jar.file_name
    return path.is_file() and sha256_of(path) == jar.sha256
