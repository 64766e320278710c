"""What the simulated Reddit holds: threads, comments and the truth about them."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

_SLUG_LENGTH = 50
"""Reddit cuts the title part of its links here."""


@dataclass(frozen=True, slots=True)
class TrueMention:
    """A film that a comment means, known because the comment was written about it."""

    movie_id: int
    via: Literal["text", "thread"]
    """`text`: named in the comment; `thread`: spoken of in the film's own thread without its name."""
    polarity: int
    """What the writer meant: -1, 0 or 1. Sarcasm counts as meant, not as worded."""
    surface: str = ""
    """The words that name the film, as they stand in the body; empty for `thread`."""
    form: str = ""
    """How it is named: plain, lower, italic, quoted, year, typo, possessive, caps, short; empty for `thread`."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known about a comment's meaning. `known` is False for recorded comments: nobody labelled them."""

    mentions: tuple[TrueMention, ...] = ()
    quoted: tuple[int, ...] = ()
    """Films named only in quoted lines: they do not count."""
    sarcastic: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class Thread:
    """A submission that comments hang on."""

    id: str
    """Base 36, without the `t3_`."""
    subreddit: str
    title: str
    created: int
    author: str
    film_id: int | None = None
    """The film the whole thread is about."""
    film_title: str | None = None

    @property
    def fullname(self) -> str:
        """Reddit's name for it."""
        return f"t3_{self.id}"

    @property
    def path(self) -> str:
        """Its link, without the host."""
        plain = unicodedata.normalize("NFKD", self.title).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_SLUG_LENGTH].rstrip("_")
        return f"/r/{self.subreddit}/comments/{self.id}/{slug or '_'}/"


@dataclass(slots=True, eq=False)
class Comment:
    """One comment; the parts below the line change while it is served."""

    order: int
    """Place in the listing: larger is newer. Grows with the creation time."""
    id: str
    created: int
    """Epoch seconds, whole as Reddit gives them."""
    appears: float
    """When the listing first shows it, epoch seconds: some appear late."""
    thread: Thread
    author: str
    body: str
    truth: Truth
    parent: str | None = None
    """Fullname of the comment it answers; None at the top of its thread."""
    score: int = 1
    original_created: int | None = None
    """The recorded time, in a replay."""
    # -----
    edited: int | None = None
    served: bool = False
    gone: bool = False
    """Taken out of the listing after it was there: whoever has not read it by then never will."""
    extra: dict[str, object] = field(default_factory=dict)
    """Raw fields that override what the listing shows: malformed comments for tests."""
    rendered: dict[bool, bytes] = field(default_factory=dict)
    """The finished JSON, by raw_json."""

    @property
    def fullname(self) -> str:
        """Reddit's name for it."""
        return f"t1_{self.id}"

    @property
    def looks_deleted(self) -> bool:
        """True when its text is gone."""
        return self.body in {"[deleted]", "[removed]"}


def base36(number: int) -> str:
    """A non-negative number in Reddit's digits."""
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if not number:
            return digits
