"""The lexicon in use: vaderSentiment's own, and words of film criticism that it lacks.

The words and their valences (-4 to 4) were written down before any text was measured with them; VADER's own entries
stay as they are. What they gain: `python -m benchmarks.sentiment`.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import Final

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

PATH: Final = Path(__file__).parent / "film_words.csv"


@lru_cache(maxsize=1)
def film_words() -> dict[str, float]:
    """The added words, lower case, with their valences."""
    with PATH.open(encoding="utf-8", newline="") as file:
        return {row["word"]: float(row["valence"]) for row in csv.DictReader(file)}


def film_analyzer() -> SentimentIntensityAnalyzer:
    """A vaderSentiment of its own rules with the added words; to be changed by nobody."""
    analyzer = SentimentIntensityAnalyzer()
    for word, valence in film_words().items():
        analyzer.lexicon.setdefault(word, valence)
    return analyzer
