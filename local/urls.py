"""The addresses people open, of what runs."""

import socket
from collections.abc import Iterable

from configs.settings import Settings
from local.environment import serving_host
from local.nodes.base import LOOPBACK
from local.programs import Program


def answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def urls(settings: Settings, programs: Iterable[Program]) -> list[tuple[str, str]]:
    """What is served, with its address; what does not answer is left out."""
    names = {program.name for program in programs}
    candidates = [
        ("serving", "TrendScope: the dashboard", settings.serving_port, "/"),
        ("serving", "TrendScope: the API's description", settings.serving_port, "/api/v1/openapi.json"),
        ("mlflow", "MLflow: forecasting runs and models", settings.mlflow_port, ""),
        ("drift", "Drift: recent windows against earlier ones", settings.drift_port, "/"),
        ("prometheus", "Prometheus: metrics and alerts", settings.prometheus_port, ""),
        ("trend-processor", "Spark: the streaming job", settings.spark_ui_port, "/StreamingQuery/"),
        ("simulator", "Simulator: what it serves in place of TMDB and Reddit", settings.simulator_port, "/_sim/state"),
        ("tmdb-producer", "Metrics of the TMDB producer", settings.tmdb_producer_metrics_port, "/metrics"),
        ("reddit-producer", "Metrics of the Reddit producer", settings.reddit_producer_metrics_port, "/metrics"),
        ("trend-processor", "Metrics of the trend processor", settings.processor_metrics_port, "/metrics"),
        ("ml-service", "Metrics of the forecaster", settings.ml_metrics_port, "/metrics"),
        ("momentum", "Metrics of momentum and breakouts", settings.momentum_metrics_port, "/metrics"),
    ]
    hosts = {"serving": serving_host(settings)}
    return [
        (text, f"http://{host}:{port}{path}")
        for name, text, port, path in candidates
        if name in names and answers(host := hosts.get(name, LOOPBACK), port)
    ]
