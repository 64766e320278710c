"""Showing how far the jars are: a bar each on a terminal, a line now and then elsewhere."""

import threading
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_LINES = 4
"""Lines a set of jars gets where there is no terminal."""


class JarProgress:
    """Called with (server, fetched, total) from several threads; shows nothing when nothing is fetched."""

    def __init__(self, console: Console) -> None:
        """`console` decides between bars and lines."""
        self._console = console
        self._bars = Progress(
            TextColumn("fetching jars of {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._shown: dict[str, int] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Nothing is shown before the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen."""
        self._bars.stop()

    def __call__(self, server: str, fetched: int, total: int) -> None:
        """Show that `fetched` of `total` jars of `server` are here."""
        with self._lock:
            if self._console.is_terminal:
                self._bars.start()
                if server not in self._tasks:
                    self._tasks[server] = self._bars.add_task(server, total=total)
                self._bars.update(self._tasks[server], completed=fetched)
            else:
                self._line(server, fetched, total)

    def _line(self, server: str, fetched: int, total: int) -> None:
        quarter = fetched * _LINES // total if total else _LINES
        if self._shown.get(server) != quarter:
            self._shown[server] = quarter
            self._console.print(f"fetching jars of {server}: {fetched} of {total}")
