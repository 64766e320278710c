"""How well sentiment agrees with people: `python -m benchmarks.sentiment FILE.csv.gz`.

Reads review snippets with a human label (`mean_sentiment_-4_4`, `label_0_4` or `label_1pos`) and prints one line of
JSON: correlation with the label, accuracy, macro-F1 and F1 by class, and texts a second, for plain vaderSentiment and
for ours. Classes of a compound: positive from 0.05, negative to -0.05, else neutral (VADER's own thresholds); where the
labels know two classes, positive above 0, else negative.
"""

import argparse
import csv
import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from processors.linking.model import Links, Mention
from processors.sentiment.score import FilmSentiment

NEUTRAL_HUMAN = 0.5
"""Mean human scores (-4 to 4) within half a point of 0 are called neutral."""

VADER_NEUTRAL = 0.05


class Labelled(NamedTuple):
    """A text, its human score, and the class that score means."""

    text: str
    score: float
    label: str


def read(path: Path) -> list[Labelled]:
    """The rows of a file in one of the three known forms.

    Raises:
        ValueError: the file has no known label column.
    """
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = rows[0].keys() if rows else {}
    for column, label in _FORMS.items():
        if column in columns:
            return [Labelled(row["text"], float(row[column]), label(float(row[column]))) for row in rows]
    raise ValueError(f"{path}: no label column among {sorted(columns)}")


def _three(value: float, margin: float) -> str:
    return "positive" if value >= margin else "negative" if value <= -margin else "neutral"


_FORMS: dict[str, Callable[[float], str]] = {
    "mean_sentiment_-4_4": lambda x: _three(x, NEUTRAL_HUMAN),
    "label_0_4": lambda x: _three(x - 2, NEUTRAL_HUMAN),
    "label_1pos": lambda x: "positive" if x > 0 else "negative",
}


def classify(compound: float, classes: Sequence[str]) -> str:
    """The class a compound says."""
    if "neutral" in classes:
        return _three(compound, VADER_NEUTRAL)
    return "positive" if compound > 0 else "negative"


def measure(rows: Sequence[Labelled], compound: Callable[[str], float]) -> dict[str, Any]:
    """Agreement of one scorer with the labels."""
    began = time.perf_counter()
    scores = [compound(row.text) for row in rows]
    seconds = time.perf_counter() - began
    classes = sorted({row.label for row in rows})
    said = [classify(score, classes) for score in scores]
    by_class = {name: round(_f1(rows, said, name), 4) for name in classes}
    return {
        "correlation": round(float(np.corrcoef(scores, [row.score for row in rows])[0, 1]), 4),
        "accuracy": round(sum(a == row.label for a, row in zip(said, rows, strict=True)) / len(rows), 4),
        "macro_f1": round(sum(by_class.values()) / len(by_class), 4),
        "f1": by_class,
        "texts_per_second": round(len(rows) / seconds),
    }


def _f1(rows: Sequence[Labelled], said: Sequence[str], name: str) -> float:
    right = sum(a == row.label == name for a, row in zip(said, rows, strict=True))
    total = sum(a == name for a in said) + sum(row.label == name for row in rows)
    return 2 * right / total if total else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    rows = read(parser.parse_args().file)
    analyzer, ours = SentimentIntensityAnalyzer(), FilmSentiment()
    one_film = Links((Mention(1, "thread", 0, 0, "", 1.0),))
    report = {
        "texts": len(rows),
        "vader": measure(rows, lambda text: float(analyzer.polarity_scores(text)["compound"])),
        "ours": measure(rows, lambda text: ours.score(text, one_film)[1]),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
