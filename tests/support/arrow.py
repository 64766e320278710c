"""Records of reddit_stream as Spark hands them to the stage."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from configs.topics import REDDIT_STREAM

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""The append time of the first record."""


def arrow(values: Sequence[bytes | None]) -> pa.RecordBatch:
    """An Arrow batch of one partition, a record every 10 ms."""
    count = len(values)
    appended = [NOW + timedelta(milliseconds=10 * number) for number in range(count)]
    return pa.RecordBatch.from_arrays(
        [
            pa.array([REDDIT_STREAM] * count),
            pa.array([2] * count, pa.int32()),
            pa.array(range(100, 100 + count), pa.int64()),
            pa.array([b"key"] * count, pa.binary()),
            pa.array(values, pa.binary()),
            pa.array(appended, pa.timestamp("us", "UTC")),
        ],
        names=["topic", "partition", "offset", "key", "value", "timestamp"],
    )
