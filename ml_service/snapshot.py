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
from pathlib import Path

from ml_service.engine import Engine, EngineConfig
from ml_service.errors import SnapshotError
from ml_service.model.forecaster import MODEL_VERSION

FORMAT = 1
FILE_NAME = "state.snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine after every record before `offsets`, of the topic with this id."""

    engine: Engine
    topic_id: str
    offsets: dict[int, int]
    """Next offset to read, by partition."""


def dump(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes: header line, then the pickled engine."""
    body = pickle.dumps(snapshot.engine, protocol=5)
    header = {
        "format": FORMAT,
        "model_version": MODEL_VERSION,
        "config": _fingerprint(snapshot.engine.config),
        "topic_id": snapshot.topic_id,
        "offsets": snapshot.offsets,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return json.dumps(header).encode() + b"\n" + body


def parse(data: bytes, config: EngineConfig) -> Snapshot:
    """Read what `dump` wrote.

    Raises:
        SnapshotError: damaged, of another format or model, or made with another configuration than `config`.
    """
    line, _, body = data.partition(b"\n")
    try:
        header = json.loads(line)
        if header["format"] != FORMAT or header["model_version"] != MODEL_VERSION:
            raise SnapshotError(
                f"format {header['format']} of {header['model_version']}, wanted {FORMAT} of {MODEL_VERSION}"
            )
        if header["config"] != _fingerprint(config):
            raise SnapshotError("made with other window, horizon or coverage settings")
        if header["sha256"] != hashlib.sha256(body).hexdigest():
            raise SnapshotError("the checksum does not fit: the file is damaged")
        offsets = {int(partition): int(offset) for partition, offset in header["offsets"].items()}
        return Snapshot(pickle.loads(body), str(header["topic_id"]), offsets)  # noqa: S301 - see the module's text
    except (ValueError, KeyError, TypeError, AttributeError, ImportError, pickle.UnpicklingError, EOFError) as error:
        raise SnapshotError(f"not a snapshot: {error!r}") from error


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
