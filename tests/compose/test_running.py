"""The running stack against the table of expectations, before anything is killed."""

import os
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import yaml
from mlflow import MlflowClient

from configs.settings import ROOT
from local.containers.compose import memory, service_of
from local.containers.stack import Containers
from local.containers.variables import read
from local.readiness import messages_in
from storage.store import Store
from tests.compose.expected import EXPECTED, HARMLESS_LOG_LINES, TOPICS_WITH_MESSAGES
from tests.support.prometheus import Prometheus
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

_OUTCOMES_SECONDS = 600
"""An error figure needs an outcome: a horizon of five minutes and the watermark's delay after the first forecast."""


def containers(stack: Containers) -> dict[str, dict[str, Any]]:
    return {service_of(one): one for one in stack.project.containers()}


def defined() -> set[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return set(services)


def test_the_table_names_every_service() -> None:
    assert defined() - {"grafana"} == EXPECTED.keys()


@pytest.mark.parametrize("service", EXPECTED)
def test_every_container_is_healthy_and_confined(stack: Containers, service: str) -> None:
    one = containers(stack)[service]
    state, host = one["State"], one["HostConfig"]
    if EXPECTED[service].restarts:
        assert (state["Status"], state["Health"]["Status"]) == ("running", "healthy")
    else:
        assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert not state["OOMKilled"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    published = [binding for bindings in (host["PortBindings"] or {}).values() for binding in bindings]
    assert all(binding["HostIp"] == "127.0.0.1" for binding in published)


@pytest.mark.parametrize("service", [name for name, expected in EXPECTED.items() if expected.restarts])
def test_no_process_is_roots(stack: Containers, service: str) -> None:
    leader = psutil.Process(containers(stack)[service]["State"]["Pid"])
    for process in [leader, *leader.children(recursive=True)]:
        assert 0 not in process.uids(), process.cmdline()


def test_prometheus_reaches_every_target(stack: Containers, prometheus: Prometheus) -> None:
    scraped = {name for name, expected in EXPECTED.items() if expected.metrics}

    def missing() -> dict[str, list[str]]:
        targets = prometheus.targets()
        return {job: targets.get(job, []) for job in scraped | {"spark-driver"} if set(targets.get(job, ())) != {"up"}}

    wait_until(lambda: not missing(), 60, what=f"every target up, not {missing()}", poll=1)


@pytest.mark.parametrize("service", [name for name, expected in EXPECTED.items() if expected.metrics])
def test_every_service_shows_its_metrics(stack: Containers, prometheus: Prometheus, service: str) -> None:
    requests.get(f"http://127.0.0.1:{stack.settings.serving_port}/api/v1/trending", timeout=30).raise_for_status()
    for name in EXPECTED[service].metrics:
        expr = f'{name}{{job="{EXPECTED[service].job or service}"}}'
        wait_until(lambda expr=expr: prometheus.query(expr), _OUTCOMES_SECONDS, what=expr, poll=2)  # type: ignore[misc]


def test_topics_and_tables_fill(stack: Containers, store: Store) -> None:
    for topic in TOPICS_WITH_MESSAGES:
        assert messages_in(stack.settings, topic) > 0, topic
    assert len(store.movies.all()) > 100
    assert store.trends.windows(1)
    assert store.predictions.times(1)
    assert store.ledger.totals()["counted"] > 0


def test_mlflow_has_the_run_and_a_model_version(stack: Containers) -> None:
    client = MlflowClient(stack.settings.mlflow_tracking_uri)

    def has_run() -> bool:
        experiments = [found.experiment_id for found in client.search_experiments()]
        return any(run.data.params and run.data.metrics for run in client.search_runs(experiments))

    wait_until(has_run, _OUTCOMES_SECONDS, what="a run with parameters and metrics", poll=2)
    wait_until(client.search_registered_models, _OUTCOMES_SECONDS, what="a registered model", poll=2)


def test_an_alert_goes_all_the_way(stack: Containers, env_file: Path, prometheus: Prometheus) -> None:
    port = read(env_file).get("ALERTMANAGER_PORT") or "9093"
    alert = {"labels": {"alertname": "ComposeTest", "severity": "critical"}, "annotations": {"summary": "a test"}}
    requests.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[alert], timeout=10).raise_for_status()
    expr = 'trendscope_alerts_received_total{alert="ComposeTest",status="firing"}'
    wait_until(lambda: prometheus.query(expr), 90, what="the alert at its receiver", poll=1)


def test_memory_stays_under_its_limit(stack: Containers) -> None:
    used = memory()
    for name, one in containers(stack).items():
        if one["Id"] in used:
            assert used[one["Id"]] < 0.95 * one["HostConfig"]["Memory"], name


@pytest.mark.parametrize("service", EXPECTED)
def test_no_log_has_an_error(stack: Containers, service: str) -> None:
    lines = stack.log_tail(service, 5_000).splitlines()
    suspicious = [
        line
        for line in lines
        if any(word in line for word in ('"level": "error"', '"level":"ERROR"', " ERROR ", "level=error", "Traceback"))
        and not any(part in line for part in HARMLESS_LOG_LINES)
    ]
    assert suspicious == []


def test_kills_are_possible_here() -> None:
    """The next file kills from outside, as the machine would: it needs root and an engine on this machine."""
    assert os.geteuid() == 0, "run the compose tests as root, on the engine's own machine"
