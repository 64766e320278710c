"""TMDB's JSON becomes a film with nulls for what is missing, or is set aside."""

import json
import math
from datetime import date
from typing import Any

import pytest

from contracts.events import TmdbFilm
from producers.tmdb.lists import NOW_PLAYING, TRENDING, ListsPoll
from producers.tmdb.records import (
    MAX_ALTERNATIVE_TITLES,
    Listed,
    Unusable,
    alternative_titles,
    genre_names,
    parse_film,
)
from tests.unit.producers_support import FIXTURES, NOW

GENRES = {28: "Action", 80: "Crime"}


def film_item(number: int = 949, **overrides: Any) -> dict[str, Any]:
    item = {
        "id": number,
        "title": "Heat",
        "original_title": "Heat",
        "original_language": "en",
        "overview": "A crew and a detective.",
        "genre_ids": [28, 80, 999],
        "release_date": "1995-12-15",
        "popularity": 41.5,
        "vote_average": 7.9,
        "vote_count": 7000,
        "poster_path": "/p.jpg",
    }
    return {**item, **overrides}


def read(item: Any, **more: Any) -> TmdbFilm | Unusable:
    return parse_film(item, genres=GENRES, fetched_at=NOW, **more)


def test_every_field_is_where_the_contract_wants_it() -> None:
    listed = Listed({}, ("trending_day",), 3)
    assert read(film_item(), titles=("Heat", "Calor"), listed=listed) == TmdbFilm(
        movie_id=949,
        title="Heat",
        original_title="Heat",
        original_language="en",
        alternative_titles=("Calor",),
        release_date=date(1995, 12, 15),
        genres=("Action", "Crime"),
        overview="A crew and a detective.",
        popularity=41.5,
        vote_average=7.9,
        vote_count=7000,
        poster_path="/p.jpg",
        lists=("trending_day",),
        trending_rank=3,
        fetched_at=NOW,
    )


def test_a_film_needs_an_id_and_a_title_only() -> None:
    assert read({"id": 5, "title": "Up"}) == TmdbFilm(movie_id=5, title="Up", fetched_at=NOW)


@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("popularity", "high", "popularity"),
        ("popularity", math.nan, "popularity"),
        ("popularity", -1, "popularity"),
        ("popularity", 10**400, "popularity"),
        ("popularity", True, "popularity"),
        ("vote_average", math.inf, "vote_average"),
        ("vote_count", "many", "vote_count"),
        ("vote_count", 3.5, "vote_count"),
        ("vote_count", -1, "vote_count"),
        ("release_date", "", "release_date"),
        ("release_date", "1995-13-99", "release_date"),
        ("release_date", 1995, "release_date"),
        ("overview", "", "overview"),
        ("overview", ["x"], "overview"),
        ("original_title", None, "original_title"),
        ("poster_path", 4, "poster_path"),
    ],
)
def test_a_mistyped_field_is_null(name: str, value: Any, attribute: str) -> None:
    film = read(film_item(**{name: value}))
    assert isinstance(film, TmdbFilm)
    assert getattr(film, attribute) is None


@pytest.mark.parametrize("ids", [None, "28", {"28": 1}, [None, "28", 28.0], []])
def test_odd_genres_are_none(ids: Any) -> None:
    film = read(film_item(genre_ids=ids))
    assert isinstance(film, TmdbFilm)
    assert film.genres == ()


@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        [],
        {},
        film_item(title=None),
        film_item(title="  "),
        film_item(title=1917),
        {**film_item(), "id": "949"},
        {**film_item(), "id": 0},
        {**film_item(), "id": 2**31},
        {**film_item(), "id": True},
    ],
)
def test_without_id_or_title_it_is_set_aside(item: Any) -> None:
    parsed = read(item)
    assert isinstance(parsed, Unusable)
    assert parsed.detail.startswith(("id", "title"))


def test_lone_surrogates_do_not_reach_the_record() -> None:
    film = read(film_item(title="H\ud800eat"))
    assert isinstance(film, TmdbFilm)
    assert film.title == "H�eat"
    assert TmdbFilm.decode(film.encode()) == film


def test_details_name_their_genres() -> None:
    film = read(film_item(genre_ids=None, genres=[{"id": 18, "name": "Drama"}, {"id": "x"}, 3]))
    assert isinstance(film, TmdbFilm)
    assert film.genres == ("Drama",)


def test_alternative_titles_are_unique_bounded_and_tolerant() -> None:
    rows: list[Any] = [{"title": "Calor"}, {"title": "Calor"}, {"title": ""}, {"title": None}, 5, {"title": "x" * 301}]
    assert alternative_titles({"alternative_titles": {"titles": rows}}) == ("Calor",)
    many = [{"title": f"T{number}"} for number in range(500)]
    assert len(alternative_titles({"alternative_titles": {"titles": many}})) == MAX_ALTERNATIVE_TITLES
    for odd in ({}, {"alternative_titles": None}, {"alternative_titles": {"titles": None}}):
        assert alternative_titles(odd) == ()


def test_ranks_count_films_across_pages_and_a_film_that_moves_keeps_its_first() -> None:
    poll = ListsPoll()
    for number in (5, 3, 9):
        poll.add(TRENDING, film_item(number))
    poll.add(TRENDING, film_item(9))
    poll.add(TRENDING, film_item(4))
    poll.add(TRENDING, {"title": "no id"})
    for number in (3, 8):
        poll.add(NOW_PLAYING, film_item(number))
    assert {number: (film.rank, film.lists) for number, film in poll.films.items()} == {
        5: (1, ("trending_day",)),
        3: (2, ("trending_day", "now_playing")),
        9: (3, ("trending_day",)),
        4: (4, ("trending_day",)),
        8: (None, ("now_playing",)),
    }
    assert poll.unusable == [{"title": "no id"}]


needs_data = pytest.mark.skipif(not FIXTURES.is_dir(), reason="no recorded responses beside the project")


def recorded(name: str) -> Any:
    return json.loads((FIXTURES / "tmdb" / name).read_bytes())


@pytest.mark.data
@needs_data
@pytest.mark.parametrize(
    "name",
    [
        "movie_popular_page1_fr-FR_2025-09-17.json",
        "movie_popular_page1_fr-FR_2025-12-05.json",
        "movie_popular_page1_item_missing_fields_2026-04-08.json",
        "swift_movie-pageable-list.json",
        "trending_day_results_2026-01-21.json",
        "trending_week_results_2026-01-21.json",
        "popular_results_2026-01-21.json",
    ],
)
def test_every_recorded_item_makes_a_film(name: str) -> None:
    body = recorded(name)
    items = body if isinstance(body, list) else body["results"]
    films = [parse_film(item, genres=GENRES, fetched_at=NOW) for item in items]
    assert films
    for film, item in zip(films, items, strict=True):
        assert isinstance(film, TmdbFilm)
        assert film.popularity == item.get("popularity")
        assert film.vote_count == item.get("vote_count")


@pytest.mark.data
@needs_data
def test_recorded_details_and_genres_are_read() -> None:
    film = parse_film(recorded("swift_movie-details-append-response.json"), genres={}, fetched_at=NOW)
    assert isinstance(film, TmdbFilm)
    assert film.genres == ("Drama",)
    block = recorded("swift_alternative-title-collection.json")
    assert alternative_titles({"alternative_titles": block}) == ("Fight Club", "Kampf-Club", "Le Club de Combat")
    assert genre_names({"genres": recorded("genres_results_2026-01-21.json")})[28] == "Action"
    assert genre_names({}) == {}
