"""Which part of a comment is about which film."""

import itertools
import re
from bisect import bisect_right
from typing import Final

_SENTENCE: Final = re.compile(r"(?<=[.!?])[\"”’')*_]*\s+|\n+")
"""A sentence ends at . ! ? followed by a space, or at a line's end."""

_CLAUSE: Final = re.compile(
    r";\s+|,?\s+(?=(?:but|while|whereas|although|though|however|unlike)\b)|,\s+(?=(?:and|so|yet)\b)", re.IGNORECASE
)
"""A clause ends where a contrast begins."""


def divide(text: str, pattern: re.Pattern[str], offset: int = 0) -> list[tuple[int, int]]:
    """Consecutive spans of `text` between the matches of `pattern`; the match belongs to the span before it."""
    cuts = [match.end() for match in pattern.finditer(text) if 0 < match.end() < len(text)]
    edges = [0, *dict.fromkeys(cuts), len(text)]
    return [(start + offset, end + offset) for start, end in itertools.pairwise(edges)]


def units(text: str, starts: list[int]) -> list[tuple[int, int]]:
    """Sentences; a sentence that holds several of the `starts` is divided into its clauses."""
    found: list[tuple[int, int]] = []
    for start, end in divide(text, _SENTENCE):
        inside = bisect_right(starts, end - 1) - bisect_right(starts, start - 1)
        if inside > 1:
            found += _merged(divide(text[start:end], _CLAUSE, start), starts)
        else:
            found.append((start, end))
    return found


def _merged(clauses: list[tuple[int, int]], starts: list[int]) -> list[tuple[int, int]]:
    """A clause without a title belongs to the one before it; the first one to the one after it."""
    merged: list[tuple[int, int]] = []
    leading: int | None = None
    for start, end in clauses:
        named = bisect_right(starts, end - 1) > bisect_right(starts, start - 1)
        if named:
            merged.append((start if leading is None else leading, end))
            leading = None
        elif merged:
            merged[-1] = (merged[-1][0], end)
        elif leading is None:
            leading = start
    return merged or [(clauses[0][0], clauses[-1][1])]
