"""The client against real HTTP: the grant, paging, every error status, and limits."""

import gzip
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ConfigurationError
from producers.errors import SourceError, SourceRefusedError, SourceUnavailableError
from producers.reddit import client as client_module
from producers.reddit.client import RedditClient
from producers.reddit.records import Usable, parse
from producers.reddit.things import Page, fullname
from tests.unit.producers_support import FIXTURES, NOW, ApiServer, Reply, Request, api_server, settings

GRANT = {"access_token": "a-token", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
LISTING = {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": {"name": "t1_a"}}], "after": "t1_a"}}
NO_RETRY = 0.0


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers or {})


def api(listing: Callable[[Request], Reply], grant: Reply | None = None) -> Callable[[Request], Reply]:
    def script(request: Request) -> Reply:
        if request.path == "/api/v1/access_token":
            return grant or reply(GRANT)
        return listing(request)

    return script


def make(server: ApiServer, statuses: list[Any] | None = None, stop: threading.Event | None = None) -> RedditClient:
    observed = statuses if statuses is not None else []
    return RedditClient(
        settings(reddit_url=server.url, reddit_oauth_url=server.url, reddit_subreddits=("movies", "TrueFilm")),
        stop or threading.Event(),
        observed.append,
        lambda: NOW,
    )


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """prawcore's pauses between its own tries are skipped, and ours have no deadline to wait for."""
    monkeypatch.setattr("prawcore.sessions.time.sleep", lambda _: None)
    monkeypatch.setattr(client_module, "RETRY_DEADLINE_SECONDS", NO_RETRY)


def test_a_page_is_asked_for_as_reddit_wants_it() -> None:
    statuses: list[Any] = []
    with api_server(api(lambda _: reply(LISTING))) as server:
        page = make(server, statuses).page(before="t1_x")
        grant, listing = server.requests
    assert page == Page([{"kind": "t1", "data": {"name": "t1_a"}}], "t1_a")
    assert grant.headers["Authorization"].startswith("Basic ")
    assert grant.headers["User-Agent"].startswith("linux:trendscope")
    assert listing.path == "/r/movies+TrueFilm/comments/"
    assert listing.params == {"limit": "100", "before": "t1_x", "raw_json": "1"}
    assert listing.headers["Authorization"] == "bearer a-token"
    assert statuses == [200, 200]


def test_the_token_is_used_again() -> None:
    with api_server(api(lambda _: reply(LISTING))) as server:
        client = make(server)
        client.page()
        client.page(after="t1_a")
        assert [request.path for request in server.requests].count("/api/v1/access_token") == 1


@pytest.mark.parametrize(
    "grant",
    [
        Reply(401, b'{"message": "Unauthorized", "error": 401}'),
        Reply(200, b'{"error": "unauthorized_client", "error_description": "Only script apps may"}'),
        Reply(200, b'{"error": "invalid_grant"}'),
        Reply(200, b'{"error": 401}'),
    ],
)
def test_wrong_keys_name_the_settings(grant: Reply) -> None:
    refused = pytest.raises(ConfigurationError, match="REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET")
    with api_server(api(lambda _: reply(LISTING), grant)) as server, refused as caught:
        make(server).page()
    assert "a-secret" not in str(caught.value)


def test_an_invalid_token_is_renewed_once_and_then_told() -> None:
    refused = reply({"error": 401}, 401, {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'})
    with api_server(api(lambda _: refused)) as server, pytest.raises(ConfigurationError, match="401"):
        make(server).page()
    assert len(server.requests) >= 4


def test_an_expired_token_is_renewed_unnoticed() -> None:
    refused = reply({"error": 401}, 401, {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'})
    answers = [refused, reply(LISTING)]
    with api_server(api(lambda _: answers.pop(0))) as server:
        assert make(server).page().newest == "t1_a"


@pytest.mark.parametrize("status", [302, 403, 404, 451])
def test_a_subreddit_that_is_not_to_be_read_is_named(status: int) -> None:
    refused = reply({"error": status}, status, {"location": "https://www.reddit.com/subreddits/search.json?q=x"})
    with api_server(api(lambda _: refused)) as server, pytest.raises(ConfigurationError, match=r"r/movies\+TrueFilm"):
        make(server).page()


@pytest.mark.parametrize(
    "answer",
    [
        *(Reply(status, b"<html>busy</html>") for status in (500, 502, 503, 504, 520, 522, 408, 418, 205)),
        Reply(200, b'{"kind": "Listing", "data": {'),
        Reply(200, b""),
        Reply(200, b"[" * 100_000),
        Reply(200, b'"text"'),
        Reply(200, b'{"kind": "t5", "data": {}}'),
        Reply(200, b'{"kind": "Listing", "data": {"children": null}}'),
        Reply(200, b"x" * 100, fault="cut"),
        Reply(200, b"", fault="reset"),
        Reply(200, b"{}", {"x-ratelimit-remaining": "many", "x-ratelimit-used": "?", "x-ratelimit-reset": "soon"}),
        Reply(403, b"{}", {"www-authenticate": 'Bearer error="something new"'}),
        Reply(302, b""),
    ],
)
def test_nonsense_and_outages_are_a_failed_poll(answer: Reply) -> None:
    with api_server(api(lambda _: answer)) as server, pytest.raises(SourceError):
        make(server).page()


@pytest.mark.parametrize(
    "grant",
    [
        Reply(500, b"oops"),
        Reply(429, b"{}", {"Retry-After": "3"}),
        Reply(200, b"not json"),
        Reply(200, b"{}"),
        Reply(200, b"[]"),
        Reply(200, b'{"error": 503}'),
        Reply(200, b'{"access_token": "t", "expires_in": "soon", "scope": "*"}'),
    ],
)
def test_a_token_answer_that_makes_no_sense_is_a_failed_poll(grant: Reply) -> None:
    with api_server(api(lambda _: reply(LISTING), grant)) as server, pytest.raises(SourceUnavailableError):
        make(server).page()


def test_a_refused_request_is_not_tried_again() -> None:
    bad_request = Reply(400, b'{"message": "Bad Request", "error": 400}')
    with api_server(api(lambda _: bad_request)) as server, pytest.raises(SourceRefusedError):
        make(server).page()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "4"}, 4.0),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-used": "600", "x-ratelimit-reset": "77"}, 77.0),
        ({}, None),
    ],
)
def test_a_429_carries_the_pause_asked_for(headers: dict[str, str], pause: float | None) -> None:
    too_many = Reply(429, b"<html>", headers)
    with api_server(api(lambda _: too_many)) as server, pytest.raises(SourceUnavailableError) as caught:
        make(server).page()
    assert caught.value.retry_after == pause


def test_a_429_is_waited_out_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_DEADLINE_SECONDS", 20.0)
    answers = [Reply(429, b"", {"Retry-After": "1"}), reply(LISTING)]
    with api_server(api(lambda _: answers.pop(0))) as server:
        began = time.monotonic()
        assert make(server).page().newest == "t1_a"
    assert time.monotonic() - began >= 1.0


def test_a_used_up_quota_is_waited_for_and_the_stop_signal_ends_the_wait() -> None:
    headers = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "600", "x-ratelimit-reset": "300"}
    stop = threading.Event()
    with api_server(api(lambda _: reply(LISTING, headers=headers))) as server:
        client = make(server, stop=stop)
        client.page()
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(SourceUnavailableError, match="stopping"):
            client.page()
    assert 0.1 < time.monotonic() - began < 5
    assert len(server.requests) == 2


