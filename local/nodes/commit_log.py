"""Commit log segments that a full disk left unwritten."""

from pathlib import Path

_CHUNK = 1024 * 1024


def remove_unwritten(folder: Path) -> list[Path]:
    """Delete the segments of a node that is down which hold nothing but zeros, and return them.

    A segment is mapped before its header is written, and the header comes before any row. A disk that is full at that
    moment ends the JVM (SIGBUS), and every further start leaves one more such segment. Cassandra ignores one that is
    the last; before others it refuses to start, for good: "Could not read commit log descriptor".
    """
    empty = [path for path in sorted(folder.glob("CommitLog-*.log")) if _is_unwritten(path)]
    for path in empty:
        path.unlink()
    return empty


def _is_unwritten(path: Path) -> bool:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if chunk.count(0) != len(chunk):
                return False
    return True
