"""The saved position, also when somebody has edited its file."""

import json
from pathlib import Path
from typing import Any

import pytest

from producers.reddit.position import Position, PositionStore


@pytest.mark.parametrize("wrong", [5, None, {"t1_a": 1}, "t1_a", [["t1_a"], 7]])
def test_a_field_of_another_type_counts_as_none(tmp_path: Path, wrong: Any) -> None:
    file = tmp_path / "position.json"
    file.write_text(json.dumps({"subreddits": ["movies"], "anchors": wrong, "seen": wrong}))
    assert PositionStore(file, ("movies",)).load() == Position()


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    store = PositionStore(tmp_path / "position.json", ("movies",))
    position = Position()
    position.advance(["t1_a", "t1_b"], "t1_b")
    store.save(position)
    assert store.load() == position
