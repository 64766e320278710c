"""Text as the automaton reads it: folded letters, single spaces, and the way back to the original offsets.

Folding keeps the length: every character becomes exactly one character (a base letter, a digit, `&`, or a space), so
that an offset into the folded text is an offset into the body. Words are the runs between spaces.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

READ_LIMIT: Final = 40_000
"""Characters read of one body. Reddit itself accepts 10,000; more is no comment, and the time must be bounded."""

MARK: Final = "\x01"
"""What a combining mark folds to: no letter and no space, taken out when words are joined."""


class _FoldTable(dict[int, str]):
    """`str.translate` table, filled as characters are met (at most one entry a code point)."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() or character == "&" else " "
    category = unicodedata.category(character)
    if category in {"Mn", "Me"}:
        return MARK
    if category in {"Cs", "Co", "Cn", "Cc", "Cf"}:
        return " "
    base = unicodedata.normalize("NFKD", character)[:1]
    # `isspace` guards the rare letter-like symbol whose decomposition starts with a space.
    return base if base.isalnum() and not base.isspace() else " "


_FOLD: Final = _FoldTable()

_QUOTED_LINE: Final = re.compile(r"^[ \t]*(?:>|&gt;)(?!!)[^\n]*", re.MULTILINE)
"""A quoted line; `>!` opens a spoiler, which is the writer's own words."""

_URL: Final = re.compile(r"(?:https?://|www\.)[^\s()\[\]<>]+(?:\([^\s()]*\)[^\s()\[\]<>]*)*", re.IGNORECASE)
_REDDIT_NAME: Final = re.compile(r"(?<![\w/])/?[ru]/[A-Za-z0-9_-]+")
_ENTITY: Final = re.compile(r"&(?:amp|gt|lt|nbsp|quot|#\d{1,7}|#x[0-9A-Fa-f]{1,6});|&#x200B;")


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _entity(match: re.Match[str]) -> str:
    return ("&" if match[0] == "&amp;" else " ").ljust(len(match[0]))


def own_words(body: str) -> str:
    """The body with quoted lines, addresses and Reddit names blanked; same length, so offsets stay."""
    text = body[:READ_LIMIT]
    if ">" in text or "&gt;" in text:
        text = _QUOTED_LINE.sub(_spaces, text)
    if "://" in text or "www." in text or "WWW." in text:
        text = _URL.sub(_spaces, text)
    if "r/" in text or "u/" in text:
        text = _REDDIT_NAME.sub(_spaces, text)
    if "&" in text and ";" in text:
        text = _ENTITY.sub(_entity, text)
    return text


def fold(text: str) -> str:
    """Fold to letters, digits, `&` and spaces; case and length stay."""
    return text.translate(_FOLD)


def join_words(folded: str) -> str:
    """The words of a folded text with one space before, between and after."""
    if MARK in folded:
        folded = folded.replace(MARK, "")
    return f" {' '.join(folded.split())} "


_WORD: Final = re.compile(rf"[^\s]*[^\s{MARK}][^\s]*")


def word_spans(folded: str) -> list[tuple[int, int]]:
    """Start and end of each word, in the order of `join_words`."""
    return [match.span() for match in _WORD.finditer(folded)]


@lru_cache(maxsize=16_384)
def normalise(title: str) -> str:
    """A title as the automaton stores it: folded, lower case, single spaces, none around."""
    return join_words(fold(title)).strip().lower()
