"""Wrong keys are counted by where they come from, so that nobody can try them at the speed an API answers."""

import time
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

_RATE = "60/minute"
"""A browser that still has an old key asks a few dozen times at most before it shows the form."""
_NETWORKS = 10_000
"""How many are remembered, one number each. Who has more of them is not held up by forgetting all, as is done then."""
_UNKNOWN = "unknown"


class Guesses:
    """What each network has guessed. For one thread: the event loop's."""

    def __init__(self, rate: str = _RATE, networks: int = _NETWORKS) -> None:
        self._limit: RateLimitItem = parse(rate)
        self._networks = networks
        self._forget()

    def wait(self, network: str) -> int:
        """Seconds until it may try again; 0 when it may now."""
        if self._limiter.test(self._limit, network):
            return 0
        return seconds_until(self._limiter.get_window_stats(self._limit, network).reset_time)

    def count(self, network: str) -> None:
        """One more wrong key."""
        if len(self._storage.storage) >= self._networks:
            self._forget()
        self._limiter.hit(self._limit, network)

    def _forget(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)


def seconds_until(reset_time: float) -> int:
    """For `Retry-After`: whole seconds, rounded up, at least one. The limiter's time is the system clock's."""
    return max(1, int(reset_time - time.time()) + 1)


def network_of(client: tuple[str, int] | None) -> str:
    """Whose guesses they are: an IPv4 address, or the /64 of an IPv6 one, all of which a single customer has."""
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return _UNKNOWN
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)
