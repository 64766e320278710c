"""The workers' side of the catalogue: the linker and the popularities that hold for a record, by its append time."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.errors import TrendScopeError
from processors.linking.model import CommentText, Film, Links
from processors.snapshots import Observation, SnapshotFiles

_KEPT = 2
"""Snapshots held in memory: around a change records of both sides come in turn; a third is only memory."""


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


class CatalogueReader:
    """Loads snapshots when records need them, and builds a linker once for all snapshots that link alike."""

    def __init__(self, files: SnapshotFiles, build: Callable[[Iterable[Film]], FilmLinker]) -> None:
        """`build` makes a linker of films."""
        self._files = files
        self._build = build
        self._versions: list[int] = []
        self._linkers: dict[int, FilmLinker] = {}
        self._observations: dict[int, tuple[int, Mapping[int, tuple[Observation, ...]]]] = {}

    def refresh(self) -> None:
        """See what was published meanwhile; called once an Arrow batch."""
        self._versions = self._files.versions()

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
        linking, observations = self._load(version)
        return View(version if place else 0, until, self._linker(linking), observations)

    def _load(self, version: int) -> tuple[int, Mapping[int, tuple[Observation, ...]]]:
        if version not in self._observations:
            snapshot = self._files.load(version)
            _make_room(self._observations)
            self._observations[version] = (snapshot.linking_since, snapshot.observations)
            if snapshot.linking_since == version and version not in self._linkers:
                self._build_linker(version, snapshot.films)
        return self._observations[version]

    def _linker(self, version: int) -> FilmLinker:
        if version not in self._linkers:
            self._build_linker(version, self._files.load(version).films)
        return self._linkers[version]

    def _build_linker(self, version: int, films: Mapping[int, Film]) -> None:
        _make_room(self._linkers)
        self._linkers[version] = self._build(films.values())


def _make_room(cache: dict[int, Any]) -> None:
    while len(cache) >= _KEPT:
        del cache[next(iter(cache))]  # the one loaded first
