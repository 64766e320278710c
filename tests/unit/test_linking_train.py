"""Fitting the linker's weights, on invented comments whose rule is known."""

import numpy as np
import pytest

from processors.linking.boosting import Growth, boost
from processors.linking.examples import Example, examples
from processors.linking.gold import Record
from processors.linking.linker import Linker
from processors.linking.model import Film
from processors.linking.train import cross_validated, labels, trained
from processors.linking.trees import Forest

LINKER = Linker(
    [
        Film(1, "Casino", year=1995, vote_count=6_000),
        Film(2, "Goodfellas", year=1990, vote_count=12_000),
        Film(3, "Ronin", year=1998, vote_count=3_000),
    ]
)
GOOD = ["I watched Casino, Goodfellas and Ronin", "loved Ronin and Goodfellas", "Goodfellas, then Casino"]
BAD = ["the Casino was closed", "my cousin Ronin called from the Casino", "lost it all at the Casino"]


def record(number: int) -> Record:
    """A comment of a thread of its own: the good ones name films, the bad ones a house and a man."""
    body = (GOOD + BAD)[number % 6] + "!" * (number // 6)
    named = number % 6 < 3
    mentions = [
        {
            "tmdb_id": film.movie_id,
            "in_catalogue": True,
            "surface": film.title,
            "start": at,
            "end": at + len(film.title),
        }
        for film in LINKER.index.films
        if named and (at := body.find(film.title)) >= 0
    ]
    return {
        "id": f"r{number}", "source": "made", "body": body, "link_title": None, "thread_movie": None,
        "thread_movie_year": None, "created_utc": None, "mentions": mentions, "uncertain": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def found() -> list[Example]:
    return list(examples([record(number) for number in range(60)], LINKER))


def test_what_was_fitted_knows_films_of_threads_it_has_not_seen(found: list[Example]) -> None:
    y = labels(found)
    assert 0 < y.sum() < len(y)
    for trees in (False, True):
        p = cross_validated(found, 1.0, trees=trees)
        assert p[y > 0].min() > p[y == 0].max()


def test_a_fit_can_be_repeated(found: list[Example]) -> None:
    assert trained(found, 1.0) == trained(found, 1.0)


def test_trees_learn_what_no_sum_can_say() -> None:
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.random((600, 3)), np.ones(600)])
    y = ((x[:, 0] > 0.5) != (x[:, 1] > 0.5)).astype(float)
    forest = Forest(boost(x, y, np.zeros(600), ["left", "right", "noise"], Growth(trees=80, columns=0.7)))
    said = [forest.correction(dict(zip(("left", "right", "noise"), row, strict=False))) > 0 for row in x]
    assert np.mean(np.array(said) == (y > 0)) > 0.95
