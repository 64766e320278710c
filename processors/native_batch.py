"""Arrow batches through the extension. Records it leaves to Python go the way of `batch.py`, each in its place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from processors.batch import EXAMPLES_PER_FILM, BatchBuilder, Sentiment
from processors.catalogue_reader import CatalogueReader
from processors.native import NativeLinker
from processors.packing import LENGTH, Table, split_blobs
from processors.parse import REDDIT_EPOCH, Limits, Record
from processors.records import COMMENT, MENTION, DocumentKind, Documents, Packet

_ORDER = np.dtype("<i8")


class NativeBatchBuilder(BatchBuilder):
    """A `BatchBuilder` that takes whole columns of comments."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a batch needs, and the extension's two parts
        self,
        buckets: int,
        limits: Limits,
        catalogue: CatalogueReader,
        sentiment: Sentiment,
        module: Any,
        analyzer: Any,
    ) -> None:
        super().__init__(buckets, limits, catalogue, sentiment)
        self._module = module
        self._analyzer = analyzer
        self._native = module.Batch(buckets, limits.body_bytes, limits.future_skew, REDDIT_EPOCH, EXAMPLES_PER_FILM)

    def add_comments(self, batch: pa.RecordBatch, appended: pa.Array, record_at: Callable[[int], Record]) -> None:
        """All records of reddit_stream in a batch.

        Args:
            batch: columns value, partition and offset.
            appended: int64, ms.
            record_at: a row as a record.
        """
        appends = appended.to_numpy()
        columns = self._module.Columns(*_value_buffers(batch.column("value")), *_numbers(batch), appends)
        self._last_append = max(self._last_append, pc.max(appended).as_py())
        first = pc.min(appended).as_py()
        self._first_comment = min(self._first_comment or first, first)
        row, stop = 0, self._module.Stop
        while row < batch.num_rows:
            view = self._view_at(int(appends[row]))
            if not isinstance(view.linker, NativeLinker):
                raise TypeError("the catalogue's linker has no native twin")
            row, why, movies = self._native.run(
                columns, row, view.since, view.until, view.linker.native, self._analyzer
            )
            for movie in movies:
                self._attach(view, movie)
            if why == stop.Unusual:
                self.add_comment(record_at(row))
                row += 1

    def packets(self) -> list[Packet]:
        """The packets, by bucket; rows of both ways in the order of the records."""
        self.newest_event = max(self.newest_event, self._native.newest_event)
        self._not_organic += self._native.not_organic
        self._uncertain += self._native.uncertain
        packets = super().packets()
        comments = _merged(np.frombuffer(self._native.comments(), COMMENT), packets[0].comments)
        for number, packet in enumerate(packets):
            mentions, orders, lengths, data = self._native.bucket(number)
            packet.comments = comments
            packet.mentions = _merged(np.frombuffer(mentions, MENTION), packet.mentions)
            examples = split_blobs(np.frombuffer(lengths, LENGTH), np.frombuffer(data, "u1"))
            _add_examples(packet, np.frombuffer(orders, _ORDER).tolist(), examples)
        return packets

    def _wants_example(self, movie_id: int) -> bool:
        return bool(self._native.wants_example(movie_id))


def _value_buffers(values: pa.Array) -> tuple[Any, Any]:
    """Where each value begins and ends, and the bytes. A null is of no length, which no message is."""
    _, offsets, data = values.buffers()
    places = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return places, np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)


def _numbers(batch: pa.RecordBatch) -> tuple[Any, Any]:
    partitions = batch.column("partition").cast(pa.int32()).to_numpy()
    return partitions, batch.column("offset").cast(pa.int64()).to_numpy()


def _merged(native: Table, python: Table) -> Table:
    if not len(python):
        return native
    both: Table = np.concatenate([native, python])
    return both[np.argsort(both["order"], kind="stable")]


def _add_examples(packet: Packet, orders: list[int], values: list[bytes]) -> None:
    if not orders:
        return
    python = packet.documents.get(DocumentKind.EXAMPLE, Documents())
    pairs = [*zip(orders, values, strict=True), *zip(python.orders, python.values, strict=True)]
    pairs.sort(key=lambda pair: pair[0])
    packet.documents[DocumentKind.EXAMPLE] = Documents([order for order, _ in pairs], [value for _, value in pairs])
