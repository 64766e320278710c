"""vaderSentiment's tables for the optional extension `trendscope_native`: its rules and the lexicon in use, as data."""

from typing import Any, Final

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    C_INCR,
    N_SCALAR,
    NEGATE,
    SPECIAL_CASES,
)

from processors.sentiment.lexicon import film_analyzer

_TENTHS: Final = [0.1] * 10


def table() -> dict[str, Any]:
    """The tables, as the constructor of `trendscope_native.Analyzer` takes them."""
    original = film_analyzer()
    return {
        "lexicon": list(original.lexicon.items()),
        "emojis": [(key, text) for key, text in original.emojis.items() if len(key) == 1],
        "boosters": list(BOOSTER_DICT.items()),
        "negations": sorted(set(NEGATE)),
        "idioms": [(phrase, float(value)) for phrase, value in SPECIAL_CASES.items()],
        "increment": C_INCR,
        "negation": N_SCALAR,
        "compensated": sum(_TENTHS) == 1.0,
    }
