"""The client against real HTTP: both kinds of key, every error status, the rate, and no key where it could be read."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from contracts.errors import ConfigurationError
from producers.errors import SourceError, SourceRefusedError, SourceUnavailableError
from producers.tmdb import client as client_module
from producers.tmdb.client import TmdbClient
from tests.unit.producers_support import NOW, Reply, Script, api_server, settings

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiIxMjMifQ.c2lnbmF0dXJl"


@contextmanager
def client(
    script: Script, *, key: str = KEY, stop: threading.Event | None = None, rate: float = 1000
) -> Iterator[tuple[TmdbClient, list[Any], list[Any]]]:
    """A client of a scripted server, the requests seen, and the statuses observed."""
    statuses: list[Any] = []
    with api_server(script) as server:
        wanted = settings(tmdb_api_key=key, tmdb_base_url=f"{server.url}/3/", tmdb_requests_per_second=rate)
        with closing(TmdbClient(wanted, stop or threading.Event(), statuses.append, lambda: NOW)) as made:
            yield made, server.requests, statuses


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_DEADLINE_SECONDS", 0.0)


def test_a_v3_key_goes_in_the_query() -> None:
    with client(lambda _: Reply(body=b'{"page": 1}')) as (tmdb, seen, statuses):
        assert tmdb.get("/movie/popular", page=2) == {"page": 1}
    assert seen[0].path == "/3/movie/popular"
    assert seen[0].params == {"language": "en-US", "page": "2", "api_key": KEY}
    assert "Authorization" not in seen[0].headers
    assert statuses == [200]


def test_a_v4_token_goes_in_the_header() -> None:
    with client(lambda _: Reply(), key=TOKEN) as (tmdb, seen, _):
        tmdb.get("/movie/popular")
    assert seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert "api_key" not in seen[0].params


def test_a_refused_key_says_what_to_do() -> None:
    body = b'{"status_code": 7, "status_message": "Invalid API key: You must be granted a valid key."}'
    with client(lambda _: Reply(401, body)) as (tmdb, _, _), pytest.raises(ConfigurationError, match="TMDB_API_KEY"):
        tmdb.get("/movie/popular")


def test_no_key_no_start() -> None:
    for key in (None, "", "  "):
        with pytest.raises(ConfigurationError, match="TMDB_API_KEY is not set"):
            TmdbClient(settings(tmdb_api_key=key), threading.Event(), lambda _: None)


@pytest.mark.parametrize(
    "answer",
    [
        *(Reply(status, b"<html>") for status in (408, 429, 500, 502, 503, 504, 520)),
        Reply(200, b""),
        Reply(200, b'{"page": 1, "results": ['),
        Reply(200, b"[1, 2]"),
        Reply(200, b"null"),
        Reply(200, b"[" * 100_000),
        Reply(200, b"x" * 100, fault="cut"),
        Reply(200, fault="reset"),
    ],
)
def test_an_outage_is_a_failed_poll(answer: Reply) -> None:
    with client(lambda _: answer) as (tmdb, _, _), pytest.raises(SourceUnavailableError, match="/movie/popular"):
        tmdb.get("/movie/popular")


@pytest.mark.parametrize("status", [301, 302, 400, 403, 404, 422])
def test_a_refused_request_is_told_with_its_status_and_not_repeated(status: int) -> None:
    answer = Reply(status, b'{"status_code": 34}', {"Location": "/elsewhere"})
    with client(lambda _: answer) as (tmdb, seen, _), pytest.raises(SourceRefusedError) as caught:
        tmdb.get("/movie/1")
    assert caught.value.status == status
    assert len(seen) == 1


def test_an_outage_that_passes_goes_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_DEADLINE_SECONDS", 20.0)
    answers = [Reply(503), Reply(fault="reset"), Reply(body=b'{"page": 1}')]
    with client(lambda _: answers.pop(0)) as (tmdb, _, statuses):
        assert tmdb.get("/movie/popular") == {"page": 1}
    assert statuses == [503, "ConnectionError", 200]


@pytest.mark.parametrize("value", ["2", "Sun, 01 Mar 2026 12:00:02 GMT"])
def test_a_429_is_waited_out(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_DEADLINE_SECONDS", 20.0)
    answers = [Reply(429, b'{"status_code": 25}', {"Retry-After": value}), Reply()]
    began = time.monotonic()
    with client(lambda _: answers.pop(0)) as (tmdb, _, _):
        tmdb.get("/movie/popular")
    assert 2.0 <= time.monotonic() - began < 8


def test_during_a_pause_nothing_is_sent_and_the_stop_signal_ends_it() -> None:
    stop = threading.Event()
    with client(lambda _: Reply(429, b"", {"Retry-After": "60"}), stop=stop) as (tmdb, seen, _):
        with pytest.raises(SourceUnavailableError) as caught:
            tmdb.get("/movie/popular")
        assert caught.value.retry_after == 60
        with pytest.raises(SourceUnavailableError, match="pause"):
            tmdb.get_once("/movie/1", within=100)
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(SourceUnavailableError, match="stopping"):
            tmdb.get("/movie/popular")
        assert time.monotonic() - began < 5
        assert len(seen) == 1


def test_a_single_try_keeps_to_its_time() -> None:
    with client(lambda _: Reply(fault="silent")) as (tmdb, seen, statuses):
        began = time.monotonic()
        with pytest.raises(SourceUnavailableError):
            tmdb.get_once("/movie/1", within=0.6)
        assert time.monotonic() - began < 2
    assert len(seen) == 1
    assert statuses == ["ReadTimeout"]


def test_never_more_requests_a_second_than_allowed() -> None:
    at: list[float] = []

    def script(_: Any) -> Reply:
        at.append(time.monotonic())
        return Reply()

    with client(script, rate=4) as (tmdb, _, _):
        for _ in range(10):
            tmdb.get("/movie/popular")
    gaps = [later - earlier for earlier, later in zip(at, at[4:], strict=False)]
    assert min(gaps) > 0.95


@pytest.mark.parametrize("key", [KEY, TOKEN])
def test_the_key_is_in_no_error_and_no_log(key: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    answers = [
        Reply(429, b"", {"Retry-After": "0"}),
        Reply(401),
        Reply(404),
        Reply(500),
        Reply(fault="reset"),
        Reply(200, b"{"),
    ]
    count = len(answers)
    texts: list[str] = []
    with client(lambda _: answers.pop(0), key=key) as (tmdb, _, _):
        for _ in range(count):
            try:
                tmdb.get("/movie/popular")
            except (SourceError, ConfigurationError) as error:
                texts.append(f"{error!r} {error.__cause__!r}")
    assert len(texts) == count
    assert key not in " ".join(texts)
    assert key not in caplog.text


def test_the_key_is_in_no_error_when_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wanted = settings(tmdb_api_key=KEY, tmdb_base_url="http://127.0.0.1:9/3")
    with (
        closing(TmdbClient(wanted, threading.Event(), lambda _: None)) as tmdb,
        pytest.raises(SourceUnavailableError) as caught,
    ):
        tmdb.get("/movie/popular")
    assert KEY not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert KEY not in caplog.text
