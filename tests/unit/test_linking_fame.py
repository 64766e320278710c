"""How well a film is known, with and without votes."""

import math

import pytest

from processors.linking.fame import ENTERED, FORGOTTEN, SETTLED, UNKNOWN_VOTES, earliness, fame
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film


def film(movie_id: int, year: int | None, votes: int | None = None, title: str = "Halmet") -> Film:
    return Film(movie_id, title, year=year, vote_count=votes)


def test_a_film_entered_ten_times_earlier_than_others_of_its_year_is_early_by_one() -> None:
    for year, usual in ENTERED:
        assert earliness(film(round(10 ** (usual - 1)), year)) == pytest.approx(1, abs=1e-3)
        assert earliness(film(round(10**usual), year)) == pytest.approx(0, abs=1e-3)


def test_the_usual_id_is_linear_between_the_years_and_level_outside() -> None:
    (first, low), (second, high), *_, (last, most) = ENTERED
    between = earliness(film(10_000, (first + second) // 2))
    assert between == pytest.approx((low + high) / 2 - 4)
    assert earliness(film(10_000, first - 90)) == pytest.approx(low - 4)
    assert earliness(film(10**6, last + 10)) == pytest.approx(most - 6)


def test_earliness_is_bounded_and_needs_a_year() -> None:
    assert earliness(film(1, 1990)) == 2
    assert earliness(film(10**9, 1990)) == -1
    assert earliness(film(1, None)) == 0


def test_known_votes_stand_for_themselves_whatever_the_id() -> None:
    assert fame(film(3, 1950, votes=0)) == 0
    assert fame(film(10**6, 1950, votes=999)) == math.log(1000)


def test_unknown_votes_are_assumed_by_id_and_age() -> None:
    middling = round(10 ** dict(ENTERED)[SETTLED])
    assert fame(film(middling, SETTLED)) == pytest.approx(math.log1p(UNKNOWN_VOTES), abs=1e-5)
    assert fame(film(middling // 10, SETTLED)) == pytest.approx(math.log1p(10 * UNKNOWN_VOTES), abs=0.01)
    old, older = film(9_000, 1990), film(9_000, 1990 - round(FORGOTTEN))
    assert fame(old) - fame(older) == pytest.approx(1)
    assert fame(film(7, None)) == math.log1p(UNKNOWN_VOTES)


def test_of_two_films_of_one_title_without_votes_the_one_entered_first_is_meant() -> None:
    early, late = film(948, 1990), film(31_000, 1992)
    links = Linker([early, late]).link(CommentText("I watched Halmet last night, what a great movie."))
    assert [mention.movie_id for mention in links.mentions] == [early.movie_id]
