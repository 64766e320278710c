"""What the job deletes when it needs it no more is kept here: catalogue snapshots and offset logs."""

import json
import shutil
import threading
from contextlib import suppress
from pathlib import Path

from configs.topics import REDDIT_STREAM, TMDB_STREAM
from tests.faults.evidence import Batch

_LOOK_SECONDS = 0.1
"""The job keeps ten micro-batches of three quarters of a second each at least."""


class Keeper:
    """Copies every file of a folder as it appears; files there are renamed into place, and so whole."""

    def __init__(self, source: Path, kept: Path, pattern: str) -> None:
        """Nothing is followed before the block is entered."""
        self._source, self._pattern = source, pattern
        self.kept = kept
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"keeper of {source.name}", daemon=True)

    def __enter__(self) -> "Keeper":
        """Follow."""
        self.kept.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop following; what was kept stays."""
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Keep what is there now."""
        with self._lock:
            for path in self._source.glob(self._pattern):
                copy = self.kept / path.name
                if not copy.exists():
                    with suppress(FileNotFoundError):  # deleted between the listing and the copy: kept before
                        draft = copy.with_name(f".{copy.name}")
                        shutil.copyfile(path, draft)
                        draft.rename(copy)

    def _follow(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self.look()


def read_batches(folder: Path) -> list[Batch]:
    """The micro-batches of Spark's offset logs in a folder, by number."""
    return sorted((_batch(path) for path in folder.glob("[0-9]*")), key=lambda batch: batch.number)


def committed(checkpoint: Path) -> Batch | None:
    """The last micro-batch of a checkpoint that is done, with everything it wrote and published; None without one."""
    numbers = [int(path.name) for path in (checkpoint / "commits").glob("[0-9]*")]
    try:
        return _batch(checkpoint / "offsets" / str(max(numbers)))
    except (ValueError, FileNotFoundError):  # none yet; or a newer one was committed and this log deleted in between
        return None


def _batch(log: Path) -> Batch:
    """A log is `v1`, a line about the batch, and a line of JSON a source: the offsets where the batch ends."""
    ends = {TMDB_STREAM: 0, REDDIT_STREAM: 0}
    about, *sources = log.read_text().splitlines()[1:]
    for line in sources:
        for topic, partitions in json.loads(line).items():
            ends[topic] = sum(partitions.values())
    began = json.loads(about)["batchTimestampMs"]
    return Batch(int(log.name), ends[REDDIT_STREAM], ends[TMDB_STREAM], began)
