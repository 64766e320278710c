"""The fast scorer says what vaderSentiment says, everywhere."""

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from processors.sentiment import fast_vader
from processors.sentiment.fast_vader import FastVader

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ORIGINAL = SentimentIntensityAnalyzer()
FAST = FastVader(ORIGINAL)


def original(text: str) -> float:
    return float(ORIGINAL.polarity_scores(text)["compound"])


RULES = [
    "",
    "   ",
    "the plot",
    "a GREAT movie",
    "A GREAT MOVIE",
    "not good",
    "never so good, never this bad",
    "without doubt the best",
    "without a doubt the best",
    "the least funny, at least funny, very least funny",
    "kind of good, kind words, sort of bad",
    "no good. no. no or great, no fun no joy",
    "it was good but it was bad but good but bad",
    "the shit, the bomb, bad ass, yeah right, kiss of death, to die for, bus stop",
    "I am really, REALLY, VERY happy!!!!! right?? what???? oh???",
    ":) :-( :D 8) ;) <3 xD",
    "great😀great ❤️‍🔥bad 💔💔 ok",
    "isn't great, ain't bad, can't stand it",
    "NO GREAT movie, no Great",
    "love\ud800hate \udfff good",
    "İstanbul is great ǅ good ß",
    "good\x00bad\u2028great\x1cfun",
]


@pytest.mark.parametrize("text", RULES)
def test_the_rules_give_the_same_score(text: str) -> None:
    assert FAST(text) == original(text)


LEXICON = sorted(ORIGINAL.lexicon)
WORDS = st.one_of(
    st.sampled_from(LEXICON),
    st.sampled_from([*NEGATE, *BOOSTER_DICT, "but", "no", "or", "nor", "least", "at", "very", "so", "this", "doubt"]),
    st.sampled_from([word for phrase in SPECIAL_CASES for word in phrase.split()]),
    st.sampled_from(["the", "film", "kind", "of", "without", "never", "I", "title", "TITLE"]),
    st.sampled_from([key for key in ORIGINAL.emojis if len(key) == 1]),
    st.text(max_size=4),
)
CASES: st.SearchStrategy[Callable[[str], str]] = st.sampled_from([str.strip, str.upper, str.title, str.swapcase])
ENDS = st.sampled_from(["", "", "", "!", "!!!", "?", "??", "????", ".", ",", "...", '"', "'s", ")"])
GAPS = st.sampled_from([" ", " ", " ", "\n", "  ", ""])


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(WORDS, CASES, ENDS, GAPS), max_size=14))
    return "".join(case(word) + end + gap for word, case, end, gap in parts)


@given(texts())
@settings(max_examples=600, deadline=None)
def test_generated_text_gives_the_same_score(text: str) -> None:
    assert FAST(text) == original(text)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_characters_give_the_same_score(text: str) -> None:
    assert FAST(text) == original(text)


def test_a_full_memory_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_vader, "CACHED_TOKENS", 3)
    small = FastVader(ORIGINAL)
    for text in RULES:
        assert small(text) == original(text)
    assert len(small._tokens) <= 3 + max(len(text.split()) for text in RULES)


def real_texts() -> Iterator[str]:
    for path in sorted((DATA / "comments").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                yield record.get("body") or f"{record.get('title', '')}\n{record.get('selftext') or ''}"
    for path in sorted((DATA / "sentiment").glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from (row["text"] for row in csv.DictReader(file))


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not there")
def test_all_real_text_gives_the_same_score() -> None:
    different = [text for text in real_texts() if FAST(text) != original(text)]
    assert different == []
