"""How much of the processors a program gets when there are fewer than all want.

Linux shares them among sessions first (autogroup) and then within each. All programs of the platform in one session are
one heap of threads: when the windows of 2,000 films close, Cassandra's hundred take all cores for seconds, and the
API's one waited 50 ms and more (p95, `python -m benchmarks.api`). As sessions of their own they have equal shares, and
what works in bursts can take a smaller one. Where the kernel knows no autogroups, the niceness alone counts.
"""

import os
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""A third of the share of the others."""


def own_session() -> None:
    """Make this process the leader of a session of its own; nothing when it cannot be.

    A supervisor makes its children leaders of process groups, and a leader may begin no session: so it joins its
    parent's group for that moment.
    """
    with suppress(OSError):
        os.setpgid(0, os.getpgid(os.getppid()))
    with suppress(OSError):
        os.setsid()


def yield_to_others(pid: int = 0) -> None:
    """Take the smaller share, for a process (0: this one) with a session of its own, before it has other threads."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + NICENESS)
    with suppress(OSError):
        Path(f"/proc/{pid or 'self'}/autogroup").write_text(str(NICENESS))
