"""Prometheus scrapes every service, and each alert fires when it should, on metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from common.disk import show_disk
from configs.settings import ROOT, load_settings
from configs.topics import TOPICS
from monitoring.prometheus_config import FOLDER, main, render

RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "tests").glob("*.yml"))
KEYS = {"tmdb_api_key": "k", "reddit_client_id": "i", "reddit_client_secret": "s"}

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def alerts() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in RULES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def promtool(*arguments: object) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def targets(text: str) -> dict[str, str]:
    jobs = yaml.safe_load(text)["scrape_configs"]
    return {job["job_name"]: job["static_configs"][0]["targets"][0] for job in jobs if "static_configs" in job}


def test_each_service_is_scraped_on_its_port_and_the_api_where_it_listens() -> None:
    settings = load_settings(ml_metrics_port=1234, bind_address="192.0.2.1", prometheus_port=4321, **KEYS)
    assert targets(render(settings, "192.0.2.1")) == {
        "tmdb-producer": f"127.0.0.1:{settings.tmdb_producer_metrics_port}",
        "reddit-producer": f"127.0.0.1:{settings.reddit_producer_metrics_port}",
        "trend-processor": f"127.0.0.1:{settings.processor_metrics_port}",
        "ml-service": "127.0.0.1:1234",
        "momentum": f"127.0.0.1:{settings.momentum_metrics_port}",
        "drift": f"127.0.0.1:{settings.drift_port}",
        "serving": f"192.0.2.1:{settings.serving_port}",
        "prometheus": "127.0.0.1:4321",
        "spark-driver": f"127.0.0.1:{settings.spark_ui_port}",
    }


def test_the_simulator_is_scraped_when_it_stands_in_for_a_key() -> None:
    settings = load_settings(**KEYS | {"tmdb_api_key": None}, simulator_port=8123)
    assert targets(render(settings))["simulator"] == "127.0.0.1:8123"


def test_the_rules_are_found_wherever_the_project_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Path("/tmp/it's # here")
    monkeypatch.setattr("monitoring.prometheus_config.FOLDER", odd)
    assert yaml.safe_load(render(load_settings()))["rule_files"] == [f"{odd}/rules/*.yml"]


def test_the_committed_file_is_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ML_METRICS_PORT", "1")
    main(tmp_path / "made.yml")
    assert (tmp_path / "made.yml").read_text() == (FOLDER / "prometheus.yml").read_text()


def test_every_metric_in_a_rule_is_exported_by_a_service(tmp_path: Path) -> None:
    import ml_service.telemetry  # noqa: F401, PLC0415 - registers its metrics
    import momentum.telemetry  # noqa: F401, PLC0415
    import monitoring.drift.telemetry  # noqa: F401, PLC0415
    import processors.metrics  # noqa: F401, PLC0415
    import producers.metrics  # noqa: F401, PLC0415
    import storage.database  # noqa: F401, PLC0415

    show_disk(tmp_path)  # each service does, at its start

    kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    exported = {family.name + end for family in REGISTRY.collect() for end in kinds.get(family.type, ())}
    named = {name for rule in alerts() for name in re.findall(r"\b(?:trendscope|ml)_[a-z0-9_]+", rule["expr"])}
    assert len(named) > 10
    assert named - exported == set()


def test_every_alert_says_how_bad_it_is_and_leads_to_a_runbook() -> None:
    sections = set(re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbooks.md").read_text(), re.MULTILINE))
    assert sections == {rule["alert"] for rule in alerts()}
    for rule in alerts():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        assert {"summary", "description"} <= rule["annotations"].keys()


def test_the_runbook_of_a_full_disk_knows_how_long_topics_are_kept() -> None:
    text = (ROOT / "docs" / "runbooks.md").read_text()
    section = " ".join(text.split("## DiskAlmostFull")[1].split("\n## ")[0].split())
    usual, *longer = sorted({topic.retention_hours for topic in TOPICS})
    assert f"{usual // 24} days of a topic" in section
    for hours in longer:
        assert f"{hours // 24} days of " in section
        assert all(f"`{topic.name}`" in section for topic in TOPICS if topic.retention_hours == hours)


def test_every_alert_is_shown_to_fire() -> None:
    cases = [
        case for path in TESTS for test in yaml.safe_load(path.read_text())["tests"] for case in test["alert_rule_test"]
    ]
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == {rule["alert"] for rule in alerts()}


@needs_promtool
def test_the_rules_do_what_their_tests_say() -> None:
    promtool("check", "rules", *RULES)
    promtool("test", "rules", *TESTS)


@needs_promtool
def test_prometheus_accepts_the_configurations(tmp_path: Path) -> None:
    local = tmp_path / "prometheus.yml"
    local.write_text(render(load_settings()))
    assert f"{len(RULES)} rule files found" in promtool("check", "config", local)
    promtool("check", "config", "--syntax-only", FOLDER / "prometheus.yml")
