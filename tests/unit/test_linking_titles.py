"""Titles taken apart, series counted, surfaces made."""

import pytest

from processors.linking.model import Film
from processors.linking.series import ordinals, series_of
from processors.linking.surfaces import Kind, all_surfaces
from processors.linking.titles import numbered, numerals, split_title, without_article


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Mission: Impossible - Fallout", ["mission impossible", "fallout"]),
        ("Thor: Ragnarok", ["thor", "ragnarok"]),
        ("3:10 to Yuma", ["3 10 to yuma"]),
        ("Birds of Prey (and the Fantabulous Emancipation of One Harley Quinn)", ["birds of prey"]),
    ],
)
def test_main_title_and_subtitle(title: str, parts: list[str]) -> None:
    assert split_title(title) == parts


@pytest.mark.parametrize(
    ("title", "base", "number", "rest"),
    [
        ("Terminator 2: Judgment Day", "terminator", 2, "judgment day"),
        ("Dune: Part Two", "dune", 2, ""),
        ("The Godfather Part II", "the godfather", 2, ""),
        ("John Wick: Chapter 3 - Parabellum", "john wick", 3, "parabellum"),
        ("Guardians of the Galaxy Vol. 3", "guardians of the galaxy", 3, ""),
    ],
)
def test_numbered_titles(title: str, base: str, number: int, rest: str) -> None:
    found = numbered(title)
    assert found is not None
    assert (found.base, found.number, found.rest) == (base, number, rest)


@pytest.mark.parametrize("title", ["Heat", "I, Robot", "Blade Runner 2049", "10"])
def test_titles_without_a_number_of_a_series(title: str) -> None:
    assert numbered(title) is None


def test_numerals_and_articles() -> None:
    assert numerals(3) == ("3", "three", "iii")
    assert without_article("the matrix") == "matrix"
    assert without_article("the") == "the"


SERIES = [
    Film(1, "Thor", year=2011, vote_count=20_000),
    Film(2, "Thor: The Dark World", year=2013, vote_count=16_000),
    Film(3, "Thor: Ragnarok", year=2017, vote_count=19_000),
    Film(4, "Dune", year=1984, vote_count=2_000),
    Film(5, "Dune", year=2021, vote_count=9_000),
    Film(6, "Dune: Part Two", year=2024, vote_count=5_000),
    Film(7, "John Wick: Chapter 2", year=2017, vote_count=12_000),
    Film(8, "John Wick", year=2014, vote_count=18_000),
    Film(9, "The Lord of the Rings: The Two Towers", year=2002, vote_count=20_000),
    Film(10, "Spider-Man: Far From Home", year=2019, vote_count=15_000),
    Film(11, "Seven Samurai", year=1954, vote_count=4_000),
    Film(12, "Ocean's Twelve", year=2004, vote_count=2_000),
    Film(13, "Birds of Prey (and the Fantabulous Emancipation of One Harley Quinn)", year=2020, vote_count=9_000),
    Film(14, "The Grand Budapest Hotel", year=2014, vote_count=4_000),
]
SURFACES = all_surfaces(SERIES)


def test_a_series_in_order_of_release() -> None:
    assert ordinals("thor", series_of(SERIES)["thor"]) == {1: 1, 2: 2, 3: 3}


@pytest.mark.parametrize(
    ("surface", "movie_id"),
    [
        ("thor 3", 3),
        ("ragnarok", 3),
        ("dune part one", 5),
        ("dune 2", 6),
        ("dune ii", 6),
        ("jw2", 7),
        ("john wick 1", 8),
        ("two towers", 9),
        ("spiderman far from home", 10),
        ("ffh", 10),
        ("7 samurai", 11),
        ("oceans 12", 12),
        ("birds of prey", 13),
        ("grand budapest", 14),
    ],
)
def test_forms_people_write(surface: str, movie_id: int) -> None:
    assert {SERIES[index].movie_id for index in SURFACES[surface]} == {movie_id}


def test_an_obscure_film_has_no_short_forms() -> None:
    surfaces = all_surfaces([Film(1, "Some Strange Words: The Beginning of It", year=2001, vote_count=3)])
    assert set(surfaces) == {"some strange words the beginning of it", "some strange words beginning of it"}


def test_a_shared_title_belongs_to_all_its_films() -> None:
    assert {SERIES[index].movie_id for index, kind in SURFACES["dune"].items() if kind == Kind.FULL} == {4, 5}
