"""The server tells the application who asks: a proxy's word counts when the proxy is one that was named."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from fastapi import FastAPI, Request

from common.listening import bind
from configs.settings import Settings
from serving.server import serve

READER = "203.0.113.7"


def _app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def who(request: Request) -> str:
        return request.client.host if request.client else "unknown"

    return app


@contextmanager
def served(proxies: tuple[str, ...]) -> Iterator[str]:
    listener, stop = bind("127.0.0.1", 0, "SERVING_PORT"), threading.Event()
    listener.listen()  # requests wait until the server takes them
    thread = threading.Thread(target=serve, args=(_app(), listener, stop, proxies))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(("proxies", "client"), [(("127.0.0.1",), READER), (("192.0.2.1", "192.0.2.2"), "127.0.0.1")])
def test_only_a_named_proxy_is_believed(proxies: tuple[str, ...], client: str) -> None:
    with served(proxies) as url:
        assert requests.get(url, headers={"X-Forwarded-For": READER}, timeout=10).json() == client


def test_proxies_are_named_in_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(_env_file=None).forwarded_allow_ips == ("127.0.0.1",)

    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1, 192.0.2.2")

    assert Settings(_env_file=None).forwarded_allow_ips == ("192.0.2.1", "192.0.2.2")
