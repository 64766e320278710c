"""What crosses between the steps: from the workers' stage to the fold (`Packet`), and from the fold to the driver."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from processors.packing import BYTE, LENGTH, Table, join_blobs, pack, split_blobs, unpack

SENTIMENT_UNIT = 10**11
"""Sentiments are summed as integers of 1e-11, so that a sum does not depend on the order of its terms. The error of a
mean is below 1e-11, and 92 million mentions of one film fit in one pane."""

COMMENT = np.dtype([("order", "<i8"), ("id", "<i8"), ("time", "<i8"), ("films", "<i4")])
"""A comment: place in its topic, compact id, created_utc in ms, number of films it mentions."""
MENTION = np.dtype([("order", "<i8"), ("sentiment", "<i8"), ("movie", "<i4"), ("thread", "<i4")])
"""A comment's mention of a film: the comment's order, compound in SENTIMENT_UNIT, film, 1 when `via` thread."""
OBSERVATION = np.dtype(
    [
        ("movie", "<i8"),
        ("fetched", "<i8"),
        ("append", "<i8"),
        ("popularity", "<f8"),
        ("rank", "<i8"),
        ("listed", "<i8"),
    ]
)
"""What TMDB said of a film: fetched_at and Kafka's append time (ms; 0 when it came with the catalogue's snapshot),
popularity (NaN: unknown), trending rank (0: none), fetched_at of the last poll that had it in a list (0: none)."""
WINDOW = np.dtype(
    [
        ("movie", "<i8"),
        ("window", "<i8"),
        ("text", "<i8"),
        ("thread", "<i8"),
        ("sentiment", "<i8"),
        ("positive", "<i8"),
        ("negative", "<i8"),
        ("popularity", "<f8"),
        ("observed", "<i8"),
        ("rank", "<i4"),
        ("revision", "<i4"),
        ("final", "<i4"),
    ]
)
"""One emitted (film, window): window number, mentions by `via`, sum of compounds in SENTIMENT_UNIT, polarities,
popularity (NaN: unknown) with its fetched_at (0: none) and rank (0: none), revision, 1 when final."""
_ORDER = np.dtype("<i8")


class Category(StrEnum):
    """Every record of reddit_stream falls in exactly one; stable names, kept in Cassandra and as a metric label."""

    COUNTED = "counted"
    DUPLICATE = "duplicate"
    LATE = "late"
    WITHOUT_FILM = "without_film"
    DEAD_LETTER = "dead_letter"
    NOT_ORGANIC = "not_organic"


class DocumentKind(StrEnum):
    """The JSON documents that travel beside the numbers."""

    FILM = "film"
    """A `TmdbFilm` message as it came."""
    EXAMPLE = "example"
    """A `MentionExample`."""
    DEAD_LETTER = "dead_letter"
    """A `DeadLetter` message."""


@dataclass(slots=True)
class Documents:
    """JSON documents, each with the order of the record it came from."""

    orders: list[int] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)

    def add(self, order: int, value: bytes) -> None:
        """Append one."""
        self.orders.append(order)
        self.values.append(value)


@dataclass(slots=True)
class Packet:
    """What one bucket gets from one task: all its comments, and the bucket's own films and mentions.

    Every bucket sees every comment, so that all of them judge alike what is late and what is a duplicate even when a
    comment's copies were linked to different films; 28 bytes a comment and bucket are the price.
    """

    comments: Table
    mentions: Table
    observations: Table
    """From tmdb_stream, and the catalogue's for the films mentioned here."""
    documents: dict[DocumentKind, Documents]
    last_append: int
    """The newest append time in the batch, ms."""
    first_comment: int
    """The oldest append time of a comment in the batch, ms; 0 when there is none."""
    dead_letters: int = 0
    """Records of reddit_stream set aside; told to the lead bucket alone, as the next two."""
    not_organic: int = 0
    uncertain: int = 0
    """Links the linker kept out because it was not sure."""

    def encode(self) -> bytes:
        """As one binary value."""
        tables = {"comments": self.comments, "mentions": self.mentions, "observations": self.observations}
        meta = {
            "last_append": self.last_append,
            "first_comment": self.first_comment,
            "dead_letters": self.dead_letters,
            "not_organic": self.not_organic,
            "uncertain": self.uncertain,
        }
        return pack(meta, tables | _document_tables(self.documents))

    @classmethod
    def decode(cls, value: bytes) -> "Packet":
        """The inverse of `encode`."""
        meta, tables = unpack(value, _PACKET_TABLES)
        return cls(
            comments=tables["comments"],
            mentions=tables["mentions"],
            observations=tables["observations"],
            documents=_documents(tables),
            **meta,
        )


@dataclass(slots=True)
class FoldOutput:
    """What one bucket made of one micro-batch."""

    windows: Table
    ledger: dict[str, int]
    """Counts by category; from the lead bucket alone."""
    documents: dict[DocumentKind, Documents]
    last_append: int
    first_comment: int
    watermark: int
    """Event time in ms; 0 until a comment was seen."""
    uncertain: int = 0
    state_bytes: int = 0

    def encode(self) -> bytes:
        """As one binary value."""
        meta = {
            "ledger": self.ledger,
            "last_append": self.last_append,
            "first_comment": self.first_comment,
            "watermark": self.watermark,
            "uncertain": self.uncertain,
            "state_bytes": self.state_bytes,
        }
        return pack(meta, {"windows": self.windows} | _document_tables(self.documents))

    @classmethod
    def decode(cls, value: bytes) -> "FoldOutput":
        """The inverse of `encode`."""
        meta, tables = unpack(value, _OUTPUT_TABLES)
        return cls(windows=tables["windows"], documents=_documents(tables), **meta)


def stack(tables: Sequence[Table], dtype: np.dtype[Any]) -> Table:
    """All rows of several tables of one type."""
    return np.concatenate([np.empty(0, dtype), *tables])


_DOCUMENT_TABLES = {
    f"{kind}_{part}": dtype
    for kind in DocumentKind
    for part, dtype in (("orders", _ORDER), ("lengths", LENGTH), ("data", BYTE))
}
_PACKET_TABLES = {"comments": COMMENT, "mentions": MENTION, "observations": OBSERVATION, **_DOCUMENT_TABLES}
_OUTPUT_TABLES = {"windows": WINDOW, **_DOCUMENT_TABLES}


def _document_tables(documents: dict[DocumentKind, Documents]) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for kind, some in documents.items():
        lengths, data = join_blobs(some.values)
        tables |= {
            f"{kind}_orders": np.array(some.orders, _ORDER),
            f"{kind}_lengths": lengths,
            f"{kind}_data": data,
        }
    return tables


def _documents(tables: dict[str, Table]) -> dict[DocumentKind, Documents]:
    return {
        kind: Documents(
            tables[f"{kind}_orders"].tolist(), split_blobs(tables[f"{kind}_lengths"], tables[f"{kind}_data"])
        )
        for kind in DocumentKind
        if f"{kind}_orders" in tables
    }
