"""Linked titles out, quotes and links out, the rest as written.

A masked title must add nothing: no valence, no negation, and no capitals that would make other words seem shouted.
VADER strengthens a word in capitals when *some but not all* words of the text are in capitals. So the token is in
capitals where every other word is, and in small letters anywhere else: the rule then says what it says without it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from processors.linking.text import own_words

TOKEN: Final = "title"  # noqa: S105 - no password
"""In no lexicon of VADER, and long enough not to be taken for an emoticon with the punctuation beside it."""


class Span(NamedTuple):
    """A title's place in a text."""

    start: int
    end: int


def blanked(body: str) -> str:
    """The writer's own words; what is quoted or a link is spaces, so that offsets stay."""
    return own_words(body)


def masked(text: str, spans: Iterable[Span], offset: int = 0) -> str:
    """`text` with the token in place of each span; spans are offsets into the body, `offset` is where `text` begins."""
    pieces: list[str] = []
    last = 0
    for start, end in sorted((span.start - offset, span.end - offset) for span in spans):
        if start < last or end > len(text):
            continue
        pieces.append(text[last:start])
        last = end
    if not pieces:
        return text
    pieces.append(text[last:])
    return token_for(pieces).join(pieces)


def token_for(pieces: Iterable[str]) -> str:
    """The token in the case that leaves VADER's capitals rule as it is without the titles."""
    words = [word for piece in pieces for word in piece.split()]
    shouted = bool(words) and all(word.isupper() for word in words)
    return TOKEN.upper() if shouted else TOKEN
