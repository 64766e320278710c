"""From Reddit's JSON to a `RedditComment`, or the reason why not. Pure: the clock and the hash are parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from contracts.events import DeadLetterReason, RedditComment
from producers.text import repair

Hash = Callable[[str], str]

_GONE = frozenset({"[deleted]", "[removed]", "[ removed by reddit ]", "[removed by reddit]"})
"""What Reddit shows in place of a body its author or a moderator took away."""
_PERSONAL = ("author", "author_fullname", "link_author")
_LEFT_OUT = frozenset({"body_html", "author_flair_richtext", "author_flair_text", "all_awardings"})
"""Renderings and ornaments: `body_html` doubles the size of a 5 MB comment, which then would not fit a dead letter."""


@dataclass(frozen=True)
class Usable:
    """A comment to publish, and how many characters of it had to be replaced."""

    comment: RedditComment
    repaired: int


@dataclass(frozen=True)
class Gone:
    """A comment its author or a moderator has taken away: to be forgotten, not kept."""


@dataclass(frozen=True)
class Unusable:
    """A record for the dead letters."""

    reason: DeadLetterReason
    detail: str
    key: str | None


def parse(thing: Any, *, fetched_at: datetime, author_hash: Hash, max_bytes: int) -> Usable | Gone | Unusable:
    """Read one child of a listing."""
    data = thing.get("data") if isinstance(thing, dict) else None
    if not isinstance(data, dict) or thing.get("kind") != "t1":
        return Unusable(DeadLetterReason.SOURCE_RECORD, "not a comment (kind t1 with data)", None)
    key = repair(data["id"][:64])[0] if isinstance(data.get("id"), str) else None
    body = data.get("body")
    if not isinstance(body, str):
        return Unusable(DeadLetterReason.SOURCE_RECORD, "body: not a text", key)
    if body.strip().lower() in _GONE:
        return Gone()
    size = len(body.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        return Unusable(DeadLetterReason.TOO_LARGE, f"body: {size} bytes, over MAX_COMMENT_BYTES={max_bytes}", key)
    return _comment(data, body, key, fetched_at, author_hash)


def _comment(
    data: dict[str, Any], body: str, key: str | None, fetched_at: datetime, author_hash: Hash
) -> Usable | Unusable:
    text, repaired = repair(body)
    title, repaired_title = repair(_text(data, "link_title") or "")
    try:
        comment = RedditComment.model_validate(
            {
                "id": key if key == data.get("id") else None,
                "body": text,
                "subreddit": _clean(data, "subreddit"),
                "author": _author(data, author_hash),
                "created_utc": _instant(data.get("created_utc")),
                "score": _score(data),
                "permalink": _clean(data, "permalink"),
                "submission_id": _bare_id(_clean(data, "link_id")),
                "submission_title": title or None,
                "fetched_at": fetched_at,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Unusable(DeadLetterReason.SOURCE_RECORD, f"{where}: {first['msg']}", key)
    return Usable(comment, repaired + repaired_title)


def _text(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) and value else None


def _clean(data: dict[str, Any], name: str) -> str | None:
    value = _text(data, name)
    return repair(value)[0] if value else None


def _author(data: dict[str, Any], author_hash: Hash) -> str | None:
    name = _text(data, "author")
    return None if name is None or name.lower() in _GONE else author_hash(name)


def _instant(value: object) -> datetime | None:
    """None, which the contract refuses, for anything but a number of seconds a calendar can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _score(data: dict[str, Any]) -> int | None:
    """None while Reddit hides the score: what it shows then is a placeholder."""
    value = data.get("score")
    known = type(value) is int and abs(value) < 2**31 and data.get("score_hidden") is not True
    return value if known else None


def _bare_id(name: str | None) -> str | None:
    return name.split("_", 1)[-1] if name else None


def without_names(thing: Any, author_hash: Hash) -> Any:
    """The record as a dead letter may keep it: user names hashed, renderings of the body left out."""
    data = thing.get("data") if isinstance(thing, dict) else None
    if not isinstance(data, dict):
        return thing
    kept = {name: value for name, value in data.items() if name not in _LEFT_OUT}
    for name in _PERSONAL:
        if isinstance(kept.get(name), str):
            kept[name] = author_hash(kept[name])
    return {**thing, "data": kept}
