"""Write each topic's JSON Schema from its model: `python -m configs.export_schemas` (`make schemas`)."""

import json
import sys
from pathlib import Path

from configs.topics import (
    BREAKOUTS_STREAM,
    DEAD_LETTER_STREAM,
    PREDICTIONS_STREAM,
    REDDIT_STREAM,
    TMDB_STREAM,
    TREND_STREAM,
)
from contracts.events import Breakout, DeadLetter, Event, Prediction, RedditComment, TmdbFilm, TrendUpdate

SCHEMAS_DIR = Path(__file__).resolve().parent / "schemas"

MODELS: dict[str, type[Event]] = {
    TMDB_STREAM: TmdbFilm,
    REDDIT_STREAM: RedditComment,
    TREND_STREAM: TrendUpdate,
    PREDICTIONS_STREAM: Prediction,
    BREAKOUTS_STREAM: Breakout,
    DEAD_LETTER_STREAM: DeadLetter,
}
"""The model of each topic's messages."""


def schema_text(topic: str) -> str:
    """The JSON Schema (draft 2020-12) of a topic's messages as they are written."""
    schema = MODELS[topic].model_json_schema(mode="serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{topic}.json", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def export(folder: Path = SCHEMAS_DIR) -> list[Path]:
    """Write one file a topic; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{topic}.json" for topic in MODELS]
    for file in files:
        file.write_text(schema_text(file.stem))
    return files


if __name__ == "__main__":
    for written in export():
        sys.stdout.write(f"{written}\n")
