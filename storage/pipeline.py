"""Many requests at once, but never more than so many unanswered.

The driver's own `execute_concurrent` sends the next request from the failed one's callback, one stack frame deeper:
with every node down it ends in a RecursionError. Here the caller's thread sends, and waits for a free place to.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

from cassandra import OperationTimedOut
from cassandra.cluster import Session
from cassandra.query import BatchStatement, BoundStatement

IN_FLIGHT = 128
"""Enough to keep a node busy (the local one has 16 write threads); more would queue in it unseen."""
_LOST_SECONDS = 60.0
"""The driver answers or times out each request long before; this bounds the wait should it ever lose one."""

Request: TypeAlias = BoundStatement | BatchStatement


class _Run:
    """The state of one `send_all`; its callbacks come from the driver's thread."""

    def __init__(self, in_flight: int) -> None:
        self.places = threading.BoundedSemaphore(in_flight)
        self.done: set[int] = set()
        self.failures: list[BaseException] = []

    def succeeded(self, number: int, _rows: object) -> None:
        self.done.add(number)
        self.places.release()

    def failed(self, error: BaseException) -> None:
        self.failures.append(error)
        self.places.release()

    def wait_for_a_place(self) -> None:
        if not self.places.acquire(timeout=_LOST_SECONDS):
            raise OperationTimedOut("the driver did not answer a request")


def send_all(
    session: Session, requests: Sequence[Request], in_flight: int = IN_FLIGHT
) -> tuple[list[Request], list[BaseException]]:
    """Send requests in order; after the first failure no further one is sent.

    Args:
        session: connected.
        requests: idempotent.
        in_flight: the most that are unanswered at any time (back-pressure: the caller waits).

    Returns:
        The requests that are not acknowledged, in order (empty: all are), and the failures seen.

    Raises:
        OperationTimedOut: the driver lost a request.
    """
    run = _Run(in_flight)
    for number, request in enumerate(requests):
        run.wait_for_a_place()
        if run.failures:
            run.places.release()
            break
        future = session.execute_async(request)
        future.add_callbacks(partial(run.succeeded, number), run.failed)
    for _ in range(in_flight):  # every place free again: every answer is in
        run.wait_for_a_place()
    left = [request for number, request in enumerate(requests) if number not in run.done]
    return left, run.failures
