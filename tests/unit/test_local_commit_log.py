"""Commit log segments after a full disk: what holds nothing goes, everything else stays."""

from pathlib import Path

import pytest

from local.nodes.cassandra import CassandraNode
from local.nodes.commit_log import remove_unwritten

_SEGMENT = 3 * 1024 * 1024 + 17


def segment(folder: Path, number: int, **written: bytes) -> Path:
    """A sparse file, as a mapped segment is; `at_<offset>` puts bytes there."""
    path = folder / f"CommitLog-7-{number}.log"
    with path.open("wb") as file:
        file.truncate(_SEGMENT)
        for place, value in written.items():
            file.seek(int(place.removeprefix("at_")))
            file.write(value)
    return path


def test_only_segments_of_zeros_go(tmp_path: Path) -> None:
    kept = [segment(tmp_path, 1, at_0=b"\0\0\0\7"), segment(tmp_path, 3, **{f"at_{_SEGMENT - 1}": b"x"})]
    empty = [segment(tmp_path, 2), segment(tmp_path, 4)]
    other = tmp_path / "CommitLog-7-5_cdc.idx"
    other.write_bytes(b"")
    assert remove_unwritten(tmp_path) == empty
    assert sorted(tmp_path.iterdir()) == sorted([*kept, other])


def test_a_node_without_a_commit_log_has_none(tmp_path: Path) -> None:
    assert remove_unwritten(tmp_path / "commitlog") == []


def test_a_start_removes_them_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "commitlog"
    folder.mkdir()
    empty = segment(folder, 6)
    CassandraNode(tmp_path, port=1, storage_port=2).prepare()
    assert not empty.exists()
    assert f"removed {empty.name}" in capsys.readouterr().out
