"""vaderSentiment as it is installed: what our scores are compared with."""

import time
from collections.abc import Sequence
from functools import lru_cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.comments import Text
from processors.sentiment.lexicon import film_analyzer


@lru_cache(maxsize=1)
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=1)
def _film_analyzer() -> SentimentIntensityAnalyzer:
    return film_analyzer()


def film_compound(text: str) -> float:
    """The same with our words in its lexicon: vaderSentiment's own code, for what we are held to."""
    return float(_film_analyzer().polarity_scores(text)["compound"])


def stock_compound(text: str | None) -> float:
    """vaderSentiment's own compound of a text."""
    return float(_analyzer().polarity_scores(text or "")["compound"])


def bare_vader(texts: Sequence[Text]) -> float:
    """Texts a second that vaderSentiment's own loop scores on one core, by CPU time."""
    stock_compound("")
    start = time.process_time()
    for text in texts:
        stock_compound(text.body)
    return len(texts) / (time.process_time() - start)
