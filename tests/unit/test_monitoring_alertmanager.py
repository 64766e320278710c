"""Which alerts silence which: a cause its consequences, and nothing else."""

import re
from typing import Any

import pytest
import yaml

from configs.settings import ROOT
from monitoring.prometheus_config import FOLDER

CONFIGURATION = yaml.safe_load((ROOT / "monitoring" / "alertmanager" / "alertmanager.yml").read_text())
RULES: list[dict[str, Any]] = CONFIGURATION["inhibit_rules"]
MATCHER = re.compile(r'(?P<label>\w+)(?P<how>=~|=)"(?P<value>[^"]*)"')


def alternatives(matchers: list[str], label: str) -> set[str]:
    """The values that the matchers of a label name; empty when none is about it."""
    parts = [MATCHER.fullmatch(matcher) for matcher in matchers]
    return {value for part in parts if part and part["label"] == label for value in part["value"].split("|")}


def matches(matchers: list[str], alert: dict[str, str]) -> bool:
    parts = [MATCHER.fullmatch(matcher) for matcher in matchers]
    assert all(parts), matchers
    return all(
        re.fullmatch(part["value"] if part["how"] == "=~" else re.escape(part["value"]), alert.get(part["label"], ""))
        for part in parts
        if part
    )


def silenced(cause: dict[str, str], consequence: dict[str, str]) -> bool:
    return any(
        matches(rule["source_matchers"], cause)
        and matches(rule["target_matchers"], consequence)
        and all(cause.get(label) == consequence.get(label) for label in rule.get("equal", ()))
        for rule in RULES
    )


def down(job: str) -> dict[str, str]:
    return {"alertname": "ServiceDown", "job": job}


TRENDS = {"alertname": "TrendsStale", "job": "trend-processor"}
FORECASTS = {"alertname": "ForecastsStale", "job": "ml-service"}
LAG = {"alertname": "ConsumerLag", "job": "ml-service"}
SOURCE = {"alertname": "SourceStale", "job": "reddit-producer", "source": "reddit"}
CONSEQUENCES = [TRENDS, FORECASTS, LAG, SOURCE]


def test_a_service_that_is_down_silences_by_its_job_alone() -> None:
    about = [rule for rule in RULES if "ServiceDown" in alternatives(rule["source_matchers"], "alertname")]
    assert about
    for rule in about:
        assert alternatives(rule["source_matchers"], "job") or "job" in rule.get("equal", ())


@pytest.mark.parametrize("job", ["serving", "grafana", "momentum", "tmdb-producer", "alert-receiver"])
def test_what_others_do_not_depend_on_silences_none_of_them(job: str) -> None:
    assert [one["alertname"] for one in CONSEQUENCES if silenced(down(job), one)] == []


@pytest.mark.parametrize("job", ["kafka", "cassandra", "trend-processor"])
def test_what_everything_flows_through_silences_what_follows(job: str) -> None:
    assert [one for one in CONSEQUENCES if silenced(down(job), one)] == [TRENDS, FORECASTS, LAG]


def test_a_service_silences_its_own() -> None:
    assert [one for one in CONSEQUENCES if silenced(down("ml-service"), one)] == [FORECASTS, LAG]
    assert [one for one in CONSEQUENCES if silenced(down("reddit-producer"), one)] == [SOURCE]


def test_a_source_that_refuses_us_silences_itself() -> None:
    refused = {"alertname": "SourceRefusesUs", "source": "reddit", "status": "401"}
    assert silenced(refused, SOURCE)
    assert not silenced(refused, SOURCE | {"source": "tmdb"})


def test_every_name_is_an_alert_and_every_job_is_scraped() -> None:
    files = [yaml.safe_load(path.read_text()) for path in (FOLDER / "rules").glob("*.yml")]
    alerts = {rule["alert"] for file in files for group in file["groups"] for rule in group["rules"]}
    jobs = {job["job_name"] for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
    for rule in RULES:
        for matchers in (rule["source_matchers"], rule["target_matchers"]):
            assert alternatives(matchers, "alertname") <= alerts
            assert alternatives(matchers, "job") <= jobs
