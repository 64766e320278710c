"""Catalogue files: what is read, what is left out, and how old the figures are."""

import gzip
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ConfigurationError
from contracts.events import TmdbFilm
from storage.import_catalogue import import_catalogue, parse, read_catalogue
from tests.support.records import NOON

WHOLE: dict[str, Any] = {
    "movie_id": 603,
    "title": "The Matrix",
    "original_title": "The Matrix",
    "alternative_titles": ["Matrix", "Матрица"],
    "year": 1999,
    "popularity": 81.5,
    "vote_count": 24_000,
    "unknown_field": 1,
}


def written(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz"])
def test_a_line_is_a_film_of_which_only_the_year_is_known(tmp_path: Path, name: str) -> None:
    (film,) = read_catalogue(written(tmp_path / name, WHOLE, ""), NOON)
    assert film == TmdbFilm(
        movie_id=603, title="The Matrix", original_title="The Matrix", alternative_titles=("Matrix", "Матрица"),
        year=1999, popularity=81.5, vote_count=24_000, fetched_at=NOON,
    )  # fmt: skip
    assert film.release_date is None


def test_a_line_that_does_not_fit_is_left_out(tmp_path: Path) -> None:
    wrong = ["{", "[]", WHOLE | {"movie_id": -1}, WHOLE | {"title": ""}, WHOLE | {"popularity": "12"}, {"movie_id": 5}]
    films = read_catalogue(written(tmp_path / "c.jsonl", *wrong, {"movie_id": 7, "title": "Up"}), NOON)
    assert [film.movie_id for film in films] == [7]


def test_a_file_without_films_or_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "c.jsonl.gz"
    broken.write_bytes(gzip.compress(b"{}")[:-4])
    for file in (tmp_path / "none.jsonl", broken, written(tmp_path / "empty.jsonl", "")):
        with pytest.raises(ConfigurationError, match=file.name):
            import_catalogue(Movies(), file, NOON)


class Movies:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.written: list[TmdbFilm] = []

    def upsert(self, films: Iterable[TmdbFilm]) -> None:
        self.written += films


def test_of_a_film_that_is_there_twice_the_last_line_counts(tmp_path: Path) -> None:
    movies = Movies()
    file = written(tmp_path / "c.jsonl", WHOLE, WHOLE | {"title": "Matrix"}, WHOLE | {"movie_id": 1})
    assert import_catalogue(movies, file, NOON) == 2
    assert [film.title for film in movies.written] == ["Matrix", "The Matrix"]


def test_the_figures_are_as_old_as_the_file_unless_said_otherwise(tmp_path: Path) -> None:
    file = written(tmp_path / "c.jsonl", WHOLE)
    os.utime(file, (NOON.timestamp(), NOON.timestamp()))
    assert parse([str(file)]) == (file, NOON)
    assert parse([str(file), "--as-of", "2020-01-02"])[1] == datetime(2020, 1, 2, tzinfo=UTC)
    assert parse([str(file), "--as-of", "2020-01-02T03:00+01:00"])[1] == datetime(2020, 1, 2, 2, tzinfo=UTC)
