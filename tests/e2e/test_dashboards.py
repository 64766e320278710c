"""Every panel's query and every alert's expression against the Prometheus of the running platform."""

import pytest
import requests

from local.nodes.base import LOOPBACK
from local.platform import Platform
from monitoring.grafana.boards import BOARDS
from tests.support.prometheus import Prometheus, without_data

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

QUERIES = [
    pytest.param(query.expr, id=f"{name}: {panel.title} {number}")
    for name, board in BOARDS.items()
    for number, (panel, query) in enumerate(board.live_queries(), start=1)
    if not query.containers_only
]
_SECONDS = 600.0
"""Errors of forecasts need outcomes: a horizon of five minutes and the watermark's delay after the first forecast."""


@pytest.fixture(scope="module")
def prometheus(platform: Platform) -> Prometheus:
    if "prometheus" not in {program.name for program in platform.programs}:
        pytest.skip("Prometheus is not installed")
    return Prometheus(f"http://{LOOPBACK}:{platform.settings.prometheus_port}")


@pytest.fixture(scope="module")
def silent(platform: Platform, prometheus: Prometheus) -> set[str]:
    """The expressions without data; the API is asked once, so that it has something to count.

    A test before may have killed something: it is back first.
    """
    platform.wait_ready()
    requests.get(f"http://{LOOPBACK}:{platform.settings.serving_port}/api/v1/trending", timeout=30).raise_for_status()
    return without_data(
        prometheus, (expr for case in QUERIES for expr in case.values if isinstance(expr, str)), _SECONDS
    )


@pytest.mark.parametrize("expr", QUERIES)
def test_every_panel_has_data(silent: set[str], expr: str) -> None:
    assert expr not in silent


def test_every_mark_can_be_asked_for(prometheus: Prometheus) -> None:
    marks = [mark for board in BOARDS.values() for mark in board.marks]
    assert marks
    for mark in marks:
        prometheus.query(mark.expr)  # raises when it is no expression; most have nothing to show


def test_every_alert_can_be_evaluated(prometheus: Prometheus) -> None:
    rules = prometheus.alerts()
    assert len(rules) > 15
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] == "err"} == {}
    for rule in rules:
        prometheus.query(rule["query"])
