"""Every panel's query and every alert's expression against the running Prometheus."""

import pytest

from local.containers.stack import Containers
from monitoring.grafana.boards import BOARDS
from monitoring.grafana.panels import Panel, Query
from tests.support.prometheus import Prometheus
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

QUERIES = [
    pytest.param(panel, query, id=f"{name}: {panel.title} {number}")
    for name, board in BOARDS.items()
    for panel in board.panels()
    for number, query in enumerate(panel.queries, start=1)
]
_SECONDS = 600


@pytest.mark.parametrize(("panel", "query"), QUERIES)
def test_every_panel_has_data(stack: Containers, prometheus: Prometheus, panel: Panel, query: Query) -> None:
    wait_until(lambda: prometheus.has_data(query.expr), _SECONDS, what=f"data for {query.expr}", poll=2)


def test_every_alert_can_be_evaluated_and_none_fires(stack: Containers, prometheus: Prometheus) -> None:
    rules = prometheus.alerts()
    assert len(rules) > 15
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
    for rule in rules:
        prometheus.query(rule["query"])
