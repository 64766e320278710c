"""Reddit's endpoints, used by an unmodified praw."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prawcore
import pytest
import requests

from simulator.options import Options
from simulator.ratelimit import RedditLimit
from tests.unit.simulator_support import Running, running, write_recording


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running() as live:
        yield live


@pytest.fixture
def fresh() -> Iterator[Running]:
    """A server that no other test has asked anything."""
    with running() as live:
        yield live


def ids(comments: Any) -> list[str]:
    return [comment.id for comment in comments]


def token(server: Running) -> dict[str, str]:
    answer = requests.post(
        f"{server.url}/api/v1/access_token",
        auth=("simulated", "simulated"),
        data={"grant_type": "client_credentials"},
        timeout=5,
    )
    return {"Authorization": f"bearer {answer.json()['access_token']}"}


def listing(server: Running, headers: dict[str, str], names: str = "movies", **params: Any) -> requests.Response:
    url = f"{server.url}/r/{names}/comments.json"
    return requests.get(url, headers=headers, params=params, timeout=5, allow_redirects=False)


def test_praw_walks_back_through_the_whole_listing(fresh: Running) -> None:
    with fresh.reddit() as reddit:
        comments = list(reddit.subreddit("movies").comments(limit=None))
        assert len({comment.id for comment in comments}) == len(comments) == 1_000
        truth = requests.get(f"{fresh.url}/_sim/truth", params={"limit": 1_000}, timeout=5).json()
        assert truth["total"] == 1_000
        known = {record["id"]: record for record in truth["records"]}
        for comment in comments:
            record = known[comment.id]
            assert (comment.body, comment.created_utc) == (record["body"], record["created_utc"])
            assert (comment.link_title, comment.link_id) == (record["thread_title"], record["link_id"])
            assert comment.subreddit.display_name == "movies"
            assert comment.permalink.startswith("/r/movies/comments/")
            assert (comment.author is None) == (comment.body in {"[deleted]", "[removed]"})


def test_praw_walks_forward_from_an_anchor_without_a_gap(server: Running) -> None:
    with server.reddit() as reddit:
        subreddit = reddit.subreddit("movies")
        everything = ids(subreddit.comments(limit=None))[::-1]
        walked = [everything[0]]
        while page := ids(subreddit.comments(limit=100, params={"before": f"t1_{walked[-1]}"})):
            walked += page[::-1]
        assert walked == everything
        server.clock.forward(60)
        fresh = ids(subreddit.comments(limit=100, params={"before": f"t1_{walked[-1]}"}))
        assert 10 < len(fresh) < 100
        assert not set(fresh) & set(everything)


def test_praw_stream_yields_comments_as_they_are_written(server: Running) -> None:
    with server.reddit() as reddit:
        stream = reddit.subreddit("movies").stream.comments(skip_existing=True, pause_after=0)
        assert next(stream) is None
        server.clock.forward(30)
        streamed = []
        for comment in stream:
            if comment is None:
                break
            streamed.append(comment)
        assert streamed
        assert all(comment.created_utc > server.clock.now - 150 for comment in streamed)


def test_wrong_keys_are_refused(server: Running) -> None:
    with server.reddit(secret="wrong") as reddit, pytest.raises(prawcore.exceptions.ResponseException, match="401"):
        list(reddit.subreddit("movies").comments(limit=1))


def test_an_ended_token_is_renewed_by_praw(fresh: Running) -> None:
    with fresh.reddit() as reddit:
        assert ids(reddit.subreddit("movies").comments(limit=1))
        fresh.clock.forward(90_000)
        assert ids(reddit.subreddit("movies").comments(limit=1))
        assert len(fresh.world.tokens) == 1


def test_requests_without_a_token_are_refused(server: Running) -> None:
    answer = listing(server, {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="reddit", error="invalid_token"'


def test_grants_other_than_the_applications_own_are_refused(server: Running) -> None:
    url = f"{server.url}/api/v1/access_token"
    for auth in (("simulated", "wrong"), ("", "")):
        assert requests.post(url, auth=auth, data={}, timeout=5).status_code == 401
    answer = requests.post(url, auth=("simulated", "simulated"), data={"grant_type": "x"}, timeout=5)
    assert answer.json() == {"error": "unsupported_grant_type"}
    assert requests.post(url, headers={"Authorization": "Basic ???"}, timeout=5).status_code == 401


def test_rate_limit_headers_count_and_the_limit_bites() -> None:
    with running(Options(reddit_requests=3)) as server:
        headers = token(server)
        seen = [listing(server, headers, limit=1).headers for _ in range(3)]
        assert [h["x-ratelimit-used"] for h in seen] == ["1", "2", "3"]
        assert [h["x-ratelimit-remaining"] for h in seen] == ["2.0", "1.0", "0.0"]
        assert seen[0]["x-ratelimit-reset"] == "300"
        refused = listing(server, headers)
        assert refused.status_code == 429
        assert refused.json() == {"message": "Too Many Requests", "error": 429}
        assert refused.headers["retry-after"] == "300"
        server.clock.forward(300)
        assert listing(server, headers).status_code == 200


def test_praw_never_waits_when_the_limit_is_off(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "r.jsonl", list(range(5_000)))
    with running(Options(replay=recording, speed=0, reddit_requests=0)) as server, server.reddit() as reddit:
        subreddit = reddit.subreddit("movies")
        got = ids(subreddit.comments(limit=None))[::-1]
        while page := ids(subreddit.comments(limit=100, params={"before": f"t1_{got[-1]}"})):
            got += page[::-1]
        assert got == [f"x{number:04}" for number in range(5_000)]
        state = requests.get(f"{server.url}/_sim/state", timeout=5).json()
        assert state["done"]


def test_a_switched_off_limit_announces_no_wait() -> None:
    limit = RedditLimit(0, 0)
    for at in range(700):
        usage = limit.take(float(at))
        # prawcore waits reset - 600 * (1 - used share), so the share must stay near zero
        assert usage.allowed
        assert usage.used / (usage.remaining + usage.used) < 1e-5


def test_unknown_subreddits_redirect_to_the_search(server: Running) -> None:
    with server.reddit() as reddit, pytest.raises(prawcore.exceptions.Redirect):
        list(reddit.subreddit("nosuchplace").comments(limit=1))
    with server.reddit() as reddit, pytest.raises(prawcore.exceptions.NotFound):
        _ = reddit.subreddit("nosuchplace").title


def test_several_subreddits_in_one_listing() -> None:
    with running(subreddits=("movies", "boxoffice")) as server, server.reddit() as reddit:
        both = list(reddit.subreddit("movies+boxoffice").comments(limit=200))
        assert {comment.subreddit.display_name for comment in both} == {"movies", "boxoffice"}
        one = list(reddit.subreddit("BoxOffice").comments(limit=50))
        assert {comment.subreddit.display_name for comment in one} == {"boxoffice"}
        assert reddit.subreddit("boxoffice").title == "boxoffice"
        assert ids(reddit.subreddit("all").comments(limit=5)) == ids(both[:5])


def test_comments_can_be_looked_up_by_name(server: Running) -> None:
    with server.reddit() as reddit:
        first = next(iter(reddit.subreddit("movies").comments(limit=1)))
        found = list(reddit.info(fullnames=[first.fullname, "t1_zzzzzzz"]))
        assert ids(found) == [first.id]


def test_text_is_escaped_without_raw_json(server: Running) -> None:
    requests.post(f"{server.url}/_sim/comments", json={"body": "Fast & <Furious>"}, timeout=5)
    headers = token(server)
    plain = listing(server, headers, limit=1).json()["data"]["children"][0]["data"]["body"]
    raw = listing(server, headers, limit=1, raw_json=1).json()["data"]["children"][0]["data"]["body"]
    assert (plain, raw) == ("Fast &amp; &lt;Furious&gt;", "Fast & <Furious>")


@pytest.mark.parametrize(
    ("order", "field", "value"),
    [
        ('{"body": "half \\ud83d pair"}', "body", "half \ud83d pair"),
        ('{"created_utc": 4102444800}', "created_utc", 4_102_444_800.0),
        ('{"extra": {"created_utc": "soon", "body": 7}}', "created_utc", "soon"),
        ('{"body": "' + "long " * 1_000_000 + '"}', "body", "long " * 1_000_000),
        ('{"title": "Official Discussion - Heat [SPOILERS]"}', "link_title", "Official Discussion - Heat [SPOILERS]"),
    ],
    ids=["surrogate", "year-2100", "wrong-types", "five-megabytes", "thread"],
)
def test_any_comment_can_be_injected(server: Running, order: str, field: str, value: object) -> None:
    url = f"{server.url}/_sim/comments"
    made = requests.post(url, data=order.encode("utf-8"), timeout=10).json()
    newest = listing(server, token(server), limit=1, raw_json=1).json()["data"]["children"][0]["data"]
    assert newest["name"] == made["name"]
    assert newest[field] == value


def test_bad_injections_are_told(server: Running, tmp_path: Path) -> None:
    url = f"{server.url}/_sim/comments"
    assert requests.post(url, data=b"{", timeout=5).status_code == 422
    assert requests.post(url, data=b'{"extra": 3}', timeout=5).status_code == 422
    with running(Options(replay=write_recording(tmp_path / "r.jsonl", [1]), speed=0)) as replaying:
        assert requests.post(f"{replaying.url}/_sim/comments", json={}, timeout=5).status_code == 409


def test_ledger_counts_each_comment_once(fresh: Running) -> None:
    headers = token(fresh)
    for _ in range(3):
        listing(fresh, headers, limit=100)
    ledger = requests.get(f"{fresh.url}/_sim/ledger", timeout=5).json()
    assert ledger["served"] == 100 == sum(ledger["by_thread"].values())
    records = requests.get(f"{fresh.url}/_sim/truth", timeout=5).json()["records"]
    mentions = [mention for record in records for mention in record["mentions"]]
    assert sum(film["text"] + film["thread"] for film in ledger["by_film"].values()) == len(mentions)
    assert ledger["deleted"] == sum(record["body"] in {"[deleted]", "[removed]"} for record in records)


def test_truth_is_read_in_portions(fresh: Running) -> None:
    listing(fresh, token(fresh), limit=100)
    url = f"{fresh.url}/_sim/truth"
    whole = requests.get(url, timeout=5).json()["records"]
    portions, since = [], 0
    while page := requests.get(url, params={"since": since, "limit": 30}, timeout=5).json():
        if not page["records"]:
            break
        portions += page["records"]
        since = page["next"]
    assert portions == whole
    assert (since, len(whole)) == (100, 100)


def test_state_and_metrics(server: Running) -> None:
    listing(server, token(server), limit=10)
    state = requests.get(f"{server.url}/_sim/state", timeout=5).json()
    assert (state["mode"], state["listing"]) == ("generated", 1_000)
    assert state["breakouts"]
    metrics = requests.get(f"{server.url}/metrics", timeout=5).text
    assert 'trendscope_simulator_requests_total{api="reddit",status="200"}' in metrics
    assert requests.get(f"{server.url}/healthz", timeout=5).text == "ok"
