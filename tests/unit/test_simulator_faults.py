"""Faults are switched while the simulator runs, and look to the clients as the real ones do."""

from collections.abc import Iterator
from typing import Any

import prawcore
import pytest
import requests

from simulator.faults import NAMES, Fault, Faults
from simulator.options import Options
from tests.unit.simulator_support import Running, running


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with running() as live:
        yield live


@pytest.fixture
def server(shared: Running) -> Running:
    requests.delete(f"{shared.url}/_sim/faults", timeout=5)
    return shared


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prawcore.sessions.FiniteRetryStrategy._sleep_seconds", lambda self: None)


def switch_on(server: Running, name: str, **order: Any) -> None:
    answer = requests.post(f"{server.url}/_sim/faults", json={"name": name, **order}, timeout=5)
    assert answer.status_code == 200, answer.text


def tmdb(server: Running, path: str = "/movie/popular") -> requests.Response:
    return requests.get(f"{server.url}/3{path}", params={"api_key": "simulated"}, timeout=5)


def comments(server: Running, **params: Any) -> list[Any]:
    with server.reddit() as reddit:
        return list(reddit.subreddit("movies").comments(limit=10, params=params))


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 502])
def test_tmdb_statuses(server: Running, status: int) -> None:
    switch_on(server, f"tmdb_{status}")
    answer = tmdb(server)
    assert answer.status_code == status
    assert answer.json()["success"] is False
    assert comments(server)
    requests.delete(f"{server.url}/_sim/faults/tmdb_{status}", timeout=5)
    assert tmdb(server).status_code == 200


def test_429_carries_retry_after_only_when_asked(server: Running) -> None:
    switch_on(server, "tmdb_429", retry_after=7)
    assert tmdb(server).headers["retry-after"] == "7"
    switch_on(server, "tmdb_429")
    assert "retry-after" not in tmdb(server).headers


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("reddit_400", prawcore.exceptions.BadRequest),
        ("reddit_401", prawcore.exceptions.InvalidToken),
        ("reddit_403", prawcore.exceptions.Forbidden),
        ("reddit_404", prawcore.exceptions.NotFound),
        ("reddit_409", prawcore.exceptions.Conflict),
        ("reddit_429", prawcore.exceptions.TooManyRequests),
        ("reddit_451", prawcore.exceptions.UnavailableForLegalReasons),
        ("reddit_500", prawcore.exceptions.ServerError),
        ("reddit_502", prawcore.exceptions.ServerError),
        ("reddit_503", prawcore.exceptions.ServerError),
        ("reddit_504", prawcore.exceptions.ServerError),
        ("reddit_520", prawcore.exceptions.ServerError),
        ("reddit_522", prawcore.exceptions.ServerError),
        ("reddit_bad_json", prawcore.exceptions.BadJSON),
        ("reddit_redirect", prawcore.exceptions.Redirect),
        ("reddit_reset", prawcore.exceptions.RequestException),
        ("reddit_token_401", prawcore.exceptions.ResponseException),
        ("reddit_token_error", prawcore.exceptions.OAuthException),
    ],
)
def test_praw_sees_each_reddit_fault_as_the_real_one(server: Running, name: str, error: type[Exception]) -> None:
    switch_on(server, name)
    with pytest.raises(error):
        comments(server)
    assert tmdb(server).status_code == 200


def test_reddit_429_with_retry_after(server: Running) -> None:
    switch_on(server, "reddit_429", retry_after=4)
    with pytest.raises(prawcore.exceptions.TooManyRequests) as caught:
        comments(server)
    assert caught.value.response.headers["retry-after"] == "4"
    assert "html" in caught.value.response.headers["content-type"]


@pytest.mark.parametrize("name", ["reset", "tmdb_reset"])
def test_a_reset_cuts_the_answer_off(server: Running, name: str) -> None:
    switch_on(server, name)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        tmdb(server)


def test_bad_json_and_empty_bodies(server: Running) -> None:
    switch_on(server, "bad_json")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        tmdb(server).json()
    requests.delete(f"{server.url}/_sim/faults", timeout=5)
    switch_on(server, "empty_body")
    assert (tmdb(server).status_code, tmdb(server).content) == (200, b"")


def test_slow_answers_are_right_but_late(server: Running) -> None:
    switch_on(server, "slow", delay=0.3)
    answer = tmdb(server)
    assert answer.elapsed.total_seconds() >= 0.3
    assert len(answer.json()["results"]) == 20


