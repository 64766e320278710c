"""The WSGI application: POST /alerts takes Alertmanager's webhook (its version 4), GET serves metrics and health."""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import Counter, make_wsgi_app
from pydantic import BaseModel, ValidationError

from configs.logging import get_logger

log = get_logger(__name__)

ALERTS = Counter("trendscope_alerts_received_total", "Alerts that arrived, by what they say", ["alert", "status"])
_LARGEST = 4 * 1024 * 1024
"""Bytes of a notification; a storm of thousands of alerts stays below."""


class Alert(BaseModel):
    """One alert of a notification; what else it has is not needed here."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str] = {}


class Notification(BaseModel):
    """What Alertmanager posts: alerts of one group, firing and resolved."""

    alerts: list[Alert]


def receive(body: bytes) -> int:
    """Log and count each alert of a notification; returns how many there were.

    Raises:
        ValidationError: the body is no notification.
    """
    notification = Notification.model_validate_json(body)
    for alert in notification.alerts:
        name = alert.labels.get("alertname", "?")
        ALERTS.labels(name, alert.status).inc()
        log.warning(
            "alert", alert=name, status=alert.status, severity=alert.labels.get("severity"),
            summary=alert.annotations.get("summary"), runbook=alert.annotations.get("runbook"),
        )  # fmt: skip
    return len(notification.alerts)


def create_app() -> WSGIApplication:
    """The application."""
    metrics = make_wsgi_app()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        if path == "/metrics":
            return list(metrics(environ, start_response))
        if path == "/alerts" and method == "POST":
            status, text = _answer(environ)
        elif path in {"/healthz", "/readyz"}:
            status, text = "200 OK", {"status": "ok"}
        else:
            status, text = "404 Not Found", {"detail": "POST /alerts, GET /metrics, /healthz or /readyz"}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(text).encode()]

    return app


def _answer(environ: WSGIEnvironment) -> tuple[str, dict[str, object]]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > _LARGEST:
        return "413 Content Too Large", {"detail": f"more than {_LARGEST} bytes"}
    try:
        return "200 OK", {"received": receive(environ["wsgi.input"].read(length))}
    except ValidationError as error:
        return "400 Bad Request", {"detail": f"not a notification of Alertmanager's ({error.error_count()} problems)"}
