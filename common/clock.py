"""The clock is a parameter, so that logic never reads the time on its own and tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant as a timezone-aware UTC datetime."""


def system_clock() -> datetime:
    """The host's clock, in UTC."""
    return datetime.now(UTC)


def to_millis(instant: datetime) -> int:
    """Whole milliseconds since the epoch of a timezone-aware instant, rounded down.

    Raises:
        ValueError: the instant is naive.
    """
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant!r}: every instant here carries its time zone")
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000


def from_millis(millis: int) -> datetime:
    """The UTC instant that is `millis` milliseconds after the epoch."""
    return datetime.fromtimestamp(millis // 1_000, UTC).replace(microsecond=millis % 1_000 * 1_000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
