"""Every panel's query and every alert's expression against the running Prometheus."""

import pytest
import requests

from local.containers.stack import Containers
from monitoring.grafana.boards import BOARDS
from tests.support.prometheus import Prometheus, without_data

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

QUERIES = [
    pytest.param(query.expr, id=f"{name}: {panel.title} {number}")
    for name, board in BOARDS.items()
    for number, (panel, query) in enumerate(board.live_queries(), start=1)
]
_SECONDS = 600


@pytest.fixture(scope="module")
def silent(stack: Containers, prometheus: Prometheus) -> set[str]:
    """The expressions without data; the API is asked once, so that it has something to count."""
    requests.get(f"http://127.0.0.1:{stack.settings.serving_port}/api/v1/trending", timeout=30).raise_for_status()
    return without_data(
        prometheus, (expr for case in QUERIES for expr in case.values if isinstance(expr, str)), _SECONDS
    )


@pytest.mark.parametrize("expr", QUERIES)
def test_every_panel_has_data(silent: set[str], expr: str) -> None:
    assert expr not in silent


def test_every_alert_can_be_evaluated_and_none_fires(stack: Containers, prometheus: Prometheus) -> None:
    rules = prometheus.alerts()
    assert len(rules) > 15
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
    for rule in rules:
        prometheus.query(rule["query"])