def test_no_keys_no_start() -> None:
    for missing in ({"reddit_client_id": None, "reddit_client_secret": None}, {"reddit_client_secret": ""}):
        with pytest.raises(ConfigurationError, match="REDDIT_CLIENT_ID"):
            RedditClient(settings(**missing), threading.Event(), lambda _: None)


def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with api_server(api(lambda _: reply(LISTING))) as server:
        make(server).page()
    assert "a-secret" not in caplog.text


def recorded(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    exchanges: list[dict[str, Any]] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return exchanges


def replay(exchange: dict[str, Any]) -> Reply:
    response = exchange["response"]
    body = response["body"]
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    kept = ("retry-after", "www-authenticate", "location", "x-ratelimit-remaining", "x-ratelimit-used")
    headers = {name: values[0] for name, values in response["headers"].items() if name.lower() in kept}
    if "x-ratelimit-remaining" in headers:
        headers["x-ratelimit-reset"] = "1"
    return Reply(int(response["status"]["code"]), data, headers)


needs_data = pytest.mark.skipif(not FIXTURES.is_dir(), reason="no recorded responses beside the project")


@pytest.mark.data
@needs_data
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("bad_gateway", SourceUnavailableError),
        ("bad_json", SourceUnavailableError),
        ("bad_request", SourceRefusedError),
        ("cloudflare_connection_timed_out", SourceUnavailableError),
        ("cloudflare_unknown_error", SourceUnavailableError),
        ("conflict", SourceRefusedError),
        ("forbidden", ConfigurationError),
        ("gateway_timeout", SourceUnavailableError),
        ("internal_server_error", SourceUnavailableError),
        ("not_found", ConfigurationError),
        ("okay_with_0_byte_content", SourceUnavailableError),
        ("redirect", ConfigurationError),
        ("service_unavailable", SourceUnavailableError),
        ("too__many_requests__with_retry_headers", SourceUnavailableError),
        ("too__many_requests__without_retry_headers", SourceUnavailableError),
        ("unavailable_for_legal_reasons", ConfigurationError),
        ("unexpected_status_code", SourceUnavailableError),
        ("with_insufficient_scope", ConfigurationError),
        ("with_invalid_access_token", ConfigurationError),
    ],
)
def test_recorded_failures_are_told_apart(name: str, error: type[Exception]) -> None:
    exchanges = recorded(FIXTURES / "reddit" / f"prawcore_TestSession.test_request__{name}.json")
    failing = replay(exchanges[-1])
    grant = failing if "access_token" in exchanges[-1]["request"]["uri"] else None
    with api_server(api(lambda _: failing, grant)) as server, pytest.raises(error):
        make(server).page()


@pytest.mark.data
@needs_data
@pytest.mark.parametrize(
    "name", ["praw_TestSubredditListings.test_comments.json", "praw_TestSubredditStreams.test_comments.json.gz"]
)
def test_recorded_listings_are_read_whole(name: str) -> None:
    exchanges = recorded(FIXTURES / "reddit" / name)[1:]
    answers = [replay(each) for each in exchanges]
    with api_server(api(lambda _: answers.pop(0))) as server:
        client = make(server)
        things = [thing for _ in exchanges for thing in client.page().things]
    assert len({fullname(thing) for thing in things}) >= 100
    parsed = [parse(thing, fetched_at=NOW, author_hash=str.upper, max_bytes=100_000) for thing in things]
    assert all(isinstance(each, Usable) for each in parsed)
