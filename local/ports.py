"""Ports nobody listens on, for platforms and tests beside the user's own."""

import random
import socket

from local.nodes.base import LOOPBACK

_LOWEST, _HIGHEST = 15_000, 32_000
"""Below the range outgoing connections get theirs from (32768 and up on Linux, 49152 and up elsewhere). A port in that
range is not free for long: a client that tries to reach a server not yet up may even be given the very port it
calls, connects to itself, and the server then finds its port taken."""
_ATTEMPTS = 1_000


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports of 127.0.0.1 that were free a moment ago.

    Raises:
        OSError: hardly any is free.
    """
    found: list[int] = []
    for _ in range(_ATTEMPTS):
        if len(found) == count:
            return found
        port = random.SystemRandom().randint(_LOWEST, _HIGHEST)
        if port not in found and _is_free(port):
            found.append(port)
    raise OSError(f"no {count} free ports between {_LOWEST} and {_HIGHEST}")


def free_port() -> int:
    """One port; see `free_ports`."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
