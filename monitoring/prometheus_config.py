"""Prometheus's configuration, written from one table of services.

`render` gives the text for a local run. The committed `monitoring/prometheus/prometheus.yml` is `render_compose()`,
for containers that reach each other by name: `python -m monitoring.prometheus_config` writes it again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from configs.settings import ROOT, Settings

FOLDER = ROOT / "monitoring" / "prometheus"
SCRAPE_SECONDS = 10
"""Windows slide each minute and a batch takes about a second: six samples a slide show each step at little cost."""
_LOOPBACK = "127.0.0.1"
_COMPOSE_RULES = "/etc/prometheus/rules"
_COMPOSE_ALERTMANAGER = "alertmanager:9093"

_PORTS: Mapping[str, Callable[[Settings], int]] = {
    "tmdb-producer": lambda settings: settings.tmdb_producer_metrics_port,
    "reddit-producer": lambda settings: settings.reddit_producer_metrics_port,
    "trend-processor": lambda settings: settings.processor_metrics_port,
    "ml-service": lambda settings: settings.ml_metrics_port,
    "momentum": lambda settings: settings.momentum_metrics_port,
    "drift": lambda settings: settings.drift_port,
    "serving": lambda settings: settings.serving_port,
    "simulator": lambda settings: settings.simulator_port,
    "prometheus": lambda settings: settings.prometheus_port,
}
"""Every service that serves /metrics, by its compose name, and where."""

SPARK_PATH = "/metrics/prometheus"
"""Where Spark shows its own metrics, beside the UI of the application or of a worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """One scrape job."""

    name: str
    target: str
    """`host:port`."""
    path: str = "/metrics"
    by_dns: bool = False
    """Every address that the host's name has; none when it has no name. Else the target is always expected."""


_CONTAINERS = (
    Job("kafka", "kafka:9404"),
    Job("cassandra", "cassandra:9404"),
    Job("spark-driver", "trend-processor:4040", SPARK_PATH),
    Job("spark-master", "spark-master:8080", "/metrics/master/prometheus"),
    Job("spark-worker", "spark-worker:8081", SPARK_PATH, by_dns=True),
    Job("alertmanager", "alertmanager:9093"),
    Job("alert-receiver", "alert-receiver:9110"),
    Job("grafana", "grafana:3000", by_dns=True),
)
"""What containers have beside our services: servers with an agent in their JVM, and the monitoring itself."""


def render(settings: Settings, serving_host: str = _LOOPBACK) -> str:
    """The configuration of a local Prometheus: services on this host, rules from the project's folder.

    The simulator is scraped only when it stands in for a missing key. `serving_host` is where the API listens; all else
    is on the loopback.
    """
    hosts = {"serving": serving_host}
    jobs = [Job(name, f"{hosts.get(name, _LOOPBACK)}:{port(settings)}") for name, port in _PORTS.items()]
    jobs.append(Job("spark-driver", f"{_LOOPBACK}:{settings.spark_ui_port}", SPARK_PATH))
    if not settings.needs_simulator:
        jobs = [job for job in jobs if job.name != "simulator"]
    return _render(jobs, str(FOLDER / "rules"), alertmanager=None)


def render_compose() -> str:
    """The configuration inside the compose network, on the default ports. A service that is not up there has no DNS
    name and shows as down; those that a profile may leave out are found by DNS and missing without harm."""
    # Read from nowhere: the committed file must not depend on somebody's .env.
    defaults = Settings.model_construct()
    ours = [Job(name, f"{name}:{port(defaults)}", by_dns=name == "simulator") for name, port in _PORTS.items()]
    return _render([*ours, *_CONTAINERS], _COMPOSE_RULES, alertmanager=_COMPOSE_ALERTMANAGER)


def _render(jobs: Iterable[Job], rules: str, alertmanager: str | None) -> str:
    lines = [
        "# Made by monitoring/prometheus_config.py; edit that.",
        "global:",
        f"  scrape_interval: {SCRAPE_SECONDS}s",
        f"  evaluation_interval: {SCRAPE_SECONDS}s",
        "rule_files:",
        f"  - {_quoted(f'{rules}/*.yml')}",
    ]
    if alertmanager:
        lines += [
            "alerting:",
            "  alertmanagers:",
            "    - static_configs:",
            f"        - targets: [{_quoted(alertmanager)}]",
        ]
    lines.append("scrape_configs:")
    for job in jobs:
        lines += [f"  - job_name: {job.name}", *_path(job)]
        lines += _discovery(job)
    return "\n".join(lines) + "\n"


def _path(job: Job) -> list[str]:
    return [] if job.path == "/metrics" else [f"    metrics_path: {job.path}"]


def _discovery(job: Job) -> list[str]:
    if not job.by_dns:
        return ["    static_configs:", f"      - targets: [{_quoted(job.target)}]"]
    host, port = job.target.rsplit(":", 1)
    return ["    dns_sd_configs:", f"      - names: [{_quoted(host)}]", "        type: A", f"        port: {port}"]


def _quoted(text: str) -> str:
    """A YAML single-quoted scalar: a path may hold anything but a quote of its own."""
    return "'" + text.replace("'", "''") + "'"


def main(file: Path = FOLDER / "prometheus.yml") -> None:
    """Write the committed file."""
    file.write_text(render_compose(), encoding="utf-8")


if __name__ == "__main__":
    main()
