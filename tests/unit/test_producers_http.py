"""A request ends: dripping, broken, endless and silent answers all become an exception in bounded time."""

import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
import requests

from producers import http
from producers.http import BoundedSession, parse_retry_after
from tests.unit.producers_support import NOW, Reply, api_server


class _Hasty(BoundedSession):
    body_seconds = 0.2


def test_a_body_is_read_whole_and_usable_as_ever() -> None:
    with api_server(lambda _: Reply(body=b'{"a": [1, 2]}')) as server, BoundedSession() as session:
        response = session.get(server.url, timeout=5)
        assert response.json() == {"a": [1, 2]}
        assert response.content == b'{"a": [1, 2]}'
        assert response.text == '{"a": [1, 2]}'


def test_a_dripping_body_is_given_up_although_each_read_is_in_time() -> None:
    with api_server(lambda _: Reply(body=b"x" * 500, fault="drip")) as server, _Hasty() as session:
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(server.url, timeout=5)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("fault", ["reset", "cut"])
def test_a_broken_answer_is_an_error_not_a_short_body(fault: str) -> None:
    failure = pytest.raises(requests.exceptions.RequestException)
    with api_server(lambda _: Reply(body=b"x" * 5000, fault=fault)) as server, BoundedSession() as session, failure:
        session.get(server.url, timeout=5)


def test_a_body_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1_000)
    failure = pytest.raises(requests.exceptions.ChunkedEncodingError, match="larger")
    with api_server(lambda _: Reply(body=b"x" * 100_000)) as server, BoundedSession() as session, failure:
        session.get(server.url, timeout=5)


def test_broken_compression_is_an_error() -> None:
    reply = Reply(body=b"this is no gzip", headers={"Content-Encoding": "gzip"})
    failure = pytest.raises(requests.exceptions.ContentDecodingError)
    with api_server(lambda _: reply) as server, BoundedSession() as session, failure:
        session.get(server.url, timeout=5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("nan", None),
        ("inf", http.MAX_RETRY_AFTER_SECONDS),
        ("999999", http.MAX_RETRY_AFTER_SECONDS),
        ("soon", None),
        (format_datetime(NOW + timedelta(seconds=40), usegmt=True), 40.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("Sun, 01 Mar 2026 12:00:30", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, lambda: NOW) == seconds
