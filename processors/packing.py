"""Columns of numbers as one binary value, for the state store and for what crosses from worker to worker.

A micro-batch of 100,000 comments becomes a few such values instead of 100,000 rows, so that Spark's shuffle and its
conversions cost nothing per comment. Layout: magic, header length, JSON header, then each array's raw bytes.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

_MAGIC = b"TSP1"
_PREFIX = struct.Struct("<4sI")

Table = npt.NDArray[Any]
"""A structured array: one row an element, one column a field."""


class PackingError(ValueError):
    """The bytes were not written by `pack`."""


def pack(meta: Mapping[str, object], tables: Mapping[str, Table]) -> bytes:
    """One value with `meta` (JSON types only) and the raw bytes of each table."""
    raw = [table.tobytes() for table in tables.values()]
    header = orjson.dumps({"meta": meta, "tables": [[name, len(b)] for name, b in zip(tables, raw, strict=True)]})
    return b"".join((_PREFIX.pack(_MAGIC, len(header)), header, *raw))


def unpack(value: bytes, dtypes: Mapping[str, np.dtype[Any]]) -> tuple[dict[str, Any], dict[str, Table]]:
    """The `meta` and the tables of a packed value; the tables are read-only views, no copies.

    Raises:
        PackingError: the value has another form, or a table `dtypes` does not know.
    """
    if len(value) < _PREFIX.size:
        raise PackingError("too short")
    magic, length = _PREFIX.unpack_from(value)
    start = _PREFIX.size + length
    if magic != _MAGIC or start > len(value):
        raise PackingError("no packed value")
    header = orjson.loads(value[_PREFIX.size : start])
    tables: dict[str, Table] = {}
    for name, size in header["tables"]:
        if name not in dtypes:
            raise PackingError(f"unknown table {name}")
        dtype = dtypes[name]
        tables[name] = np.frombuffer(value, dtype, count=size // dtype.itemsize, offset=start)
        start += size
    if start != len(value):
        raise PackingError("cut off")
    return header["meta"], tables


LENGTH = np.dtype("<i8")
BYTE = np.dtype("u1")


def join_blobs(blobs: Sequence[bytes]) -> tuple[Table, Table]:
    """Byte strings as two tables: their lengths, and all their bytes."""
    lengths = np.fromiter((len(blob) for blob in blobs), LENGTH, len(blobs))
    return lengths, np.frombuffer(b"".join(blobs), BYTE)


def split_blobs(lengths: Table, data: Table) -> list[bytes]:
    """The inverse of `join_blobs`."""
    ends = np.cumsum(lengths).tolist()
    raw = data.tobytes()
    return [raw[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]
