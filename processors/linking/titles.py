"""Taking a film's title apart: article, main title, subtitle, number.

All functions work on normalised titles with the separators kept (`split_title`) or on plain normalised words.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from processors.linking.text import normalise

ARTICLES: Final = frozenset({"the", "a", "an"})

_WORDS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii")
NUMBERS: Final = {
    **{word: n for n, word in enumerate(_WORDS, 1)},
    **{word: n for n, word in enumerate(_ROMAN, 1)},
    **{str(n): n for n in range(1, 14)},
}
"""Number words, Roman and Arabic numerals up to 13: the longest film series there are."""

PART_WORDS: Final = ("part", "chapter", "vol", "volume", "episode")

OTHER_NUMERAL: Final = {
    written: other
    for number, word in enumerate(_WORDS[1:], 2)
    for written, other in ((word, str(number)), (str(number), word))
}
"""2 for two, and two for 2."""

_DASH: Final = re.compile(r"\s[-–—]\s")
_COLON: Final = re.compile(r"[:;](?=\s|\D)")
"""What divides a main title from its subtitle: a dash with spaces; without one, a colon ("3:10 to Yuma" has none)."""

_PARENTHESIS: Final = re.compile(r"\s*\([^()]*\)")


REMEMBERED: Final = 250_000
"""Titles taken apart once for all: with every change of the catalogue the linker is built anew, and nearly all of its
titles are those of before. More than TMDB has films that anybody speaks of."""


class Numbered(NamedTuple):
    """A title with a number in it: `base` + marker + number (+ subtitle)."""

    base: str
    marker: str
    number: int
    rest: str


def numerals(number: int) -> tuple[str, ...]:
    """The ways to write a small number: 2, two, ii."""
    if number <= len(_WORDS):
        return str(number), _WORDS[number - 1], _ROMAN[number - 1]
    return (str(number),) + ((_ROMAN[number - 1],) if number <= len(_ROMAN) else ())


def raw_parts(title: str) -> list[str]:
    """Main title and subtitles as written; what is in parentheses is left out.

    "Mission: Impossible - Fallout" is divided at the dash alone: there the colon belongs to the main title.
    """
    return list(_parts(title)[0])


def split_title(title: str) -> list[str]:
    """Main title and subtitles, each normalised."""
    return list(_parts(title)[1])


@lru_cache(maxsize=REMEMBERED)
def _parts(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts as written, and normalised."""
    bare = _PARENTHESIS.sub("", title)
    separator = _DASH if _DASH.search(bare) else _COLON
    raw = tuple(part for part in separator.split(bare) if normalise(part))
    return raw, tuple(map(normalise, raw))


def without_article(words: str) -> str:
    """The words without a leading article; the same when nothing would be left."""
    head, _, tail = words.partition(" ")
    return tail if tail and head in ARTICLES else words


@lru_cache(maxsize=REMEMBERED)
def numbered(title: str) -> Numbered | None:
    """Find the number a title counts its series with; None when it has none.

    `Terminator 2: Judgment Day` gives base "terminator", 2, rest "judgment day". A number counts when it ends one of
    the title's parts, or stands alone as a part ("Dune: Part Two").
    """
    parts = split_title(title)
    for index, part in enumerate(parts):
        words = part.split()
        number = NUMBERS.get(words[-1])
        if number is None or (words[-1] == "i" and not (len(words) > 1 and words[-2] in PART_WORDS)):
            continue
        head, marker = words[:-1], ""
        if head and head[-1] in PART_WORDS:
            marker = head.pop()
        base = " ".join([*parts[:index], *head])
        if base:
            return Numbered(base, marker, number, " ".join(parts[index + 1 :]))
    return None
