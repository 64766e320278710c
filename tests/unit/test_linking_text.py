"""Folding keeps offsets; quotes and links are no words of the writer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.linking.context import CommentContext
from processors.linking.text import READ_LIMIT, fold, join_words, normalise, own_words, word_spans

ANY = st.text(alphabet=st.characters(exclude_categories=()), max_size=120)


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_folding_and_blanking_keep_the_length(text: str) -> None:
    assert len(own_words(text)) == len(text)
    assert len(fold(text)) == len(text)


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_every_joined_word_has_its_span(text: str) -> None:
    folded = fold(text)
    words = join_words(folded).split()
    assert len(word_spans(folded)) == len(words)
    assert len(join_words(folded)) == len(join_words(folded).lower())


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_the_quick_way_to_a_span_agrees_with_the_table(text: str) -> None:
    context = CommentContext(text)
    at = 1
    for n, word in enumerate(context.flat.split()):
        assert context.body_span(at, at + len(word)) == context.spans[n]
        at += len(word) + 1


@pytest.mark.parametrize(
    ("title", "normal"),
    [
        ("Amélie", "amelie"),
        ("Ame\u0301lie", "amelie"),
        ("Spider-Man: No Way Home", "spider man no way home"),
        ("Fast & Furious", "fast & furious"),
        ("Ocean’s Eleven", "ocean s eleven"),
        ("[REC]²", "rec 2"),
        ("😀", ""),
        ("İstanbul", "istanbul"),
    ],
)
def test_normal_form(title: str, normal: str) -> None:
    assert normalise(title) == normal


@pytest.mark.parametrize(
    ("body", "gone", "kept"),
    [
        ("> Inception was bad\nI liked Heat", "Inception", "Heat"),
        ("&gt; Inception was bad\nI liked Heat", "Inception", "Heat"),
        ("see https://example.org/Inception and Heat", "Inception", "Heat"),
        ("[Heat](https://example.org/Inception_(film))", "Inception", "Heat"),
        ("in r/Inception they like Heat", "Inception", "Heat"),
    ],
)
def test_quotes_and_links_are_blanked(body: str, gone: str, kept: str) -> None:
    text = own_words(body)
    assert gone not in text
    assert kept in text


def test_a_spoiler_is_the_writers_own_text() -> None:
    assert "Heat" in own_words(">!Heat!< was it")


def test_no_more_than_the_limit_is_read() -> None:
    assert len(own_words("a " * READ_LIMIT)) == READ_LIMIT
