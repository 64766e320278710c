"""Enumerations: "casino, goodfellas, heat and die hard" are all films when some of them clearly are."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from processors.linking.context import CommentContext
from processors.linking.index import Surface

JOINERS: Final = frozenset(["and", "or", "&", "to", "then", "vs", "versus", "plus"])
_SEPARATORS: Final = frozenset(",/;\n&+|→>-*•")

CLEAR: Final = -0.5
"""Ordinariness below which a surface of several words is a clear title in any case: once in three million words."""


EVERYDAY: Final = 2.0
"""Ordinariness of a lower-case surface that an enumeration cannot save: 100 in a million words, as "wanted"."""


class Found(NamedTuple):
    """A surface at a place of the joined text."""

    start: int
    end: int
    surface: Surface
    chain: int = 0
    """Clear titles in the same enumeration, itself not counted."""
    others: int = 0
    """Clear titles elsewhere in the comment."""
    within: bool = False
    """Whether a longer surface holds it."""


def is_clear(found: Found, flat: str) -> bool:
    """Whether the words alone nearly say that it is a title: several rare together, or a rare one with a capital."""
    surface = found.surface
    if surface.words > 1:
        return surface.ordinariness < CLEAR
    return surface.ordinariness < 0 and not flat[found.start].islower()


def with_chains(clear: Sequence[Found], everyday: Sequence[Found], context: CommentContext) -> list[Found]:
    """The clear ones, and those everyday ones that stand in an enumeration with a clear title."""
    if not any(is_clear(found, context.flat) for found in clear):
        return list(clear)  # no enumeration can say anything: only clear titles do
    everyday = [found for found in everyday if found.surface.ordinariness < EVERYDAY]
    links = _links([*clear, *everyday], context)
    if not links:
        return list(clear)
    certain = set(clear)
    kept: list[Found] = []
    for found in (*clear, *everyday):
        titles = sum(is_clear(other, context.flat) for other in _chain(found, links))
        if titles or found in certain:
            kept.append(found._replace(chain=titles))
    return kept


MOST_COMPARED: Final = 400
"""Spans of one comment that are compared with each other; more are a list or an attack; time must be bounded."""


def with_company(found: Sequence[Found], clear: Sequence[Found], flat: str) -> list[Found]:
    """Each span with what the comment holds beside it; `clear` are the spans that need no enumeration."""
    if not 1 < len(found) <= MOST_COMPARED:
        return list(found)
    ends = {other.end for other in clear if is_clear(other, flat)}
    spans = [(one.start, one.end, one.surface.words - (one.surface.head > 0)) for one in found]
    company: list[Found] = []
    for one, (start, end, words) in zip(found, spans, strict=True):
        others = len(ends) - sum(start <= other <= end for other in ends) if ends else 0
        within = any(first <= start and end <= last and words < more for first, last, more in spans)
        company.append(one._replace(others=others, within=within) if others or within else one)
    return company


Links = dict[tuple[int, int], list[Found]]


def _links(found: Iterable[Found], context: CommentContext) -> Links:
    """For each span, the spans joined to it by a comma, "and", a slash or a line break."""
    starts: dict[int, list[Found]] = {}
    spans = list(found)
    for span in spans:
        starts.setdefault(span.start, []).append(span)
    links: Links = {}
    for span in spans:
        for following in _following(span, starts, context):
            links.setdefault((span.start, span.end), []).append(following)
            links.setdefault((following.start, following.end), []).append(span)
    return links


def _following(span: Found, starts: dict[int, list[Found]], context: CommentContext) -> list[Found]:
    word = context.word_after(span.end)
    after = span.end + 1
    joined = word in JOINERS
    beyond = after + len(word) + 1 if joined else after
    candidates = starts.get(beyond, [])
    if not candidates and not joined and word.isdigit() and len(word) == 4:
        candidates, joined = starts.get(after + 5, []), False  # a year stands between: "Heat (1995), Ronin"
    if not candidates:
        return []
    if joined:
        return candidates
    gap = context.text[
        context.body_span(span.start, span.end)[1] : context.body_span(candidates[0].start, candidates[0].end)[0]
    ]
    return candidates if _SEPARATORS.intersection(gap) else []


_LONGEST: Final = 40


def _chain(found: Found, links: Links) -> set[Found]:
    """All spans reached from this one, itself and what overlaps it left out."""
    seen: set[Found] = set()
    waiting = [found]
    while waiting and len(seen) < _LONGEST:
        current = waiting.pop()
        for other in links.get((current.start, current.end), ()):
            if other not in seen and not (other.start < found.end and found.start < other.end):
                seen.add(other)
                waiting.append(other)
    return seen
