"""Does a comment that does not name its thread's film speak about it?

In a thread about one film nearly every comment does. The exceptions that can be told: removed comments, and short ones
that name other films and do not point back at this one ("this movie", "the ending", "saw it"). Films of the same
series are no others: who compares a sequel with what came before speaks of the sequel.
"""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from processors.linking.context import CommentContext

NOTHING: Final = frozenset({" deleted ", " removed ", "  "})

_SUBJECTS: Final = ("movie", "film", "ending", "trailer", "cinema", "third act", "villain", "scene")
_LIKED: Final = ("liked", "loved", "hated", "enjoyed")
THIS: Final = (
    *(f"this {word}" for word in ("movie", "film", "one", "was", "is")),
    *(f"the {word}" for word in _SUBJECTS),
    *(f"{verb} {word}" for verb in ("saw", *_LIKED) for word in ("this", "it")),
    "it was",
)
"""Phrases that point back at the thread's film."""
_THIS: Final = re.compile(f" (?:{'|'.join(THIS)}) ")

SHORT: Final = 40
"""Words up to which naming another film means speaking of that one alone; longer comments come back to the thread's."""

USUAL: Final = 0.85
"""Share of comments that speak of the thread's film where nothing tells otherwise (283 of 333 labelled ones)."""

ABOUT_OTHERS: Final = 0.2
"""The same where a short comment names other films only (5 of 25 labelled ones)."""


def speaks_of_thread_film(context: CommentContext, others: AbstractSet[int]) -> float:
    """Probability that it does; `others` are the films it names, those of the thread's series aside."""
    if context.low in NOTHING:
        return 0.0
    if others and context.low.count(" ") <= SHORT and not _THIS.search(context.low):
        return ABOUT_OTHERS
    return USUAL
