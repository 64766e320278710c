"""The committed JSON Schemas are those of the models, and cover what the models write."""

import json
from pathlib import Path

import pytest

from configs.export_schemas import MODELS, SCHEMAS_DIR, export, schema_text
from configs.topics import TOPICS


def test_every_topic_has_a_schema_and_nothing_else_has() -> None:
    names = {topic.name for topic in TOPICS}
    assert set(MODELS) == names
    assert {path.name for path in SCHEMAS_DIR.iterdir()} == {f"{name}.json" for name in names}


@pytest.mark.parametrize("topic", sorted(MODELS))
def test_the_committed_schema_is_the_models(topic: str) -> None:
    assert (SCHEMAS_DIR / f"{topic}.json").read_text() == schema_text(topic), "run `make schemas`"


@pytest.mark.parametrize("topic", sorted(MODELS))
def test_a_schema_names_every_field_of_its_model(topic: str) -> None:
    schema = json.loads(schema_text(topic))
    assert set(schema["properties"]) == set(MODELS[topic].model_fields)
    assert schema["$id"] == f"{topic}.json"


def test_exporting_writes_the_same_files_again(tmp_path: Path) -> None:
    written = export(tmp_path / "schemas")
    assert [path.read_text() for path in written] == [schema_text(path.stem) for path in written]
