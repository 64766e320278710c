"""Sentiment about one film: titles masked, each film its own part."""

import gzip
import json
from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film, Links, Mention
from processors.sentiment.lexicon import film_analyzer, film_words
from processors.sentiment.mask import Span, masked
from processors.sentiment.score import FilmSentiment

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
VADER = film_analyzer()
SENTIMENT = FilmSentiment()


def vader(text: str) -> float:
    return float(VADER.polarity_scores(text)["compound"])


def mentions(body: str, *titles: str) -> Links:
    """Links by text for each title, numbered from 1."""
    found = [
        Mention(n, "text", body.index(title), body.index(title) + len(title), title, 1.0)
        for n, title in enumerate(titles, 1)
    ]
    return Links(tuple(found), (), tuple((m.movie_id, m.start, m.end) for m in found))


def test_the_added_words_are_words_vader_lacks_and_nothing_else_is_changed() -> None:
    own = SentimentIntensityAnalyzer().lexicon
    added = film_words()
    assert added
    assert not added.keys() & own.keys()
    assert all(word == word.lower() and word.isalpha() and 0 < abs(value) <= 4 for word, value in added.items())
    assert film_analyzer().lexicon == own | added


@pytest.mark.parametrize(("body", "sign"), [("a riveting film", 1), ("so predictable", -1), ("not predictable", 1)])
def test_words_of_film_criticism_have_a_feeling(body: str, sign: int) -> None:
    links = Links((Mention(1, "thread", 0, 0, "", 1.0),))
    assert SENTIMENT.score(body, links)[1] * sign > 0
    assert SentimentIntensityAnalyzer().polarity_scores(body)["compound"] == 0


@pytest.mark.parametrize("title", ["Killers of the Flower Moon", "Good", "Joy", "HATE", "Dumb and Dumber", "Not Okay"])
def test_a_title_has_no_feeling(title: str) -> None:
    body = f"I watched {title} last night."
    assert SENTIMENT.score(body, mentions(body, title)) == {1: 0.0}


def test_the_score_is_vaders_own_on_the_masked_text() -> None:
    body = "Joy was REALLY great, but the ending of Joy sucked!!"
    links = Links((Mention(1, "text", 0, 3, "Joy", 1.0),), (), ((1, 0, 3), (1, 40, 43)))
    assert SENTIMENT.score(body, links) == {1: vader("title was REALLY great, but the ending of title sucked!!")}


@pytest.mark.parametrize(
    ("body", "without"),
    [
        ("HEAT was great", " was great"),
        ("HEAT WAS GREAT", " WAS GREAT"),
        ("Heat WAS GREAT", " WAS GREAT"),
        ("Heat was GREAT", " was GREAT"),
    ],
)
def test_a_masked_title_does_not_switch_the_capitals_rule(body: str, without: str) -> None:
    assert vader(masked(body, [Span(0, 4)])) == vader(without)


def test_several_films_each_have_their_sentences() -> None:
    body = "I loved Heat. Dune was awful."
    scores = SENTIMENT.score(body, mentions(body, "Heat", "Dune"))
    assert scores == {1: vader("I loved title. "), 2: vader("title was awful.")}


def test_one_sentence_with_a_contrast_is_divided() -> None:
    body = "Heat was great but Dune was terrible"
    scores = SENTIMENT.score(body, mentions(body, "Heat", "Dune"))
    assert scores[1] > 0 > scores[2]


def test_the_thread_s_film_gets_what_names_no_other() -> None:
    body = "What a wonderful film! Heat was terrible."
    links = mentions(body, "Heat")
    links = links._replace(mentions=(*links.mentions, Mention(9, "thread", 0, 0, "", 0.8)))
    scores = SENTIMENT.score(body, links)
    assert scores[9] > 0 > scores[1]


def test_quotes_and_links_are_not_felt() -> None:
    body = "> terrible awful garbage\n\nI liked Heat https://example.org/love"
    assert SENTIMENT.score(body, mentions(body, "Heat")) == {1: vader("I liked title")}


def test_an_uncertain_title_is_masked_too() -> None:
    body = "Heat, like Joy, is long"
    links = mentions(body, "Heat")._replace(uncertain=(Mention(2, "text", 11, 14, "Joy", 0.4),))
    assert SENTIMENT.score(body, links) == {1: vader("title, like title, is long")}


def test_no_mention_no_score() -> None:
    assert SENTIMENT.score("what a great day", Links()) == {}


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not there")
def test_watching_any_film_of_the_catalogue_scores_nothing() -> None:
    with gzip.open(DATA / "catalog" / "catalogue.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    films = [
        Film(r["movie_id"], r["title"], r["original_title"], tuple(r["alternative_titles"]), r["year"], r["popularity"])
        for r in records
    ]
    linker = Linker(films)
    linked = 0
    for film in films:
        body = f"I watched {film.title} last night."
        scores = SENTIMENT.score(body, linker.link(CommentText(body)))
        linked += bool(scores)
        assert set(scores.values()) <= {0.0}, film.title
    assert linked > 0.99 * len(films)
