"""vaderSentiment's compound score, exactly, a few times faster.

The lexicon, the rules' tables and the order of every addition are vaderSentiment 3.3.2's own; what is saved is work
that cannot change the answer: each distinct token is taken apart once, the rules run only where a word of the lexicon
stands, and of the three words before it only what the rules ask is looked up. A test holds it equal to the original on
all real text at hand and on generated text.
"""

import string
from typing import Final, NamedTuple

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    normalize,
)

CACHED_TOKENS: Final = 200_000
"""Distinct tokens remembered (some 40 MB); then the memory starts anew: a long stream must not fill the worker."""

_NEGATE: Final = frozenset(NEGATE)
_EMPHASIS: Final = 0.292
"""What one exclamation mark adds (`_amplify_ep`)."""


class Token(NamedTuple):
    """A whitespace token as the rules see it."""

    valence: float | None
    """Its value in the lexicon; None for other words and for boosters, which the rules skip."""
    lower: str
    upper: bool
    known: bool
    """Whether it is in the lexicon."""
    booster: float
    negates: bool


class FastVader:
    """Callable: text → compound in [-1, 1]. Not safe for threads that share one instance while its memory is reset."""

    def __init__(self, analyzer: SentimentIntensityAnalyzer | None = None) -> None:
        original = analyzer or SentimentIntensityAnalyzer()
        self._lexicon: dict[str, float] = original.lexicon
        self._emojis: dict[str, str] = {key: text for key, text in original.emojis.items() if len(key) == 1}
        self._tokens: dict[str, Token] = {}

    def __call__(self, text: str) -> float:
        """vaderSentiment's `polarity_scores(text)["compound"]`."""
        text = self._described(text).strip()
        tokens = self._look_up(text.split())
        places: list[int] = []
        values: list[float] = []
        for at, token in enumerate(tokens):
            if token.valence is None:
                continue
            if token.lower == "kind" and at + 1 < len(tokens) and tokens[at + 1].lower == "of":
                continue
            value = self._valence(tokens, at, token, token.valence)
            if value != 0:
                places.append(at)
                values.append(value)
        if not values:
            return 0.0
        _weigh_but(tokens, places, values)
        return _compound(values, text)

    def _described(self, text: str) -> str:
        """Emoji replaced by their descriptions, spaced as the original does it."""
        emojis = self._emojis
        if text.isascii() or emojis.keys().isdisjoint(text):
            return text
        pieces: list[str] = []
        after_space = True
        for character in text:
            description = emojis.get(character)
            if description is None:
                pieces.append(character)
                after_space = character == " "
            else:
                if not after_space:
                    pieces.append(" ")
                pieces.append(description)
                after_space = False
        return "".join(pieces)

    def _look_up(self, words: list[str]) -> list[Token]:
        cache = self._tokens
        try:
            return [cache[word] for word in words]
        except KeyError:
            if len(cache) > CACHED_TOKENS:
                cache.clear()
            for word in words:
                if word not in cache:
                    cache[word] = self._take_apart(word)
            return [cache[word] for word in words]

    def _take_apart(self, word: str) -> Token:
        stripped = word.strip(string.punctuation)
        if len(stripped) <= 2:
            stripped = word
        lower = stripped.lower()
        booster = BOOSTER_DICT.get(lower)
        valence = self._lexicon.get(lower)
        return Token(
            None if booster is not None else valence,
            lower,
            stripped.isupper(),
            valence is not None,
            booster or 0.0,
            lower in _NEGATE or "n't" in lower,
        )

    def _valence(self, tokens: list[Token], at: int, token: Token, valence: float) -> float:
        """`sentiment_valence` for the lexicon word at a place."""
        if token.lower == "no" and at != len(tokens) - 1 and tokens[at + 1].known:
            valence = 0.0
        if _after_no(tokens, at):
            valence = self._lexicon[token.lower] * N_SCALAR
        if token.upper and _mixed_case(tokens):
            valence = valence + C_INCR if valence > 0 else valence - C_INCR
        for distance in range(1, min(3, at) + 1):
            before = tokens[at - distance]
            if before.known:
                continue
            if before.booster:
                valence = valence + _boost(before, valence, distance, tokens)
            valence = _negate(valence, tokens, at, distance)
            if distance == 3:
                valence = _idioms(valence, tokens, at)
        least = at > 0 and tokens[at - 1].lower == "least" and not tokens[at - 1].known
        if least and (at == 1 or tokens[at - 2].lower not in {"at", "very"}):
            valence = valence * N_SCALAR
        return valence


