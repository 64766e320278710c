"""Catalogue snapshots as files: `<effective_from in ms>.json.gz` in one folder, never changed once there."""

import gzip
import zlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson

from common.files import write_atomically
from configs.logging import get_logger
from processors.linking.model import Film

_SUFFIX = ".json.gz"
_COMPRESSION = 1
"""A snapshot is written within a batch: the quickest level, for a third more bytes."""
_ALWAYS_KEPT = 3
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError)
"""What reading a file that is not a whole snapshot ends with."""

log = get_logger("processors.snapshots")


class Observation(NamedTuple):
    """What one poll said of a film's standing."""

    fetched: int
    """ms."""
    popularity: float | None
    rank: int | None
    listed: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalogue from one moment on."""

    effective_from: int
    """ms of Kafka's append time."""
    linking_since: int
    """The snapshot whose films the linker is built of: popularity moves with every poll, and building takes seconds."""
    films: Mapping[int, Film]
    observations: Mapping[int, tuple[Observation, ...]]
    """A film's last ones, oldest first."""


class SnapshotFiles:
    """The folder of snapshots: one writer (the driver), any number of readers (the workers)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def versions(self) -> list[int]:
        """`effective_from` of every snapshot there, ascending."""
        if not self._folder.is_dir():
            return []
        return sorted(int(path.name.removesuffix(_SUFFIX)) for path in self._folder.glob(f"*{_SUFFIX}"))

    def newest(self) -> Snapshot | None:
        """The last snapshot that can be read; None when there is none. Damaged ones are set aside under `.damaged`."""
        for version in reversed(self.versions()):
            found = self.find(version)
            if found is not None:
                return found
        return None

    def find(self, version: int) -> Snapshot | None:
        """A snapshot; None when it is not there, or damaged: then it is set aside."""
        path = self._path(version)
        try:
            return self.load(version)
        except FileNotFoundError:
            return None
        except _DAMAGED as error:
            path.replace(path.with_name(path.name + ".damaged"))
            log.error("damaged_file_set_aside", path=str(path), error=repr(error))
            return None

    def write(self, snapshot: Snapshot) -> None:
        """Write a snapshot; it appears whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document = {
            "linking_since": snapshot.linking_since,
            "films": [
                [
                    film.movie_id,
                    film.title,
                    film.original_title,
                    film.alternative_titles,
                    film.year,
                    film.popularity,
                    film.vote_count,
                    [tuple(row) for row in snapshot.observations.get(film.movie_id, ())],
                ]
                for film in snapshot.films.values()
            ],
        }
        content = gzip.compress(orjson.dumps(document), _COMPRESSION, mtime=0)
        write_atomically(self._path(snapshot.effective_from), content)

    def load(self, version: int) -> Snapshot:
        """Read a snapshot.

        Raises:
            FileNotFoundError: it was pruned, or never there.
        """
        document = orjson.loads(gzip.decompress(self._path(version).read_bytes()))
        films: dict[int, Film] = {}
        observations: dict[int, tuple[Observation, ...]] = {}
        for movie, title, original, alternatives, year, popularity, votes, rows in document["films"]:
            films[movie] = Film(movie, title, original, tuple(alternatives), year, popularity, votes)
            observations[movie] = tuple(Observation(*row) for row in rows)
        return Snapshot(version, document["linking_since"], films, observations)

    def prune(self, append: int) -> None:
        """Delete what no record appended at `append` or later uses, except the last few and what their linkers need."""
        versions = self.versions()
        keep = set(versions[max(0, bisect_right(versions, append) - 1) :]) | set(versions[-_ALWAYS_KEPT:])
        if len(keep) == len(versions):
            return
        keep |= {self.load(version).linking_since for version in keep}
        for version in versions:
            if version not in keep:
                self._path(version).unlink()

    def drop_from(self, version: int) -> None:
        """Delete the snapshots of this version and later ones."""
        for later in self.versions():
            if later >= version:
                self._path(later).unlink()

    def _path(self, version: int) -> Path:
        return self._folder / f"{version}{_SUFFIX}"
