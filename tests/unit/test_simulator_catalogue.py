"""The shipped catalogue holds facts, and a wider one can replace it."""

import gzip
import json
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from simulator.catalogue import BUNDLED, GENRES, load_catalogue


def test_bundled_catalogue_is_wide_and_well_formed() -> None:
    films = load_catalogue()
    assert len(films) >= 500
    assert len({film.id for film in films}) == len(films)
    for film in films:
        assert film.title.strip() == film.title != ""
        assert film.year is not None
        assert 1900 < film.year < 2030
        assert film.genre_ids
        assert set(film.genre_ids) <= set(GENRES)
        assert film.popularity is not None
        assert 0 < film.popularity < 1_000
        assert film.vote_count is not None
        assert film.vote_average is not None
        assert 0 < film.vote_average <= 10


@pytest.mark.parametrize(
    ("film_id", "title", "year"),
    [
        (949, "Heat", 1995),
        (346364, "It", 2017),
        (152601, "Her", 2013),
        (14160, "Up", 2009),
        (458723, "Us", 2019),
        (762504, "Nope", 2022),
        (631843, "Old", 2021),
        (64690, "Drive", 2011),
        (550, "Fight Club", 1999),
        (872585, "Oppenheimer", 2023),
    ],
)
def test_bundled_facts(film_id: int, title: str, year: int) -> None:
    film = next(film for film in load_catalogue() if film.id == film_id)
    assert (film.title, film.year) == (title, year)


def test_overviews_are_written_from_the_facts_alone() -> None:
    assert "overview" not in BUNDLED.read_text()
    heat = next(film for film in load_catalogue() if film.id == 949)
    assert heat.overview == f"{GENRES[heat.genre_ids[0]]} film from 1995."


def test_alternative_titles_are_no_other_films_title() -> None:
    films = load_catalogue()
    titles = {film.title.lower() for film in films}
    alternatives = [(film.id, title) for film in films for title in film.alternative_titles]
    assert len(alternatives) > 40
    assert [title for _, title in alternatives if title.lower() in titles] == []


def test_wider_form_keeps_what_is_unknown_unknown(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.jsonl.gz"
    record = {
        "movie_id": 5,
        "title": "Four Rooms",
        "original_title": None,
        "alternative_titles": ["4 Rooms"],
        "year": 1995,
    }
    with gzip.open(path, "wt") as out:
        out.write(json.dumps({**record, "popularity": None, "vote_count": None}) + "\n")
        out.write(json.dumps({**record, "movie_id": 6, "year": None}) + "\n")
    known, undated = load_catalogue(path)
    assert (known.original_title, known.year, known.popularity, known.vote_count) == ("Four Rooms", 1995, None, None)
    assert known.alternative_titles == ("4 Rooms",)
    assert undated.year is None
    assert undated.overview == "Film."


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "no film"), ("{", "no JSONL"), ("[1]\n", "not a JSON object"), ('{"id": 3}\n', "title")],
)
def test_bad_catalogue_is_a_configuration_error(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "films.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=told):
        load_catalogue(path)


def test_missing_catalogue_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        load_catalogue(tmp_path / "absent.jsonl")
