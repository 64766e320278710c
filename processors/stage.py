"""The workers' step, without state: a task's Kafka records become packets of numbers, one a bucket.

It runs inside Spark's `mapInArrow`. The linker and the analyzer are built once a worker process.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from configs.topics import REDDIT_STREAM, TMDB_STREAM
from processors.batch import BatchBuilder, Sentiment
from processors.catalogue_reader import CatalogueReader, FilmLinker, NoCatalogueError
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film
from processors.native import NativeLinker, analyzer, extension
from processors.native_batch import NativeBatchBuilder
from processors.parse import Limits, Record
from processors.sentiment.score import FilmSentiment
from processors.snapshots import SnapshotFiles

STAGE_SCHEMA = "bucket int, event_time timestamp, packet binary"
_ARROW_SCHEMA = pa.schema([("bucket", pa.int32()), ("event_time", pa.timestamp("us", "UTC")), ("packet", pa.binary())])
_MICROS = 1_000
_LATEST = (1 << 62) - 1
"""An append time after every snapshot."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`mapInArrow`'s function. It is sent to the workers by value, and holds only what they need to know."""

    catalogue_dir: Path
    bucket_keys: tuple[int, ...]
    """The key of each bucket, see `buckets.bucket_keys`."""
    limits: Limits

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Packets of a task's records, if it has any: a row a bucket, so that every bucket folds every micro-batch.

        Columns in: topic, partition, offset, key, value, timestamp. Columns out: STAGE_SCHEMA, where event_time is the
        task's newest created_utc, or the epoch: films and faulty records never move the watermark.
        """
        tools = _tools(self.catalogue_dir)
        builder: BatchBuilder | None = None
        for batch in batches:
            if batch.num_rows:
                tools.catalogue.refresh()
                builder = builder or tools.builder(len(self.bucket_keys), self.limits)
                collect(batch, builder)
        if builder is not None:
            yield self._packets(builder)

    def _packets(self, builder: BatchBuilder) -> pa.RecordBatch:
        packets = [packet.encode() for packet in builder.packets()]
        times = pa.array([builder.newest_event * _MICROS] * len(packets), pa.int64()).cast(pa.timestamp("us", "UTC"))
        keys = pa.array(self.bucket_keys, pa.int32())
        return pa.RecordBatch.from_arrays([keys, times, pa.array(packets, pa.binary())], schema=_ARROW_SCHEMA)


class _Rows:
    """The records of a batch."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._columns = [batch.column(name) for name in ("topic", "partition", "offset", "key", "value")]
        self.appended = pc.divide(batch.column("timestamp").cast(pa.int64()), _MICROS)

    def are_comments(self) -> bool:
        """Whether all are of reddit_stream and have an append time."""
        topics = self._columns[0]
        return not self.appended.null_count and pc.all(pc.equal(topics, REDDIT_STREAM)).as_py() is True

    def record(self, row: int) -> Record:
        """One of them."""
        return Record(*(column[row].as_py() for column in (*self._columns, self.appended)))

    def __iter__(self) -> Iterator[Record]:
        for row in zip(*(column.to_pylist() for column in (*self._columns, self.appended)), strict=True):
            yield Record(*row)


def collect(batch: pa.RecordBatch, builder: BatchBuilder) -> None:
    """Give a builder all records of a batch: as columns where it takes them, else one by one."""
    records = _Rows(batch)
    if isinstance(builder, NativeBatchBuilder) and records.are_comments():
        builder.add_comments(batch, records.appended, records.record)
        return
    for record in records:
        if record.topic == TMDB_STREAM:
            builder.add_film(record)
        else:
            builder.add_comment(record)


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a worker process builds once and uses for all its batches."""

    catalogue: CatalogueReader
    sentiment: Sentiment
    module: Any
    """The extension; None without it."""
    analyzer: Any

    def builder(self, buckets: int, limits: Limits) -> BatchBuilder:
        """For a new task."""
        if self.module is None:
            return BatchBuilder(buckets, limits, self.catalogue, self.sentiment)
        return NativeBatchBuilder(buckets, limits, self.catalogue, self.sentiment, self.module, self.analyzer)


@lru_cache(maxsize=1)
def _tools(catalogue_dir: Path) -> _Tools:
    module = extension()
    native_analyzer = None if module is None else analyzer(module)
    reader = CatalogueReader(SnapshotFiles(catalogue_dir), _lasting_linker)
    return _Tools(reader, FilmSentiment(), module, native_analyzer)


def warm_up(catalogue_dir: Path) -> None:
    """Build what a worker needs for the newest snapshot before the worker is there: forked workers find it ready."""
    tools = _tools(catalogue_dir)
    tools.catalogue.refresh()
    with suppress(NoCatalogueError):
        linker = tools.catalogue.at(_LATEST).linker
        text = CommentText("Heat (1995) is great, but I liked Up a lot more.", "Official Discussion - Heat", None)
        tools.sentiment.score(text.body, linker.link(text))


def _lasting_linker(films: Iterable[Film]) -> FilmLinker:
    """A linker that the garbage collector leaves alone.

    Spark's worker collects after every task. A linker's hundreds of thousands of objects live as long as the catalogue
    holds, and looking at each of them took 0.2 s and more of CPU a task.
    """
    module = extension()
    linker = Linker(films) if module is None else NativeLinker(Linker(films), module)
    gc.unfreeze()  # what has become garbage since the last linker goes
    gc.collect()
    gc.freeze()
    return linker
