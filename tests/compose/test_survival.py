"""Each container is killed once, as a machine kills (SIGKILL from outside), and comes back; then nothing is missing.

The files of this folder run in the order of their names, and the tests of this one in their own: kills, then the
balance of the ledger, then the end.
"""

import os
import signal
from typing import Any

import pytest
import requests

from configs.topics import REDDIT_STREAM
from local.containers.compose import service_of
from local.containers.stack import Containers
from local.readiness import messages_in
from local.status import measure, probes
from storage.store import Store
from tests.compose.expected import EXPECTED, LAST_KILLED
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

_BACK_SECONDS = 240.0
"""On two busy cores: the engine's back-off, a JVM, and what it waits for."""
_POLL = 1.0
RUNNING = [name for name, expected in EXPECTED.items() if expected.restarts]


def container(stack: Containers, service: str) -> dict[str, Any]:
    return next(one for one in stack.project.containers() if service_of(one) == service)


def kill(stack: Containers, service: str) -> None:
    """SIGKILL of the container's first process; wait until it is back and healthy."""
    before = container(stack, service)["State"]
    os.kill(before["Pid"], signal.SIGKILL)

    def is_back() -> bool:
        state = container(stack, service)["State"]
        again: bool = state["StartedAt"] != before["StartedAt"]
        return again and state.get("Health", {}).get("Status") == "healthy"

    wait_until(is_back, _BACK_SECONDS, what=f"{service} healthy again", poll=_POLL)


@pytest.mark.parametrize("service", [name for name in RUNNING if name not in LAST_KILLED])
def test_a_killed_container_comes_back(stack: Containers, service: str) -> None:
    kill(stack, service)
    assert container(stack, service)["RestartCount"] >= 1


def test_everything_goes_on_after_the_kills(stack: Containers, store: Store) -> None:
    processed, forecast = sum(store.ledger.totals().values()), store.predictions.times(1)[0]
    wait_until(
        lambda: sum(store.ledger.totals().values()) > processed and store.predictions.times(1)[0] > forecast,
        _BACK_SECONDS,
        what="new comments and forecasts",
        poll=_POLL,
    )


def test_no_comment_was_lost_or_counted_twice(stack: Containers, store: Store, simulator: str) -> None:
    stack.project.run("stop", "reddit-producer", "tmdb-producer")
    received = messages_in(stack.settings, REDDIT_STREAM)
    wait_until(lambda: sum(store.ledger.totals().values()) == received, _BACK_SECONDS, what="every comment", poll=_POLL)
    served = requests.get(f"{simulator}/_sim/ledger", timeout=30).json()
    ledger = store.ledger.totals()
    assert served["served"] == received + served["deleted"] - ledger.get("duplicate", 0)
    assert ledger["counted"] > 100
    assert ledger.get("dead_letter", 0) == 0
    stack.project.run("start", "reddit-producer", "tmdb-producer")


@pytest.mark.parametrize("service", LAST_KILLED)
def test_what_keeps_no_data_comes_back_too(stack: Containers, service: str) -> None:
    kill(stack, service)
    poll = probes(stack.settings)["reddit-producer"]
    last = measure(poll).last_poll
    wait_until(lambda: (measure(poll).last_poll or 0) > (last or 0), _BACK_SECONDS, what="a poll after it", poll=_POLL)


def test_a_stop_is_clean_and_a_start_goes_on(stack: Containers) -> None:
    stack.stop()
    codes = {service_of(one): one["State"]["ExitCode"] for one in stack.project.containers()}
    # 0: it finished its work; 143: a JVM that ended on SIGTERM. 137 would be one that was killed for not ending.
    assert {name: code for name, code in codes.items() if code not in {0, 143}} == {}
    stack.project.run("up", "--detach", "--no-build")
    stack.wait_ready(say=lambda _: None)
