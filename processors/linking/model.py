"""The types of the linker: what it reads and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Film:
    """What the linker knows of one film of the catalogue."""

    movie_id: int
    title: str
    original_title: str | None = None
    alternative_titles: tuple[str, ...] = ()
    year: int | None = None
    popularity: float | None = None
    vote_count: int | None = None


@dataclass(frozen=True, slots=True)
class CommentText:
    """A comment as the linker reads it."""

    body: str
    thread_title: str | None = None
    """Title of the submission the comment belongs to."""
    created: datetime | None = None
    """When it was written: a film released well after it is never meant."""


class Mention(NamedTuple):
    """One film meant by one comment."""

    movie_id: int
    via: Literal["text", "thread"]
    start: int
    """Offset into the body (Python string index); 0 for `via="thread"`."""
    end: int
    surface: str
    """`body[start:end]`; empty for `via="thread"`."""
    confidence: float
    """Estimated probability, in [0, 1]."""


class Links(NamedTuple):
    """The answer for one comment: each film at most once in `mentions`, in the order of the text."""

    mentions: tuple[Mention, ...] = ()
    uncertain: tuple[Mention, ...] = ()
    """Spans that may name a film but are not sure enough to count; never one that `mentions` names by text."""
    places: tuple[tuple[int, int, int], ...] = ()
    """(movie_id, start, end) of every place where a mentioned film is named, the first one among them."""