def test_missing_fields(server: Running) -> None:
    switch_on(server, "tmdb_missing_fields")
    item = tmdb(server).json()["results"][0]
    assert "title" in item
    assert not {"popularity", "vote_count", "genre_ids", "release_date"} & set(item)


def test_listing_faults(server: Running) -> None:
    usual = comments(server)
    anchor = usual[-1].fullname
    assert comments(server, before=anchor)
    switch_on(server, "reddit_listing_jump")
    assert comments(server, before=anchor) == []
    assert comments(server, after=usual[0].fullname) == []
    assert comments(server)
    requests.delete(f"{server.url}/_sim/faults", timeout=5)
    switch_on(server, "reddit_empty_listing")
    assert comments(server) == []
    requests.delete(f"{server.url}/_sim/faults", timeout=5)
    switch_on(server, "reddit_duplicate_items")
    doubled = [comment.id for comment in comments(server)]
    assert doubled[0] == doubled[1]


def test_a_fault_strikes_as_often_as_told(server: Running) -> None:
    switch_on(server, "tmdb_500", count=2)
    assert [tmdb(server).status_code for _ in range(3)] == [500, 500, 200]
    assert requests.get(f"{server.url}/_sim/faults", timeout=5).json()["active"] == []


def test_a_fault_ends_in_time(server: Running) -> None:
    switch_on(server, "tmdb_500", seconds=10)
    server.clock.forward(9)
    assert tmdb(server).status_code == 500
    server.clock.forward(1)
    assert tmdb(server).status_code == 200


def test_active_faults_are_shown_with_their_hits(server: Running) -> None:
    switch_on(server, "tmdb_503", probability=1.0)
    tmdb(server)
    shown = requests.get(f"{server.url}/_sim/faults", timeout=5).json()
    assert [(fault["name"], fault["hits"]) for fault in shown["active"]] == [("tmdb_503", 1)]
    assert set(shown["known"]) == NAMES


@pytest.mark.parametrize("order", [{"name": "tmdb_418"}, {"name": "slow", "probability": 2}, {}])
def test_wrong_orders_are_told(server: Running, order: dict[str, Any]) -> None:
    assert requests.post(f"{server.url}/_sim/faults", json=order, timeout=5).status_code == 422


def test_probability_is_a_share_of_the_requests_and_repeatable() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.switch_on(Fault("tmdb_500", probability=0.3))
        return [faults.strike("tmdb", ["500"], 0) is not None for _ in range(1_000)]

    assert 230 < sum(hits(1)) < 370
    assert hits(1) == hits(1) != hits(2)


def test_one_apis_fault_leaves_the_other_alone() -> None:
    faults = Faults()
    faults.switch_on(Fault("reddit_500"))
    assert faults.strike("tmdb", ["500"], 0) is None
    struck = faults.strike("reddit", ["500"], 0)
    assert struck is not None
    assert struck[0] == "500"


def test_a_surge_multiplies_the_comments_for_a_while() -> None:
    with running(Options(rate=2)) as live:

        def arrived(seconds: float) -> int:
            live.world.source.advance(live.world.now())
            before = {comment.id for comment in live.world.source.feed.all()}
            live.clock.forward(seconds)
            live.world.source.advance(live.world.now())
            return len({comment.id for comment in live.world.source.feed.all()} - before)

        usual = arrived(60)
        requests.post(f"{live.url}/_sim/surge", json={"factor": 20, "seconds": 60}, timeout=5).raise_for_status()
        assert arrived(60) > 3 * usual
        arrived(1_200)  # what the surge's comments drew
        assert arrived(60) < 3 * usual
        assert requests.post(f"{live.url}/_sim/surge", json={"factor": 0}, timeout=5).status_code == 422


def test_truth_tells_what_has_left_the_listing() -> None:
    with running(Options(rate=2)) as live, live.reddit() as reddit:
        shown = {comment.id for comment in reddit.subreddit("movies").comments(limit=100)}
        live.clock.forward(1_500)
        live.world.source.advance(live.world.now())
        records = requests.get(f"{live.url}/_sim/truth", params={"limit": 1_000}, timeout=5).json()["records"]
        assert {record["id"] for record in records} == shown
        assert all(record["gone"] for record in records), "newer ones have pushed them out"
