"""A bucket's state between micro-batches, and its binary form in Spark's state store."""

from dataclasses import dataclass, field

import numpy as np

from contracts.errors import ConfigurationError
from processors.packing import PackingError, Table, pack, unpack
from processors.records import OBSERVATION

STATE_VERSION = 1
"""Raise it with any change of the tables below or of their meaning: an older checkpoint is then refused."""

SEEN = np.dtype([("id", "<i8"), ("time", "<i8")])
"""A comment already judged: compact id, created_utc in ms. Sorted by id."""
PANE = np.dtype(
    [
        ("key", "<i8"),
        ("text", "<i8"),
        ("thread", "<i8"),
        ("sentiment", "<i8"),
        ("positive", "<i8"),
        ("negative", "<i8"),
    ]
)
"""What one pane of one film holds. Sorted by key (`windows.make_keys`)."""
PANE_SUMS = ("text", "thread", "sentiment", "positive", "negative")
EMITTED = np.dtype([("key", "<i8"), ("popularity", "<f8"), ("revision", "<i8")])
"""An open (film, window) that was emitted: its last popularity and revision. Sorted by key."""

_TABLES = {"seen": SEEN, "panes": PANE, "emitted": EMITTED, "observations": OBSERVATION}


def _none_of(dtype: np.dtype[np.void]) -> Table:
    return np.empty(0, dtype)


@dataclass(slots=True)
class BucketState:
    """Everything a bucket remembers. A fresh one has seen nothing."""

    seen: Table = field(default_factory=lambda: _none_of(SEEN))
    panes: Table = field(default_factory=lambda: _none_of(PANE))
    emitted: Table = field(default_factory=lambda: _none_of(EMITTED))
    observations: Table = field(default_factory=lambda: _none_of(OBSERVATION))
    """Of films that matter now; sorted by film, then by fetched_at."""
    mark: int | None = None
    """Stream time up to which every window of the active films was emitted, ms; None before the first comment."""
    last_append: int = 0
    """The newest append time seen, ms."""

    def encode(self) -> bytes:
        """As one binary value."""
        meta = {"version": STATE_VERSION, "mark": self.mark, "last_append": self.last_append}
        tables = {name: getattr(self, name) for name in _TABLES}
        return pack(meta, tables)

    @classmethod
    def decode(cls, value: bytes) -> "BucketState":
        """The inverse of `encode`.

        Raises:
            ConfigurationError: the state was written by an incompatible version.
        """
        try:
            meta, tables = unpack(value, _TABLES)
        except PackingError as error:
            raise ConfigurationError(f"the checkpoint's state cannot be read ({error}): {WHAT_TO_DO}") from error
        if meta.get("version") != STATE_VERSION:
            raise ConfigurationError(
                f"the checkpoint's state has version {meta.get('version')}, this job has {STATE_VERSION}: {WHAT_TO_DO}"
            )
        return cls(mark=meta["mark"], last_append=meta["last_append"], **tables)


WHAT_TO_DO = (
    "run the version that wrote it, or start afresh with `./setup.sh reset` (the checkpoint and the tables belong "
    "together: windows counted again from revision 1 would lose to the rows that are stored)"
)
