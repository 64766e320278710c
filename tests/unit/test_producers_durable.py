"""Files survive crashes, damage is set aside, and one folder has one producer."""

import json
import stat
import threading
from pathlib import Path

import pytest

from common.files import write_atomically
from contracts.errors import ConfigurationError
from producers.durable import exclusive, load_json, save_json, source_folder


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_json(tmp_path / "a.json", {"anchors": ["t1_a"], "n": 3})
    assert load_json(tmp_path / "a.json") == {"anchors": ["t1_a"], "n": 3}
    assert load_json(tmp_path / "absent.json") is None


def test_a_crash_while_writing_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.json"
    save_json(target, {"n": 1})

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        save_json(target, {"n": 2})
    assert load_json(target) == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("content", [b"", b'{"n": 1', b"[1, 2]", b"\xff\xfe", b"null"])
def test_a_damaged_file_counts_as_none_and_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(content)
    assert load_json(target) is None
    assert (tmp_path / "a.json.damaged").read_bytes() == content
    save_json(target, {"n": 1})
    assert json.loads(target.read_bytes()) == {"n": 1}


def test_the_mode_is_set_before_the_file_is_there(tmp_path: Path) -> None:
    write_atomically(tmp_path / "key", b"secret", mode=0o600)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_second_producer_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    stop = threading.Event()
    lock = tmp_path / "lock"
    refused = pytest.raises(ConfigurationError, match="another producer")
    with exclusive(lock, stop), refused, exclusive(lock, stop, patience=0.0):
        pytest.fail("two producers in one folder")
    with exclusive(tmp_path / "lock", stop, patience=0.0):
        assert (tmp_path / "lock").exists()


def test_a_successor_waits_for_the_one_that_is_leaving(tmp_path: Path) -> None:
    stop, holding, leave = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(tmp_path / "lock", stop):
            holding.set()
            leave.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(5)
    threading.Timer(0.1, leave.set).start()
    with exclusive(tmp_path / "lock", stop, patience=5.0):
        assert leave.is_set()
    thread.join(5)


def test_each_api_host_has_a_folder_of_its_own(tmp_path: Path) -> None:
    real = source_folder(tmp_path, "reddit", "https://oauth.reddit.com")
    simulated = source_folder(tmp_path, "reddit", "http://127.0.0.1:8090")
    assert real != simulated
    assert real.is_dir()
    assert simulated.name == "127.0.0.1-8090"
