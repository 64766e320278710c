"""How ordinary a phrase is: counts of words and word pairs in film talk, and what stands around titles.

The table `wordstats.json.gz` holds counts only, no text; `train.py` makes it. Counts of lower-case words say how
often a title's words are just words; capitals inside a sentence say how often they are a name.
"""

import gzip
import itertools
import json
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from processors.linking.titles import without_article

PATH: Final = Path(__file__).parent / "wordstats.json.gz"

_BACK_OFF: Final = 0.4
"""Stupid back-off factor of Brants et al. 2007 ("Large Language Models in Machine Translation")."""

_UNSEEN: Final = 0.5
"""Count given to a word the table does not hold."""


PHRASES_KEPT: Final = 1_000_000
"""Twice the surfaces of a catalogue of 200,000 films; some 200 MB at most."""


class PhraseFacts(NamedTuple):
    """See the methods of `WordStats` of the same names."""

    ordinariness: float
    nameness: float
    rarest: float


class WordStats:
    """Counts, and the two questions asked of them."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.total: int = table["total"]
        self._lower: Mapping[str, int] = table["lower"]
        self._pairs: Mapping[str, int] = table["pairs"]
        self._capital: Mapping[str, int] = table["capital"]
        self._capital_pairs: Mapping[str, int] = table["capital_pairs"]
        self.before: Mapping[str, float] = table.get("before", {})
        """Log-odds that a capitalised phrase is a film, by the word before it."""
        self.after: Mapping[str, float] = table.get("after", {})
        """The same by the word after it."""
        self._phrases: dict[str, PhraseFacts] = {}

    def phrase(self, phrase: str) -> "PhraseFacts":
        """All that is known of a phrase; remembered, because a linker built anew asks for nearly the same phrases."""
        found = self._phrases.get(phrase)
        if found is None:
            if len(self._phrases) >= PHRASES_KEPT:
                self._phrases.clear()
            found = PhraseFacts(self.ordinariness(phrase), self.nameness(phrase), self.rarest(phrase))
            self._phrases[phrase] = found
        return found

    def ordinariness(self, phrase: str) -> float:
        """log10 of how often a million lower-case words would hold this phrase by chance, leading article aside."""
        words = without_article(phrase).split()
        log = math.log10(self._lower.get(words[0], _UNSEEN) / self.total)
        for left, right in itertools.pairwise(words):
            pair = self._pairs.get(f"{left} {right}")
            if pair is not None and left in self._lower:
                log += math.log10(min(1.0, pair / self._lower[left]))
            else:
                log += math.log10(_BACK_OFF * self._lower.get(right, _UNSEEN) / self.total)
        return 6 + log

    def rarest(self, phrase: str) -> float:
        """log10 of the lower-case uses in a million words of the phrase's rarest word."""
        return 6 + math.log10(min(self._lower.get(word, _UNSEEN) for word in phrase.split()) / self.total)

    def plain_words(self) -> frozenset[str]:
        """Single words written in small letters more often than not: those of a `nameness` below 0."""
        return frozenset(word for word, count in self._lower.items() if count > self._capital.get(word, 0))

    def nameness(self, phrase: str) -> float:
        """log10 ratio of capitalised to lower-case uses of the phrase's least name-like word or pair; 0 when unseen."""
        words = without_article(phrase).split()
        if len(words) == 1:
            return _ratio(self._capital.get(words[0], 0), self._lower.get(words[0], 0))
        joined = [f"{left} {right}" for left, right in itertools.pairwise(words)]
        return min(_ratio(self._capital_pairs.get(pair, 0), self._pairs.get(pair, 0)) for pair in joined)


def _ratio(capital: int, lower: int) -> float:
    return math.log10((capital + 1) / (lower + 1))


@lru_cache(maxsize=1)
def load() -> WordStats:
    """The table that comes with the code."""
    with gzip.open(PATH, "rt", encoding="utf-8") as file:
        return WordStats(json.load(file))
