"""A snapshot is whole, of the right kind, or refused."""

from datetime import timedelta
from pathlib import Path

import pytest

from ml_service import snapshot
from ml_service.engine import Batch, Engine, EngineConfig
from ml_service.errors import SnapshotError
from ml_service.snapshot import FILE_NAME, Snapshot
from tests.support.ml import CONFIG, SLIDE, WINDOW, updates


@pytest.fixture
def engine() -> Engine:
    engine = Engine(CONFIG)
    for row in updates(2, 20):
        engine.process(row, Batch())
    return engine


def test_it_comes_back_as_it_was(engine: Engine, tmp_path: Path) -> None:
    assert snapshot.load(tmp_path / "none", CONFIG) is None
    snapshot.save(tmp_path / "new", snapshot.dump(Snapshot(engine, "abc", {0: 41, 1: 7})))
    found = snapshot.load(tmp_path / "new", CONFIG)
    assert found is not None
    assert (found.topic_id, found.offsets) == ("abc", {0: 41, 1: 7})
    ours, theirs = Batch(), Batch()
    for row in list(updates(2, 40))[80:]:
        engine.process(row, ours)
        found.engine.process(row, theirs)
    assert ours == theirs
    assert ours.predictions


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


def test_another_model_or_format_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    data = snapshot.dump(Snapshot(engine, "abc", {}))
    monkeypatch.setattr(snapshot, "MODEL_VERSION", "mixture-0")
    with pytest.raises(SnapshotError, match="mixture-0"):
        snapshot.parse(data, CONFIG)


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
