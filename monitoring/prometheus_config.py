"""Prometheus's configuration, written from one table of services.

`render` gives the text for a local run. The committed `monitoring/prometheus/prometheus.yml` is `render_compose()`,
for containers that reach each other by name: `python -m monitoring.prometheus_config` writes it again.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from configs.settings import ROOT, Settings

FOLDER = ROOT / "monitoring" / "prometheus"
SCRAPE_SECONDS = 10
"""Windows slide each minute and a batch takes about a second: six samples a slide show each step at little cost."""
_COMPOSE_RULES = "/etc/prometheus/rules"
_COMPOSE_ALERTMANAGER = "alertmanager:9093"

_PORTS: Mapping[str, Callable[[Settings], int]] = {
    "tmdb-producer": lambda settings: settings.tmdb_producer_metrics_port,
    "reddit-producer": lambda settings: settings.reddit_producer_metrics_port,
    "trend-processor": lambda settings: settings.processor_metrics_port,
    "ml-service": lambda settings: settings.ml_metrics_port,
    "simulator": lambda settings: settings.simulator_port,
    "prometheus": lambda settings: settings.prometheus_port,
}
"""Every service that serves /metrics, by its compose name, and where."""


def render(settings: Settings) -> str:
    """The configuration of a local Prometheus: services on this host, rules from the project's folder.

    The simulator is scraped only when it stands in for a missing key.
    """
    jobs = {job: f"{settings.bind_address}:{port(settings)}" for job, port in _PORTS.items()}
    if not settings.needs_simulator:
        del jobs["simulator"]
    return _render(jobs, str(FOLDER / "rules"), alertmanager=None)


def render_compose() -> str:
    """The configuration inside the compose network, on the default ports; a service that is not up there has no DNS
    name and shows as down, so the simulator, which depends on the keys, is found by DNS and missing without harm."""
    # Read from nowhere: the committed file must not depend on somebody's .env.
    defaults = Settings.model_construct()
    jobs = {job: f"{job}:{port(defaults)}" for job, port in _PORTS.items()}
    return _render(jobs, _COMPOSE_RULES, alertmanager=_COMPOSE_ALERTMANAGER)


def _render(jobs: Mapping[str, str], rules: str, alertmanager: str | None) -> str:
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
    for job, target in jobs.items():
        lines += [f"  - job_name: {job}", *_discovery(job, target, by_dns=alertmanager is not None)]
    return "\n".join(lines) + "\n"


def _discovery(job: str, target: str, *, by_dns: bool) -> list[str]:
    """Static targets are always expected; the simulator of a compose network is there only when it resolves."""
    if by_dns and job == "simulator":
        host, port = target.rsplit(":", 1)
        return ["    dns_sd_configs:", f"      - names: [{_quoted(host)}]", "        type: A", f"        port: {port}"]
    return ["    static_configs:", f"      - targets: [{_quoted(target)}]"]


def _quoted(text: str) -> str:
    """A YAML single-quoted scalar: a path may hold anything but a quote of its own."""
    return "'" + text.replace("'", "''") + "'"


def main(file: Path = FOLDER / "prometheus.yml") -> None:
    """Write the committed file."""
    file.write_text(render_compose(), encoding="utf-8")


if __name__ == "__main__":
    main()
