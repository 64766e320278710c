"""The health check of Spark's daemons, on what their web UIs say."""

import json
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from common.metrics import serve
from processors.cluster.health import main, problem
from tests.support.ports import free_port


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"status": "ALIVE", "workers": []}, None),
        ({"status": "RECOVERING"}, "the master is RECOVERING"),
        ({}, "the master is None"),
        ({"id": "worker-1", "masterurl": "spark://spark-master:7077"}, None),
        ({"id": "worker-1", "masterurl": ""}, "the worker has no master yet"),
    ],
)
def test_a_daemon_is_healthy_when_it_does_its_work(state: dict[str, Any], said: str | None) -> None:
    assert problem(state) == said


@pytest.mark.parametrize("body", [b"<html>", b"[]"])
def test_an_answer_that_is_none_is_told(body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    def app(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [body]

    port = free_port()
    serve(app, "127.0.0.1", port)
    with pytest.raises(SystemExit) as ended:
        main([str(port)])
    assert ended.value.code == 1
    assert "no answer" in capsys.readouterr().err


def test_a_master_in_charge_passes() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        assert environ["PATH_INFO"] == "/json/"
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"status": "ALIVE"}).encode()]

    port = free_port()
    serve(app, "127.0.0.1", port)
    main([str(port)])
