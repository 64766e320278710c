"""A record set aside as a message of dead_letter_stream, cut where the whole of it would be too large for the topic."""

import base64
from datetime import datetime

from configs.topics import MAX_MESSAGE_BYTES
from contracts.events import DeadLetter, DeadLetterReason

MOST_RAW_BYTES = (MAX_MESSAGE_BYTES - 64 * 1024) * 3 // 4
"""What fits in one message as base64, which makes 4 bytes of 3, with 64 KiB for the other fields."""
_MOST_KEY_CHARACTERS = 1_000


def dead_letter(  # noqa: PLR0913 - the message's fields, each named
    raw: bytes,
    *,
    source: str,
    key: str | None,
    reason: DeadLetterReason,
    detail: str,
    seen_at: datetime,
    partition: int | None = None,
    offset: int | None = None,
) -> DeadLetter:
    """The message for a record, whole as long as Kafka takes it; `detail` says when it is not.

    Args:
        raw: the record.
        source: its topic, or the API it came from.
        key: its key; only the beginning is kept.
        reason: the stable code.
        detail: for people.
        seen_at: when it was met.
        partition: where in the topic.
        offset: where in the partition.
    """
    if len(raw) > MOST_RAW_BYTES:
        detail += f" (only the first {MOST_RAW_BYTES} of {len(raw)} bytes are kept)"
    return DeadLetter(
        source_topic=source,
        source_partition=partition,
        source_offset=offset,
        source_key=None if key is None else key[:_MOST_KEY_CHARACTERS],
        raw_base64=base64.b64encode(raw[:MOST_RAW_BYTES]).decode(),
        reason=reason,
        detail=detail,
        seen_at=seen_at,
    )