def _after_no(tokens: list[Token], at: int) -> bool:
    return (
        (at > 0 and tokens[at - 1].lower == "no")
        or (at > 1 and tokens[at - 2].lower == "no")
        or (at > 2 and tokens[at - 3].lower == "no" and tokens[at - 1].lower in {"or", "nor"})
    )


def _mixed_case(tokens: list[Token]) -> bool:
    """`allcap_differential`."""
    return 0 < sum(token.upper for token in tokens) < len(tokens)


_DAMPENED: Final = {1: 1.0, 2: 0.95, 3: 0.9}


def _boost(before: Token, valence: float, distance: int, tokens: list[Token]) -> float:
    """`scalar_inc_dec`, dampened by distance."""
    scalar = -before.booster if valence < 0 else before.booster
    if before.upper and _mixed_case(tokens):
        scalar = scalar + C_INCR if valence > 0 else scalar - C_INCR
    return scalar if distance == 1 else scalar * _DAMPENED[distance]


def _negate(valence: float, tokens: list[Token], at: int, distance: int) -> float:
    """`_negation_check`, with its precedence of `and` over `or` as written there."""
    before = tokens[at - distance]
    if distance == 1:
        return valence * N_SCALAR if before.negates else valence
    one = tokens[at - 1].lower
    if distance == 2:
        if before.lower == "never" and one in {"so", "this"}:
            return valence * 1.25
        if before.lower == "without" and one == "doubt":
            return valence
    else:
        two = tokens[at - 2].lower
        if (before.lower == "never" and two in {"so", "this"}) or one in {"so", "this"}:
            return valence * 1.25
        if before.lower == "without" and "doubt" in {one, two}:
            return valence
    return valence * N_SCALAR if before.negates else valence


def _idioms(valence: float, tokens: list[Token], at: int) -> float:
    """`_special_idioms_check`."""
    zero, one, two, three = (tokens[at - back].lower for back in range(4))
    two_one, three_two_one, three_two = f"{two} {one}", f"{three} {two} {one}", f"{three} {two}"
    for sequence in (f"{one} {zero}", f"{two} {one} {zero}", two_one, three_two_one, three_two):
        if sequence in SPECIAL_CASES:
            valence = SPECIAL_CASES[sequence]
            break
    if len(tokens) - 1 > at:
        ahead = f"{zero} {tokens[at + 1].lower}"
        valence = SPECIAL_CASES.get(ahead, valence)
        if len(tokens) - 1 > at + 1:
            valence = SPECIAL_CASES.get(f"{ahead} {tokens[at + 2].lower}", valence)
    for n_gram in (three_two_one, three_two, two_one):
        if n_gram in BOOSTER_DICT:
            valence = valence + BOOSTER_DICT[n_gram]
    return valence


def _weigh_but(tokens: list[Token], places: list[int], values: list[float]) -> None:
    """`_but_check`: words before the first "but" count half, after it half again as much.

    The original finds a word by its value, so that of equal values the first one is changed; kept so.
    """
    but = next((at for at, token in enumerate(tokens) if token.lower == "but"), None)
    if but is None:
        return
    for n in range(len(values)):
        value = values[n]
        first = values.index(value)
        if places[first] < but:
            values[first] = value * 0.5
        elif places[first] > but:
            values[first] = value * 1.5


def _compound(values: list[float], text: str) -> float:
    """`score_valence`."""
    total = float(sum(values))
    questions = text.count("?")
    emphasis = min(text.count("!"), 4) * _EMPHASIS + (
        0 if questions <= 1 else questions * 0.18 if questions <= 3 else 0.96
    )
    if total > 0:
        total += emphasis
    elif total < 0:
        total -= emphasis
    compound: float = round(normalize(total), 4)
    return compound
