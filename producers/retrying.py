"""One way to try again: exponential back-off with jitter, the server's Retry-After, a deadline, and the stop signal."""

import threading
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_any, stop_before_delay
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set
from tenacity.wait import wait_exponential_jitter

from producers.errors import SourceUnavailableError

T = TypeVar("T")

FIRST_WAIT_SECONDS = 0.5
"""Long enough for a hiccup of a load balancer, short enough not to be noticed in a poll."""
LONGEST_WAIT_SECONDS = 15.0
"""Without Retry-After: a server that is away for longer is left to the next poll."""

_backoff = wait_exponential_jitter(multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, SourceUnavailableError) else None
    return max(float(_backoff(state)), asked or 0.0)


def with_retries(call: Callable[[], T], *, stop: threading.Event, deadline: float) -> T:
    """Call until it works; give up when the next try would start `deadline` seconds after the first, or on `stop`.

    Raises:
        SourceUnavailableError: the last one, with the Retry-After it carried, so that the caller can wait that long.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(SourceUnavailableError),
        wait=_wait,
        stop=stop_any(stop_when_event_set(stop), stop_before_delay(deadline)),
        sleep=sleep_using_event(stop),
        reraise=True,
    )
    return retrying(call)
