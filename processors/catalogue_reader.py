"""The workers' side of the catalogue: the linker and the popularities that hold for a record, by its append time."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from contracts.errors import TrendScopeError
from processors.linking.model import CommentText, Film, Links
from processors.snapshots import Observation, SnapshotFiles

_KEPT = 2
"""Snapshots held in memory: around a change records of both sides come in turn; a third is only memory."""


T = TypeVar("T")


class NoCatalogueError(TrendScopeError):
    """No snapshot was published: the driver publishes one before it starts the query."""


class FilmLinker(Protocol):
    """What a linker does."""

    def link(self, comment: CommentText) -> Links:
        """The films a comment means."""


@dataclass(frozen=True, slots=True)
class View:
    """What holds for the records appended in [`since`, `until`), ms."""

    since: int
    until: int
    linker: FilmLinker
    observations: Mapping[int, tuple[Observation, ...]]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A snapshot as a worker holds it."""

    linking_since: int
    observations: Mapping[int, tuple[Observation, ...]]


class CatalogueReader:
    """Loads snapshots when records need them, and builds a linker once for all snapshots that link alike.

    A snapshot that is there but does not hold yet is prepared in a thread of its own, so that no batch waits for it.
    """

    def __init__(self, files: SnapshotFiles, build: Callable[[Iterable[Film]], FilmLinker]) -> None:
        """`build` makes a linker of films."""
        self._files = files
        self._build = build
        self._versions: list[int] = []
        self._lock = threading.Lock()
        self._linkers: dict[int, FilmLinker] = {}
        self._loaded: dict[int, _Loaded] = {}
        self._used = 0
        self._preparing: threading.Thread | None = None

    def refresh(self) -> None:
        """See what was published meanwhile; called once an Arrow batch."""
        before, self._versions = self._versions, self._files.versions()
        if before and self._versions[-1:] != before[-1:]:
            self.wait()
            self._preparing = threading.Thread(
                target=self._prepare, args=(self._versions[-1],), name="catalogue", daemon=True
            )
            self._preparing.start()

    def wait(self) -> None:
        """Wait until what is being prepared is ready."""
        if self._preparing is not None:
            self._preparing.join()

    def at(self, append: int) -> View:
        """The view for a record appended at `append`; records older than every snapshot use the oldest.

        Raises:
            NoCatalogueError: nothing was published.
        """
        if not self._versions:
            raise NoCatalogueError("no catalogue snapshot in the job's data folder")
        place = max(0, bisect_right(self._versions, append) - 1)
        version = self._versions[place]
        until = self._versions[place + 1] if place + 1 < len(self._versions) else 1 << 62
        linker, observations = self._load(version)
        self._used = version
        return View(version if place else 0, until, linker, observations)

    def _prepare(self, version: int) -> None:
        with suppress(FileNotFoundError):  # pruned already: then no record needs it
            self._load(version)

    def _load(self, version: int) -> tuple[FilmLinker, Mapping[int, tuple[Observation, ...]]]:
        loaded = self._loaded.get(version)
        linker = self._linkers.get(loaded.linking_since) if loaded else None
        if loaded and linker:
            return linker, loaded.observations
        with self._lock:  # two threads must not build the same linker
            return self._read(version)

    def _read(self, version: int) -> tuple[FilmLinker, Mapping[int, tuple[Observation, ...]]]:
        films: Mapping[int, Film] | None = None
        loaded = self._loaded.get(version)
        if loaded is None:
            snapshot = self._files.load(version)
            loaded = _Loaded(snapshot.linking_since, snapshot.observations)
            films = snapshot.films if snapshot.linking_since == version else None
            _put(self._loaded, version, loaded, self._used)
        linker = self._linkers.get(loaded.linking_since)
        if linker is None:
            if films is None:
                films = self._files.load(loaded.linking_since).films
            linker = self._build(films.values())
            used = self._loaded.get(self._used)
            _put(self._linkers, loaded.linking_since, linker, used.linking_since if used else 0)
        return linker, loaded.observations


def _put(cache: dict[int, T], version: int, value: T, in_use: int) -> None:
    """Keep a value; one that is not in use goes for it. While a backlog is worked off, that is not the oldest one."""
    while len(cache) >= _KEPT:
        del cache[next(key for key in cache if key != in_use)]
    cache[version] = value
