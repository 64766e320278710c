"""The metrics server: what a probe and a scrape get."""

import socket
import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import Counter

from common.metrics import serve_metrics
from contracts.errors import ConfigurationError
from tests.support.ports import free_port

PROBED = Counter("trendscope_test_probes", "Counted by this test")


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_scrape_and_the_probes() -> None:
    port = free_port()
    problem: list[str | None] = [None]
    serve_metrics("127.0.0.1", port, lambda: problem[0])
    PROBED.inc(3)
    status, text = get(port, "/metrics")
    assert status == 200
    assert "trendscope_test_probes_total 3.0" in text
    assert get(port, "/healthz") == (200, "ok")
    assert get(port, "/readyz") == (200, "ok")
    problem[0] = "no poll has succeeded yet"
    assert get(port, "/readyz") == (503, "no poll has succeeded yet")
    assert get(port, "/healthz") == (200, "ok"), "alive is not ready"
    assert get(port, "/") == (404, "not found")


def test_a_silent_connection_does_not_keep_a_probe_waiting() -> None:
    port = free_port()
    serve_metrics("127.0.0.1", port)
    with socket.create_connection(("127.0.0.1", port)):
        assert get(port, "/healthz") == (200, "ok")


def test_scrapes_are_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    serve_metrics("127.0.0.1", port)
    get(port, "/healthz")
    assert capfd.readouterr().err == ""


def test_a_taken_port_is_a_configuration_error_that_names_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"port {port} on 127\.0\.0\.1 is taken"):
            serve_metrics("127.0.0.1", port)


def test_the_server_does_not_keep_a_process_alive() -> None:
    serve_metrics("127.0.0.1", free_port())
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "metrics")
