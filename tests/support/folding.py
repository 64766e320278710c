"""Drives the pure fold as Spark would: buckets, packets, watermark."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from processors.fold import fold
from processors.ids import compact_id
from processors.packing import Table
from processors.records import COMMENT, MENTION, OBSERVATION, SENTIMENT_UNIT, Packet
from processors.state import BucketState
from processors.windows import WindowRule
from tests.oracle import OracleComment

MINUTE = 60_000
RULE = WindowRule(slide=MINUTE, panes=5, delay=2 * MINUTE, max_age=24 * 60 * MINUTE)
START = 1_760_000_040_000
"""An instant on a whole minute."""


@dataclass(frozen=True)
class Poll:
    """One film in one poll of TMDB."""

    movie: int
    fetched: int
    popularity: float = 10.0
    listed: bool = True
    append: int | None = None
    """None: as soon as it was fetched; 0: it came with the catalogue."""


def packet(
    comments: Sequence[tuple[int, OracleComment]], polls: Sequence[Poll], bucket: int, buckets: int, **more: Any
) -> Packet:
    """What the stage would send `bucket` of these records; comments come with their offsets."""
    mentions = [
        (offset, round(compound * SENTIMENT_UNIT), movie, via == "thread")
        for offset, comment in comments
        for movie, via, compound in comment.films
        if movie % buckets == bucket
    ]
    rows = [
        (p.movie, p.fetched, p.fetched if p.append is None else p.append, p.popularity, 0, p.fetched * p.listed)
        for p in polls
        if p.movie % buckets == bucket
    ]
    numbers = [(offset, compact_id(c.id), c.created, len(c.films)) for offset, c in comments]
    newest = max((row[2] for row in rows), default=0)
    fields: dict[str, Any] = {"documents": {}, "last_append": newest, "first_comment": 0} | more
    return Packet(
        comments=np.array(numbers, COMMENT),
        mentions=np.array(mentions, MENTION),
        observations=np.array(rows, OBSERVATION),
        **fields,
    )


@dataclass
class Folder:
    """A job of some buckets, fed micro-batch by micro-batch."""

    rule: WindowRule = RULE
    buckets: int = 2
    shuffle: random.Random | None = None
    """Cuts each batch into random packets in random order; None sends it whole."""
    states: dict[int, BucketState] = field(default_factory=dict)
    ledger: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Every emitted window, in order."""
    newest: int = 0
    offset: int = 0

    @property
    def watermark(self) -> int:
        """As Spark computes it from the batches so far."""
        return max(0, self.newest - self.rule.delay) if self.newest else 0

    def feed(self, comments: Sequence[OracleComment] = (), polls: Sequence[Poll] = ()) -> list[dict[str, Any]]:
        """Fold one micro-batch into every bucket and return what it emitted."""
        records = list(enumerate(comments, self.offset))
        self.offset += len(records)
        chunks = self._chunks(records)
        emitted: list[dict[str, Any]] = []
        for bucket in range(self.buckets):
            packets = [packet(chunk, polls if n == 0 else (), bucket, self.buckets) for n, chunk in enumerate(chunks)]
            if self.shuffle:
                self.shuffle.shuffle(packets)
            before = BucketState.decode(self.states.get(bucket, BucketState()).encode())
            after, output = fold(before, packets, self.watermark, self.rule, lead=bucket == 0)
            self.states[bucket] = after
            self.ledger.update(output.ledger)
            emitted += as_dicts(output.windows)
        self.newest = max([self.newest, *(comment.created for comment in comments)])
        self.rows += emitted
        return emitted

    def latest(self) -> dict[tuple[int, int], dict[str, Any]]:
        """The last row of each (film, window start in ms)."""
        return {(row["movie"], row["window"] * self.rule.slide): row for row in self.rows}

    def _chunks(self, records: list[tuple[int, OracleComment]]) -> list[list[tuple[int, OracleComment]]]:
        if self.shuffle is None or not records:
            return [records]
        parts: list[list[tuple[int, OracleComment]]] = [[] for _ in range(self.shuffle.randint(1, 4))]
        for record in records:
            self.shuffle.choice(parts).append(record)
        return parts


def as_dicts(table: Table) -> list[dict[str, Any]]:
    """A structured array's rows by field name; None for NaN, so that rows can be compared."""
    rows = [dict(zip(table.dtype.names or (), row.item(), strict=True)) for row in table]
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]  # noqa: PLR0124
