"""The service's state on disk: the engine and the next offsets, saved as one, so that neither is ahead of the other.

The file is a header line and a pickle. A pickle can run code when it is read; this one is written by this service in
its own data folder, with the service's rights, and whoever can change it can change the service's code as well. The
checksum guards against torn and damaged files, not against such a person. River's trees
offer nothing else.
"""

import hashlib
import json
import os
import pickle
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ml_service.engine import Engine, EngineConfig
from ml_service.errors import SnapshotError
from ml_service.fingerprint import code_fingerprint

FORMAT = 2
FILE_NAME = "state.snapshot"


@dataclass(frozen=True, slots=True)
class Followed:
    """A rollback that was ordered."""

    requested_at: str
    """The request's time, which is its name."""
    effective: datetime
    """End of the first window it is in force for."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine after every record before `offsets`, of the topic with this id."""

    engine: Engine
    topic_id: str
    offsets: dict[int, int]
    """Next offset to read, by partition."""
    followed: Followed | None = None
    """The last rollback that the engine was ordered; None when there was none."""


def dump(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes: header line, then the pickled engine."""
    body = pickle.dumps(snapshot.engine, protocol=5)
    header = {
        "format": FORMAT,
        "code": code_fingerprint(),
        "config": _fingerprint(snapshot.engine.config),
        "topic_id": snapshot.topic_id,
        "offsets": snapshot.offsets,
        "followed": _named(snapshot.followed),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return json.dumps(header).encode() + b"\n" + body


def parse(data: bytes, config: EngineConfig) -> Snapshot:
    """Read what `dump` wrote.

    Raises:
        SnapshotError: damaged, of another format or code, or made with another configuration than `config`.
    """
    line, _, body = data.partition(b"\n")
    try:
        header = json.loads(line)
        if header["format"] != FORMAT:
            raise SnapshotError(f"it was saved in format {header['format']}, this version uses {FORMAT}")
        if header["code"] != code_fingerprint():
            raise SnapshotError(f"it was saved by {header['code']}, this version is {code_fingerprint()}")
        if header["config"] != _fingerprint(config):
            raise SnapshotError("made with other window, horizon or coverage settings")
        if header["sha256"] != hashlib.sha256(body).hexdigest():
            raise SnapshotError("the checksum does not fit: the file is damaged")
        offsets = {int(partition): int(offset) for partition, offset in header["offsets"].items()}
        topic_id, followed = str(header["topic_id"]), _followed(header.get("followed"))
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"not a snapshot: {error!r}") from error
    return Snapshot(_unpickled(body), topic_id, offsets, followed)


def _named(followed: Followed | None) -> dict[str, str] | None:
    if followed is None:
        return None
    return {"requested_at": followed.requested_at, "effective": followed.effective.isoformat()}


def _followed(named: dict[str, str] | None) -> Followed | None:
    if named is None:
        return None
    return Followed(named["requested_at"], datetime.fromisoformat(named["effective"]))


def _unpickled(body: bytes) -> Engine:
    try:
        engine = pickle.loads(body)  # noqa: S301 - see the module's text
    except Exception as error:  # a pickle may raise anything; whatever it is, starting afresh mends it
        raise SnapshotError(f"it cannot be read: {error!r}") from error
    if not isinstance(engine, Engine):
        raise SnapshotError(f"it holds no engine but {type(engine).__name__}")
    return engine


def engine_of(data: bytes) -> Engine:
    """The engine of bytes that `dump` gave in this process."""
    engine: Engine = pickle.loads(data.partition(b"\n")[2])  # noqa: S301 - never left this process
    return engine


def save(folder: Path, data: bytes) -> None:
    """Replace the file in one step: after a crash there is the old one or the new one, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    target, part = folder / FILE_NAME, folder / (FILE_NAME + ".part")
    with part.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(target)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def saved_at(folder: Path) -> float | None:
    """When the file was written, in seconds since 1970; None when there is none."""
    try:
        return (folder / FILE_NAME).stat().st_mtime
    except FileNotFoundError:
        return None


def load(folder: Path, config: EngineConfig) -> Snapshot | None:
    """The last saved snapshot; None when there is none yet.

    Raises:
        SnapshotError: there is one that cannot be used.
    """
    try:
        data = (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    return parse(data, config)


def _fingerprint(config: EngineConfig) -> str:
    return json.dumps({name: str(value) for name, value in asdict(config).items()}, sort_keys=True)
