"""A snapshot is whole, of the right kind, or refused."""

import hashlib
import json
import pickle
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ml_service import fingerprint, snapshot
from ml_service.engine import Batch, Engine, EngineConfig
from ml_service.errors import SnapshotError
from ml_service.snapshot import FILE_NAME, Followed, Snapshot
from tests.support.ml import CONFIG, SLIDE, START, WINDOW, updates


@pytest.fixture
def engine() -> Engine:
    engine = Engine(CONFIG)
    for row in updates(2, 20):
        engine.process(row, Batch())
    return engine


def test_it_comes_back_as_it_was(engine: Engine, tmp_path: Path) -> None:
    assert snapshot.load(tmp_path / "none", CONFIG) is None
    followed = Followed("2026-03-01T12:00:00+00:00", START)
    snapshot.save(tmp_path / "new", snapshot.dump(Snapshot(engine, "abc", {0: 41, 1: 7}, followed)))
    found = snapshot.load(tmp_path / "new", CONFIG)
    assert found is not None
    assert (found.topic_id, found.offsets, found.followed) == ("abc", {0: 41, 1: 7}, followed)
    ours, theirs = Batch(), Batch()
    for row in list(updates(2, 40))[80:]:
        engine.process(row, ours)
        found.engine.process(row, theirs)
    assert ours == theirs
    assert ours.predictions


def test_one_from_before_rollbacks_were_noted_is_read(engine: Engine) -> None:
    line, _, body = snapshot.dump(Snapshot(engine, "abc", {0: 1})).partition(b"\n")
    header = json.loads(line)
    del header["followed"]
    assert snapshot.parse(json.dumps(header).encode() + b"\n" + body, CONFIG).followed is None


def test_a_torn_or_damaged_file_is_refused(engine: Engine) -> None:
    data = snapshot.dump(Snapshot(engine, "abc", {0: 1}))
    flipped = data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]
    for broken in (b"", b"\n", b"{}", b"{}\n", b"[1]\n", data[:40], data[:-1], flipped):
        with pytest.raises(SnapshotError):
            snapshot.parse(broken, CONFIG)


@pytest.mark.parametrize(
    "other",
    [
        EngineConfig(WINDOW, SLIDE, (1,), 0.8),
        EngineConfig(WINDOW, SLIDE, (1, 3), 0.9),
        EngineConfig(2 * WINDOW, SLIDE, (1, 3), 0.8),
        EngineConfig(WINDOW, timedelta(seconds=30), (1, 3), 0.8),
    ],
)
def test_other_settings_are_refused(engine: Engine, other: EngineConfig) -> None:
    with pytest.raises(SnapshotError, match="settings"):
        snapshot.parse(snapshot.dump(Snapshot(engine, "abc", {})), other)


def test_a_state_from_before_an_upgrade_is_refused_in_one_sentence(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = snapshot.dump(Snapshot(engine, "abc", {}))
    monkeypatch.setattr(snapshot, "code_fingerprint", lambda: "mixture-9:feed")
    with pytest.raises(SnapshotError, match=r"saved by mixture-4:[0-9a-f]{16}, this version is mixture-9:feed"):
        snapshot.parse(data, CONFIG)
    monkeypatch.setattr(snapshot, "FORMAT", 9)
    with pytest.raises(SnapshotError, match="format 2, this version uses 9"):
        snapshot.parse(data, CONFIG)


def test_the_first_format_is_refused_too() -> None:
    old = b'{"format": 1, "model_version": "mixture-1", "config": "", "topic_id": "a", "offsets": {}}\n\x80\x05.'
    with pytest.raises(SnapshotError, match="format 1, this version uses 2"):
        snapshot.parse(old, CONFIG)


class Upgraded:
    """What a pickle of another version may do when it is read."""

    def __setstate__(self, state: object) -> None:
        raise RuntimeError("no such layout any more")


@pytest.mark.parametrize(("content", "reason"), [(Upgraded(), "RuntimeError"), ({"films": 3}, "no engine but dict")])
def test_a_pickle_that_cannot_be_read_is_refused_whatever_it_raises(content: object, reason: str) -> None:
    if isinstance(content, Upgraded):
        content.__dict__["x"] = 1
    body = pickle.dumps(content)
    engine = Engine(CONFIG)
    header = json.loads(snapshot.dump(Snapshot(engine, "abc", {})).partition(b"\n")[0])
    header["sha256"] = hashlib.sha256(body).hexdigest()
    with pytest.raises(SnapshotError, match=reason):
        snapshot.parse(json.dumps(header).encode() + b"\n" + body, CONFIG)


def test_the_fingerprint_follows_the_code_and_the_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = fingerprint.code_fingerprint.__wrapped__
    usual = fresh()
    assert fresh() == usual
    shutil.copytree(Path(fingerprint.__file__).parent, tmp_path / "copy")
    monkeypatch.setattr(fingerprint, "_FOLDER", tmp_path / "copy")
    assert fresh() == usual
    with (tmp_path / "copy" / "model" / "experts.py").open("a") as stream:
        stream.write("# another line\n")
    assert fresh() != usual
    monkeypatch.undo()
    monkeypatch.setattr(fingerprint, "version", lambda _: "0.0")
    assert fresh() != usual


def test_a_crash_while_saving_leaves_the_old_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot.save(tmp_path, snapshot.dump(Snapshot(engine, "abc", {0: 1})))

    def crash(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(OSError, match="space"):
        snapshot.save(tmp_path, b"half of")
    found = snapshot.load(tmp_path, CONFIG)
    assert found is not None
    assert found.offsets == {0: 1}
    assert (tmp_path / FILE_NAME).exists()
