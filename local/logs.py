"""Showing the services' logs, and following them."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from local.nodes.base import tail

_POLL_SECONDS = 0.5


def log_files(folder: Path, service: str | None = None) -> list[Path]:
    """The log files of one service, or of all, by name."""
    return sorted(folder.glob(f"{service or '*'}.log"))


def show(files: Iterable[Path], lines: int, write: Callable[[str], None]) -> None:
    """The last lines of each file, after a heading when there are several."""
    known = list(files)
    for file in known:
        if len(known) > 1:
            write(f"==> {file.stem} <==")
        write(tail(file, lines))


def follow(files: Iterable[Path], write: Callable[[str], None], stop: Callable[[], bool] = lambda: False) -> None:
    """Write each new line with its service's name, until `stop` says so. A rotated file is read from its start."""
    known = list(files)
    positions = {file: file.stat().st_size for file in known}
    while not stop():
        for file in known:
            positions[file] = _new_lines(file, positions[file], write)
        time.sleep(_POLL_SECONDS)


def _new_lines(file: Path, position: int, write: Callable[[str], None]) -> int:
    """Write the whole lines after `position`; returns the position after the last of them."""
    try:
        with file.open("rb") as log:
            start = position if file.stat().st_size >= position else 0
            log.seek(start)
            complete, newline, _ = log.read().rpartition(b"\n")
    except OSError:  # between two files of a rotation
        return position
    for line in complete.decode(errors="replace").splitlines():
        write(f"{file.stem}: {line}")
    return start + len(complete) + len(newline)
