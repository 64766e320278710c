"""Does a comment that does not name its thread's film speak about it?"""

from collections.abc import Set as AbstractSet
from typing import Final

from processors.linking.context import CommentContext

_REMOVED: Final = frozenset({" deleted ", " removed ", "  "})


def speaks_of_thread_film(context: CommentContext, others: AbstractSet[int]) -> float:
    """Probability that it does. A removed or empty comment says nothing."""
    if context.low in _REMOVED:
        return 0.0
    return 0.7 if not others else 0.6
