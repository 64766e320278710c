"""What the supervisor starts: wait when the program has been started often of late, then become the program.

The supervisor's own back-off does not look at exit codes of programs that end quickly, and a configuration error is
just that: it must not be retried. So every program counts as started at once, its exit code decides about a restart,
and the back-off is here. `python -m local.launch [--yield] STARTS_FILE COMMAND ...`; nothing beyond the standard
library is imported, so that it costs milliseconds.
"""

import os
import resource
import sys
import time
from pathlib import Path

from local.share import own_session, yield_to_others

YIELD = "--yield"
RECENT_SECONDS = 120.0
"""Starts within this span count; a program that ran longer is started again at once."""
FREE_STARTS = 2
"""The first start and one restart without delay."""
LONGEST_SECONDS = 30.0
OPEN_FILES = 65_536
"""As many as Cassandra and Kafka may want. Raised here, not by the supervisor's `minfds`: after a fork that closes as
many descriptors one by one, and a SIGTERM that arrives meanwhile is lost on the supervisor's own handler."""


def delay(starts: list[float], now: float) -> float:
    """Seconds to wait before the next start: 0, 0, 1, 2, 4 ... LONGEST_SECONDS by the number of recent starts."""
    recent = sum(now - RECENT_SECONDS < start <= now for start in starts)
    return 0.0 if recent < FREE_STARTS else min(LONGEST_SECONDS, 2.0 ** (recent - FREE_STARTS))


def read_starts(path: Path) -> list[float]:
    """The wall-clock times of earlier starts; empty when there is no such file or it is damaged."""
    try:
        return [float(line) for line in path.read_text().split()]
    except (OSError, ValueError):
        return []


def raise_open_files() -> None:
    """Allow this process, and what it becomes, OPEN_FILES or as many as the hard limit does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(arguments: list[str]) -> None:
    """Wait, note the start, exec the command."""
    own_session()
    if arguments[0] == YIELD:
        yield_to_others()
        arguments = arguments[1:]
    path, command = Path(arguments[0]), arguments[1:]
    now = time.time()
    starts = [start for start in read_starts(path) if now - RECENT_SECONDS < start <= now]
    time.sleep(delay(starts, now))
    path.write_text("\n".join(str(start) for start in [*starts, time.time()]))
    raise_open_files()
    os.execvp(command[0], command)  # noqa: S606 - one's own command, no shell wanted


if __name__ == "__main__":
    main(sys.argv[1:])
