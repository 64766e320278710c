"""A Kafka record becomes an event of its topic's contract, or a dead letter with the reason."""

from dataclasses import dataclass
from datetime import UTC, datetime

from common import dead_letters
from common.clock import from_millis, to_millis
from configs.settings import Settings
from contracts.errors import ContractError
from contracts.events import DeadLetter, DeadLetterReason, RedditComment, TmdbFilm

REDDIT_EPOCH = to_millis(datetime(2005, 6, 23, tzinfo=UTC))
"""The day Reddit opened: no comment is older (and no poll: TMDB's API is younger)."""
_LONGEST_CHARACTER = 4
"""Bytes of UTF-8: a body of a quarter of the limit cannot pass it, and need not be encoded to be measured."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a record must keep to besides its schema."""

    body_bytes: int
    future_skew: int
    """How far event time may be after the broker's append time, ms. The broker's time and not the host's, so that a
    batch judged again is judged alike."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "Limits":
        """The limits as configured."""
        return cls(settings.max_comment_bytes, int(settings.max_future_skew.total_seconds() * 1_000))


def parse_film(value: bytes | None, append: int, limits: Limits) -> tuple[TmdbFilm, int]:
    """A message of tmdb_stream, and its fetched_at in ms. See `parse_comment`."""
    film = TmdbFilm.decode(value)
    return film, _event_time(film.fetched_at, "fetched_at", append, limits)


def parse_comment(value: bytes | None, append: int, limits: Limits) -> tuple[RedditComment, int]:
    """A message of reddit_stream, and its created_utc in ms.

    Args:
        value: the message.
        append: when the broker took it, ms.
        limits: beyond the schema.

    Raises:
        ContractError: with the dead letter's reason.
    """
    comment = RedditComment.decode(value)
    size = len(comment.body)
    if size * _LONGEST_CHARACTER > limits.body_bytes and len(comment.body.encode()) > limits.body_bytes:
        raise ContractError(DeadLetterReason.TOO_LARGE, f"the body is longer than {limits.body_bytes} bytes")
    return comment, _event_time(comment.created_utc, "created_utc", append, limits)


def _event_time(instant: datetime, name: str, append: int, limits: Limits) -> int:
    millis = to_millis(instant)
    if millis > append + limits.future_skew:
        raise ContractError(DeadLetterReason.EVENT_TIME, f"{name} is after the record's arrival")
    if millis < REDDIT_EPOCH:
        raise ContractError(DeadLetterReason.EVENT_TIME, f"{name} is before Reddit existed")
    return millis


@dataclass(frozen=True, slots=True)
class Record:
    """A record as Kafka gave it; `append` is the broker's time in ms."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    append: int


def dead_letter(record: Record, error: ContractError) -> DeadLetter:
    """The record set aside. `seen_at` is the append time, so that the same record always gives the same message."""
    return dead_letters.dead_letter(
        record.value or b"",
        source=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key.decode("utf-8", "replace") if record.key is not None else None,
        reason=DeadLetterReason(error.reason),
        detail=error.detail,
        seen_at=from_millis(record.append),
    )
