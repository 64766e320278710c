"""Waiting ends by progress, and always by a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    predicate: Callable[[], T], deadline: float = 30, *, what: str = "the condition", poll: float = 0.05
) -> T:
    """Call `predicate` until it gives something true, and return that.

    Raises:
        TimeoutError: `deadline` seconds passed; the text says `what` and the predicate's last answer.
    """
    end = time.monotonic() + deadline
    while not (answer := predicate()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come about within {deadline} s; the last answer was {answer!r}")
        time.sleep(poll)
    return answer
