"""The simulator's JSON has the fields and types of the recorded responses of both APIs."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.options import Options
from tests.unit.simulator_support import DATA, FIXTURES, Running, running

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not FIXTURES.is_dir(), reason="the shared recordings are not beside the project"),
]
NUMBERS = {int, float}


def load(name: str) -> Any:
    path = FIXTURES / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return json.load(file)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(Options(tmdb_requests=0)) as live:
        yield live


def tmdb(server: Running, path: str, **params: Any) -> Any:
    return requests.get(f"{server.url}/3{path}", params={"api_key": "simulated", **params}, timeout=5).json()


def kinds(records: list[dict[str, Any]]) -> dict[str, set[type]]:
    """The types each field takes; whole and broken numbers are one."""
    found: dict[str, set[type]] = {}
    for record in records:
        for field, value in record.items():
            found.setdefault(field, set()).add(float if type(value) in NUMBERS else type(value))
    return found


def assert_fits(ours: list[dict[str, Any]], recorded: list[dict[str, Any]], nullable: frozenset[str]) -> None:
    """Same fields; each value of a type that was recorded (or null, where named)."""
    mine, theirs = kinds(ours), kinds(recorded)
    assert set(mine) == set(theirs)
    for field, types in mine.items():
        allowed = theirs[field] | ({type(None)} if field in nullable else set())
        assert types <= allowed, field


NO_IMAGES = frozenset({"poster_path", "backdrop_path"})


@pytest.mark.parametrize(
    ("path", "fixture"),
    [
        ("/trending/movie/day", "trending_day_results_2026-01-21.json"),
        ("/trending/movie/week", "trending_week_results_2026-01-21.json"),
        ("/movie/popular", "popular_results_2026-01-21.json"),
    ],
)
def test_tmdb_list_items(server: Running, path: str, fixture: str) -> None:
    recorded = load(f"tmdb/{fixture}")
    assert_fits(tmdb(server, path)["results"], recorded, NO_IMAGES)


def test_tmdb_page(server: Running) -> None:
    recorded = load("tmdb/movie_popular_page1_fr-FR_2025-12-05.json")
    ours = tmdb(server, "/movie/popular")
    assert set(ours) == set(recorded)
    assert {key: type(value) for key, value in ours.items()} == {key: type(value) for key, value in recorded.items()}


def test_tmdb_details(server: Running) -> None:
    recorded = load("tmdb/swift_movie.json")
    ours = tmdb(server, "/movie/550")
    # origin_country is newer than the recording
    assert set(recorded) - set(ours) == set()
    assert set(ours) - set(recorded) <= {"origin_country"}
    nullable = NO_IMAGES | {"imdb_id", "homepage", "belongs_to_collection"}
    assert_fits(
        [{key: value for key, value in ours.items() if key in recorded}],
        [recorded, {key: ours[key] for key in nullable}],
        nullable,
    )


def test_tmdb_alternative_titles(server: Running) -> None:
    recorded = load("tmdb/vcr2016_movie__alternative_titles_for_id.json")[0]["response"]["body"]
    ours = tmdb(server, "/movie/11/alternative_titles")
    assert set(ours) == set(recorded)
    assert set(ours["titles"][0]) - {"type"} == set(recorded["titles"][0])
    newer = load("tmdb/swift_alternative-title-collection.json")
    assert set(ours["titles"][0]) == set(newer["titles"][0])
    appended = load("tmdb/vcr2016_movie__detail_with_appended_response.json")[0]["response"]["body"]
    if "alternative_titles" in appended:
        mine = tmdb(server, "/movie/11", append_to_response="alternative_titles")["alternative_titles"]
        assert set(mine) == set(appended["alternative_titles"])


def test_tmdb_genres_and_configuration(server: Running) -> None:
    recorded = {entry["id"]: entry["name"] for entry in load("tmdb/genres_results_2026-01-21.json")}
    assert {entry["id"]: entry["name"] for entry in tmdb(server, "/genre/movie/list")["genres"]} == recorded
    assert tmdb(server, "/configuration")["images"] == load("tmdb/swift_api-configuration.json")["images"]


@pytest.mark.parametrize(
    ("path", "params", "fixture"),
    [
        ("/movie/popular", {"page": 0}, "swift_error-status-400.json"),
        ("/movie/popular", {"api_key": "wrong"}, "swift_error-status-401.json"),
        ("/movie/99999999", {}, "swift_error-status-response.json"),
    ],
)
def test_tmdb_errors(server: Running, path: str, params: dict[str, Any], fixture: str) -> None:
    assert tmdb(server, path, **params) == load(f"tmdb/{fixture}")


def test_item_with_missing_fields(server: Running) -> None:
    recorded = load("tmdb/movie_popular_page1_item_missing_fields_2026-04-08.json")["results"]
    short = min(recorded, key=len)
    requests.post(f"{server.url}/_sim/faults", json={"name": "tmdb_missing_fields", "count": 1}, timeout=5)
    ours = tmdb(server, "/movie/popular")["results"][0]
    assert not {"popularity", "vote_average", "vote_count", "genre_ids", "release_date"} & (set(short) | set(ours))


def listings(name: str) -> list[requests.Response]:
    exchanges = load(f"reddit/{name}")
    return [
        exchange["response"]
        for exchange in exchanges
        if isinstance(exchange["response"]["body"], dict) and exchange["response"]["body"].get("kind") == "Listing"
    ]


def grant(server: Running) -> requests.Response:
    return requests.post(
        f"{server.url}/api/v1/access_token",
        auth=("simulated", "simulated"),
        data={"grant_type": "client_credentials"},
        timeout=5,
    )


def comments(server: Running, **params: Any) -> requests.Response:
    headers = {"Authorization": f"bearer {grant(server).json()['access_token']}"}
    url = f"{server.url}/r/movies/comments/"
    return requests.get(url, headers=headers, params={"raw_json": 1, **params}, timeout=5)


def test_reddit_comment_fields(server: Running) -> None:
    recorded = listings("praw_TestSubredditStreams.test_comments__with_continue_after_id.json.gz")[0]
    theirs = [child["data"] for child in recorded["body"]["data"]["children"]]  # type: ignore[index]
    ours = [child["data"] for child in comments(server, limit=100).json()["data"]["children"]]
    # fields that only some recorded comments have, as the deleted ones lack the author's
    everywhere = set.intersection(*(set(data) for data in theirs)) | {"author_fullname"}
    with_author = [data for data in ours if data["author"] != "[deleted]"]
    for data in with_author:
        assert everywhere <= set(data) <= set(kinds(theirs))
    assert_subset(kinds(with_author), kinds(theirs))


def assert_subset(ours: dict[str, set[type]], theirs: dict[str, set[type]]) -> None:
    for field, types in ours.items():
        # a recorded false stands for Reddit's "false or the time of the edit"
        allowed = theirs[field] | ({bool, float} if field == "edited" else set())
        assert types <= allowed, field


def test_reddit_listing_envelope_and_headers(server: Running) -> None:
    head, forward = listings("praw_TestSubredditStreams.test_comments__with_continue_after_id.json.gz")[:2]
    ours = comments(server, limit=100)
    assert set(ours.json()["data"]) == set(head["body"]["data"])  # type: ignore[index]
    recorded_limits = {name for name in head["headers"] if name.startswith("x-ratelimit")}  # type: ignore[index]
    assert recorded_limits <= set(ours.headers)
    for name in recorded_limits:
        assert ours.headers[name].count(".") == head["headers"][name][0].count("."), name  # type: ignore[index]
    anchor = ours.json()["data"]["children"][50]["data"]["name"]
    page = comments(server, limit=100, before=anchor).json()["data"]
    theirs = forward["body"]["data"]  # type: ignore[index]
    for field in ("after", "before", "modhash", "geo_filter"):
        assert page[field] == theirs[field], field
    assert page["dist"] == len(page["children"]) == 50


def test_reddit_grant(server: Running) -> None:
    recorded = load("reddit/prawcore_TestReadOnlyAuthorizer.test_refresh.json")[0]["response"]["body"]
    ours = grant(server).json()
    assert {key: type(value) for key, value in ours.items()} == {key: type(value) for key, value in recorded.items()}
    assert (ours["token_type"], ours["scope"]) == (recorded["token_type"], recorded["scope"])
    refused = load("reddit/prawcore_TestScriptAuthorizer.test_refresh__with_invalid_username_or_password.json")
    requests.post(f"{server.url}/_sim/faults", json={"name": "reddit_token_error", "count": 1}, timeout=5)
    answer = grant(server)
    assert answer.status_code == refused[0]["response"]["status"]["code"] == 200
    assert set(answer.json()) == set(refused[0]["response"]["body"])


@pytest.mark.parametrize(
    ("fault", "fixture"),
    [
        ("reddit_429", "too__many_requests__without_retry_headers"),
        ("reddit_401", "with_invalid_access_token"),
        ("reddit_500", "internal_server_error"),
        ("reddit_503", "service_unavailable"),
    ],
)
def test_reddit_error_bodies(server: Running, fault: str, fixture: str) -> None:
    recorded = load(f"reddit/prawcore_TestSession.test_request__{fixture}.json")[-1]["response"]
    requests.post(f"{server.url}/_sim/faults", json={"name": fault, "count": 1}, timeout=5)
    answer = comments(server)
    assert answer.status_code == recorded["status"]["code"]
    if isinstance(recorded["body"], dict):
        assert set(recorded["body"]) <= set(answer.json())
        assert answer.json()["error"] == recorded["body"]["error"]
    else:
        assert answer.text == recorded["body"] == ""
    for header in ("www-authenticate", "retry-after"):
        assert answer.headers.get(header) == next(iter(recorded["headers"].get(header, [])), None)


def test_recorded_discussion_replays_whole(tmp_path: Path) -> None:
    recording = DATA / "comments/rmovies_discussion_dev.jsonl.gz"
    options = Options(
        replay=recording,
        polls=DATA / "series/tmdb_lists_raw_dev.jsonl.gz",
        catalogue=DATA / "catalog/catalogue.jsonl.gz",
        speed=0,
        limit=3_000,
        reddit_requests=0,
    )
    with running(options) as server, server.reddit() as reddit:
        subreddit = reddit.subreddit("movies")
        got = [comment.id for comment in subreddit.comments(limit=None)][::-1]
        while page := list(subreddit.comments(limit=100, params={"before": f"t1_{got[-1]}"})):
            got += [comment.id for comment in reversed(page)]
        with gzip.open(recording, "rt") as lines:
            expected = [json.loads(next(lines))["id"] for _ in range(3_000)]
        assert got == expected
        first_poll = tmdb(server, "/trending/movie/day")["results"]
        assert len(first_poll) == 20
        assert all(item["media_type"] == "movie" for item in first_poll)
        assert tmdb(server, "/movie/363088")["title"] == "Ant-Man and the Wasp"
