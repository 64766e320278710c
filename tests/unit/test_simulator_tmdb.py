"""TMDB's endpoints, asked over HTTP with `requests`."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator import drift
from simulator.catalogue import GENRES, load_catalogue
from simulator.options import Options
from simulator.tmdb_world import TmdbWorld, read_polls
from tests.unit.simulator_support import START, Running, running, write_recording

NOW = START.timestamp()


@pytest.fixture(scope="module")
def tmdb() -> Iterator[Running]:
    with running(Options(tmdb_requests=0)) as server:
        yield server


def get(server: Running, path: str, **params: Any) -> requests.Response:
    return requests.get(f"{server.url}/3{path}", params={"api_key": "simulated", **params}, timeout=5)


@pytest.mark.parametrize(
    "path",
    ["/trending/movie/day", "/trending/movie/week", "/movie/now_playing", "/movie/popular", "/movie/top_rated"],
)
def test_lists_page_by_twenty(tmdb: Running, path: str) -> None:
    first = get(tmdb, path).json()
    assert first["page"] == 1
    assert len(first["results"]) == 20
    pages = [get(tmdb, path, page=page).json() for page in range(1, first["total_pages"] + 2)]
    ids = [item["id"] for page in pages for item in page["results"]]
    assert len(ids) == len(set(ids)) == first["total_results"]
    assert pages[-1]["results"] == []
    assert ("media_type" in first["results"][0]) == path.startswith("/trending")
    assert ("dates" in first) == (path == "/movie/now_playing")


def test_popular_knows_every_film_in_order(tmdb: Running) -> None:
    items = [item for page in range(1, 36) for item in get(tmdb, "/movie/popular", page=page).json()["results"]]
    assert {item["id"] for item in items} == {film.id for film in load_catalogue()}
    levels = [item["popularity"] for item in items]
    assert levels == sorted(levels, reverse=True)


def test_details_with_alternative_titles(tmdb: Running) -> None:
    plain = get(tmdb, "/movie/11").json()
    assert (plain["title"], plain["release_date"]) == ("Star Wars", "1977-05-25")
    assert plain["genres"][0] == {"id": 12, "name": "Adventure"}
    assert "alternative_titles" not in plain
    full = get(tmdb, "/movie/11", append_to_response="credits,alternative_titles").json()
    titles = get(tmdb, "/movie/11/alternative_titles").json()
    assert titles == {"id": 11, **full["alternative_titles"]}
    assert "A New Hope" in {entry["title"] for entry in titles["titles"]}
    assert get(tmdb, "/movie/11-star-wars").json() == plain


def test_genres_and_configuration(tmdb: Running) -> None:
    genres = get(tmdb, "/genre/movie/list", language="en-US").json()["genres"]
    assert {entry["id"]: entry["name"] for entry in genres} == GENRES
    assert get(tmdb, "/configuration").json()["images"]["secure_base_url"] == "https://image.tmdb.org/t/p/"


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/movie/popular", {"api_key": "wrong"}, 401, 7),
        ("/movie/popular", {"api_key": ""}, 401, 7),
        ("/movie/popular", {"page": "0"}, 400, 22),
        ("/movie/popular", {"page": "501"}, 400, 22),
        ("/movie/popular", {"page": "two"}, 400, 22),
        ("/movie/999999999", {}, 404, 34),
        ("/movie/latest-one", {}, 404, 6),
        ("/tv/1", {}, 404, 34),
    ],
)
def test_errors_have_tmdbs_body(tmdb: Running, path: str, params: dict[str, str], status: int, code: int) -> None:
    answer = get(tmdb, path, **params)
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"success", "status_code", "status_message"}
    assert (body["success"], body["status_code"]) == (False, code)


def test_bearer_token_is_as_good_as_a_key(tmdb: Running) -> None:
    url = f"{tmdb.url}/3/configuration"
    assert requests.get(url, headers={"Authorization": "Bearer simulated"}, timeout=5).status_code == 200
    assert requests.get(url, headers={"Authorization": "Bearer other"}, timeout=5).status_code == 401
    assert requests.get(url, timeout=5).status_code == 401


def test_rate_limit_says_when_to_come_back() -> None:
    with running(Options(tmdb_requests=3)) as server:
        statuses = [get(server, "/configuration").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = get(server, "/configuration")
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["status_code"] == 25
        server.clock.forward(1)
        assert get(server, "/configuration").status_code == 200


def test_popularity_is_a_daily_level_that_drifts_slowly() -> None:
    midnight = NOW // drift.DAY * drift.DAY
    same_day = {drift.popularity_at(100, 5, 1, midnight + hour * 3_600) for hour in range(24)}
    assert len(same_day) == 1
    days = [drift.popularity_at(100, 5, 1, midnight + day * drift.DAY) for day in range(200)]
    assert len(set(days)) > 190
    assert all(50 < level < 200 for level in days)
    steps = [abs(after / before - 1) for before, after in pairwise(days)]
    assert sum(steps) / len(steps) < 0.15


def test_votes_grow_in_steps_hours_apart() -> None:
    hours = [drift.votes_at(10_000, 5, 1, NOW + hour * 3_600) for hour in range(70)]
    assert hours == sorted(hours)
    assert len(set(hours)) in {10, 11}


def test_same_seed_gives_the_same_lists() -> None:
    films = load_catalogue()
    one, other = TmdbWorld(films, 3), TmdbWorld(films, 3)
    places = slice(0, 200)
    assert one.items("trending_day", NOW, places) == other.items("trending_day", NOW, places)
    later = one.items("trending_day", NOW + 7_200, places)[0]
    assert [item["id"] for item in later] != [item["id"] for item in other.items("trending_day", NOW, places)[0]]


def test_now_playing_holds_no_film_of_the_future() -> None:
    items, _ = TmdbWorld(load_catalogue(), 3).items("now_playing", 1_700_000_000, slice(0, 100))
    assert items
    assert all(item["release_date"] <= "2023-11-14" for item in items)


@pytest.fixture
def polls_file(tmp_path: Path) -> Path:
    def item(film_id: int, popularity: float) -> dict[str, Any]:
        title = f"Recorded {film_id}"
        return {"id": film_id, "title": title, "popularity": popularity, "genre_ids": [18], "media_type": "movie"}

    polls = [
        {"polled_utc": "2026-01-22T06:00:00Z", "lists": {"trending_day": [item(7, 70.0)], "now_playing": []}},
        {"polled_utc": "2026-01-21T06:00:00Z", "lists": {"trending_day": [item(8, 50.0), item(7, 60.0)]}},
    ]
    path = tmp_path / "polls.jsonl"
    path.write_text("".join(json.dumps(poll) + "\n" for poll in polls))
    return path


def test_recorded_polls_advance_with_the_replay(polls_file: Path, tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "r.jsonl", list(range(0, 1_000, 10)))
    with running(Options(polls=polls_file, replay=recording, speed=10)) as server:
        first = get(server, "/trending/movie/day").json()
        assert [(item["id"], item["popularity"]) for item in first["results"]] == [(8, 50.0), (7, 60.0)]
        assert get(server, "/movie/7").json()["popularity"] == 60.0
        server.clock.forward(60)
        requests.get(f"{server.url}/_sim/state", timeout=5)
        second = get(server, "/trending/movie/day").json()
        assert [(item["id"], item["popularity"]) for item in second["results"]] == [(7, 70.0)]
        # a film that left the lists keeps its last recorded figures, and recorded films are in the wider catalogue
        assert get(server, "/movie/8").json()["popularity"] == 50.0
        assert get(server, "/movie/11").status_code == 200


def test_recorded_polls_advance_by_time_when_asked_to(polls_file: Path) -> None:
    with running(Options(polls=polls_file, poll_seconds=30)) as server:
        for seconds, films in ((0, 2), (29, 2), (2, 1), (1_000, 1)):
            server.clock.forward(seconds)
            assert len(get(server, "/trending/movie/day").json()["results"]) == films


def test_polls_are_read_in_order_of_time(polls_file: Path) -> None:
    assert [len(poll.lists["trending_day"]) for poll in read_polls(polls_file)] == [2, 1]
