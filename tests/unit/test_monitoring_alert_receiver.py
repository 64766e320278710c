"""Alertmanager's webhook: every alert is logged and counted; anything else is refused with a sentence."""

import json
import re

import pytest
import requests
import structlog
import yaml
from prometheus_client import REGISTRY

from common.metrics import serve
from configs.settings import ROOT
from monitoring.alert_receiver.__main__ import PORT
from monitoring.alert_receiver.app import create_app
from tests.support.ports import free_port

CONFIG = yaml.safe_load((ROOT / "monitoring" / "alertmanager" / "alertmanager.yml").read_text())
NOTIFICATION = {
    "version": "4",
    "groupKey": '{}:{alertname="ServiceDown"}',
    "status": "firing",
    "receiver": "demo",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "ServiceDown", "job": "ml-service", "severity": "critical"},
            "annotations": {"summary": "ml-service does not answer", "runbook": "docs/runbooks.md#servicedown"},
            "startsAt": "2026-06-01T12:00:00Z",
        },
        {"status": "resolved", "labels": {"alertname": "ServiceDown", "job": "serving"}, "annotations": {}},
    ],
}


@pytest.fixture(scope="module")
def url() -> str:
    port = free_port()
    serve(create_app(), "127.0.0.1", port)
    return f"http://127.0.0.1:{port}"


def received(status: str) -> float:
    labels = {"alert": "ServiceDown", "status": status}
    return REGISTRY.get_sample_value("trendscope_alerts_received_total", labels) or 0


def test_alerts_are_counted_and_logged_with_their_runbook(url: str) -> None:
    before = received("firing"), received("resolved")
    with structlog.testing.capture_logs() as lines:
        answer = requests.post(f"{url}/alerts", json=NOTIFICATION, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"received": 2})
    assert (received("firing"), received("resolved")) == (before[0] + 1, before[1] + 1)
    assert [line["status"] for line in lines] == ["firing", "resolved"]
    assert lines[0]["runbook"] == "docs/runbooks.md#servicedown"
    assert "trendscope_alerts_received_total" in requests.get(f"{url}/metrics", timeout=10).text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", json.dumps({"alerts": [{"labels": {}}]}).encode(), b"\xff"])
def test_what_is_no_notification_is_refused(url: str, body: bytes) -> None:
    answer = requests.post(f"{url}/alerts", data=body, timeout=10)
    assert answer.status_code == 400
    assert "not a notification" in answer.json()["detail"]


def test_other_paths_and_health(url: str) -> None:
    assert requests.get(f"{url}/readyz", timeout=10).status_code == 200
    assert requests.get(f"{url}/alerts", timeout=10).status_code == 404
    assert requests.post(f"{url}/", timeout=10).status_code == 404


def test_alertmanager_sends_every_alert_here() -> None:
    [receiver] = CONFIG["receivers"]
    assert [hook["url"] for hook in receiver["webhook_configs"]] == [f"http://alert-receiver:{PORT}/alerts"]
    routes = [CONFIG["route"], *CONFIG["route"]["routes"]]
    assert {route["receiver"] for route in routes} == {receiver["name"]}


def test_what_is_held_back_and_for_what_are_alerts_that_exist() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "monitoring" / "prometheus" / "rules").glob("*.yml"))
    known = set(re.findall(r"- alert: (\w+)", rules))
    named = {
        name
        for rule in CONFIG["inhibit_rules"]
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]
        if matcher.startswith("alertname")
        for name in re.split(r"\|", matcher.split("=", 1)[1].strip('~"'))
    }
    assert len(named) > 4
    assert named - known == set()
