"""Prometheus exposition for services that have no web server of their own: /metrics, /healthz and /readyz."""

import threading
from collections.abc import Callable, Mapping
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import Gauge, make_wsgi_app

from contracts.errors import ConfigurationError

Health = Callable[[], str | None]
"""Returns None when the service does its work, else the reason why not."""
Pages = Callable[[str], tuple[str, bytes] | None]
"""Content type and body of a path that a service serves beside the usual three; None for any other."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Scrapes are no events."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a connection: one that is opened and stays silent must not keep a probe waiting."""

    daemon_threads = True


def show_known(gauge: Gauge, values: Mapping[tuple[str, ...], float | None]) -> None:
    """Make these the samples of a gauge, by labels; one that is not known any more is gone: it would pass for new."""
    known = {labels: value for labels, value in values.items() if value is not None}
    for labels, value in known.items():
        gauge.labels(*labels).set(value)
    for family in gauge.collect():
        for sample in family.samples:
            labels = tuple(sample.labels.values())
            if labels not in known:
                gauge.remove(*labels)


def serve_metrics(host: str, port: int, health: Health = lambda: None, pages: Pages = lambda _: None) -> None:
    """Serve the default registry in a daemon thread.

    `/healthz` says the process is alive; `/readyz` answers 503 with the reason while `health` gives one.

    Raises:
        ConfigurationError: the port is taken.
    """
    metrics = make_wsgi_app()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/metrics":
            return list(metrics(environ, start_response))
        page = pages(path)
        if page is not None:
            kind, body = page
            start_response("200 OK", [("Content-Type", kind), ("X-Content-Type-Options", "nosniff")])
            return [body]
        reason = health() if path == "/readyz" else None
        known = path in {"/healthz", "/readyz"}
        status = "404 Not Found" if not known else "503 Service Unavailable" if reason else "200 OK"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [(reason or ("ok" if known else "not found")).encode()]

    serve(app, host, port)


def serve(app: WSGIApplication, host: str, port: int) -> None:
    """Serve a small application in a daemon thread, a thread a connection.

    Raises:
        ConfigurationError: the port is taken.
    """
    try:
        server = make_server(host, port, app, server_class=_Server, handler_class=_Quiet)
    except OSError as error:
        raise ConfigurationError(f"port {port} on {host} is taken: free it or set another port ({error})") from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
