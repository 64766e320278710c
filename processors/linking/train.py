"""Fit the linker's weights: `python -m processors.linking.train GOLD.jsonl.gz --catalogue CATALOGUE.jsonl.gz`.

Logistic regression with an L2 penalty over the candidate spans of labelled comments. Prints, for several penalties, how
it does on threads it was not fitted on (grouped cross-validation), then writes `weights.json`.
"""

import argparse
import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.linking.boosting import Growth, boost
from processors.linking.context import CommentContext
from processors.linking.linker import Linker
from processors.linking.model import Film
from processors.linking.scorer import PATH, Scorer
from processors.linking.text import normalise
from processors.linking.trees import Tree

LABELS: Final = Path(__file__).parent / "labels.csv"
"""2,423 spans the linker was unsure of, drawn from unlabelled comments and judged by reading: ids and offsets only."""

SHRINK: Final = 0.7
"""Share of the linear log-odds that is kept where trees correct it, so that both have a say."""

FOLDS: Final = 10
STEPS: Final = 40
"""Newton steps; the fit converges in about ten."""


class Example(NamedTuple):
    """One candidate span of a labelled comment."""

    group: str
    features: dict[str, float]
    label: bool
    note: str


Matrix = NDArray[np.float64]


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_films(path: Path) -> list[Film]:
    """The films of a catalogue file."""
    return [
        Film(
            r["movie_id"],
            r["title"],
            r["original_title"],
            tuple(r["alternative_titles"]),
            r["year"],
            r["popularity"],
            r["vote_count"],
        )
        for r in read(path)
    ]


def examples(records: Sequence[dict[str, Any]], linker: Linker) -> Iterator[Example]:
    """Every candidate the linker would weigh; those the labels leave open are left out."""
    for record in records:
        created = datetime.fromtimestamp(record["created_utc"], UTC) if record["created_utc"] else None
        title = thread_of(record)
        context = CommentContext(record["body"])
        gold = {m["tmdb_id"] for m in record["mentions"] if m["in_catalogue"]}
        open_ids = {c["tmdb_id"] for span in record["uncertain"] for c in span["candidates"]}
        right: list[tuple[int, int]] = []
        group = group_of(record)
        for candidate in linker.candidates(context, linker.thread(title, created), created):
            span, film = candidate.span, candidate.choice.film
            if any(span.start < end and start < span.end for start, end in right):
                continue
            if film.movie_id in open_ids or any(
                span.body_start < u["end"] and u["start"] < span.body_end for u in record["uncertain"]
            ):
                continue
            label = film.movie_id in gold
            if label:
                right.append((span.start, span.end))
                if not _labelled(record, film.movie_id, span.body_start, span.body_end, span.surface.text):
                    continue  # the labels hold the first place of a film only: a later, other form is unknown
            note = f"{record['body'][max(0, span.body_start - 30) : span.body_end + 30]!r} -> {film.title} {film.year}"
            yield Example(group, candidate.features, label, note)


def text_of(record: dict[str, Any]) -> str:
    """What its writer wrote: a comment's body, or a post's text below its title."""
    return str(record.get("body") or record.get("selftext") or "")


def thread_of(record: dict[str, Any]) -> str | None:
    """The title of the thread it stands in; of a post, its own; else the thread's film as if it were the title."""
    title = record.get("link_title") or record.get("title")
    film, year = record.get("thread_movie"), record.get("thread_movie_year")
    return str(title) if title else (f"{film} ({year})" if film and year else film)


def group_of(record: dict[str, Any]) -> str:
    """What is left out together: a thread, or a twentieth of the comments without one."""
    title = record.get("link_title") or record.get("title") or record.get("thread_movie")
    return title or f"bodies {zlib.crc32(record['id'].encode()) % 20}"


def fold_of(group: str) -> int:
    """The part of the cross-validation a group is in."""
    return zlib.crc32(group.encode()) % FOLDS


def labelled_spans(path: Path, folder: Path, linker: Linker) -> Iterator[Example]:
    """The single spans of `labels.csv`, judged by reading, found again in the comment files of `folder`.

    The labels hold ids and offsets only. A span that the linker no longer offers with that film is left out.
    """
    wanted: dict[tuple[str, str], list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            wanted.setdefault((row["source"], row["id"]), []).append(row)
    for source in sorted({source for source, _ in wanted}):
        for record in read(folder / f"{source}.jsonl.gz"):
            rows = wanted.get((source, record["id"]))
            if rows:
                yield from _spans_of(record, rows, linker)


def _spans_of(record: dict[str, Any], rows: list[dict[str, str]], linker: Linker) -> Iterator[Example]:
    created = datetime.fromtimestamp(record["created_utc"], UTC) if record.get("created_utc") else None
    body, title = text_of(record), thread_of(record)
    context = CommentContext(body)
    labels = {(int(row["start"]), int(row["end"]), int(row["movie_id"])): row["is_film"] == "1" for row in rows}
    for candidate in linker.candidates(context, linker.thread(title, created), created):
        span, film = candidate.span, candidate.choice.film
        label = labels.get((span.body_start, span.body_end, film.movie_id))
        if label is not None:
            note = f"{body[max(0, span.body_start - 30) : span.body_end + 30]!r} -> {film.title} {film.year}"
            yield Example(group_of(record), candidate.features, label, note)


def _labelled(record: dict[str, Any], movie_id: int, start: int, end: int, form: str) -> bool:
    """Whether a place is the labelled one of a film, or written like it."""
    return any(
        m["tmdb_id"] == movie_id and ((start < m["end"] and m["start"] < end) or normalise(m["surface"]) == form)
        for m in record["mentions"]
    )


def matrix(found: Sequence[Example], names: Sequence[str]) -> Matrix:
    """One row an example, one column a feature, a last column of ones."""
    return np.array([[e.features.get(name, 0.0) for name in names] + [1.0] for e in found])


def fit(x: Matrix, y: Matrix, penalty: float) -> Matrix:
    """Newton's method on the penalised log-likelihood; the bias (last column) is not penalised."""
    ridge = np.full(x.shape[1], penalty)
    ridge[-1] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -50, 50)))
        gradient = x.T @ (y - p) - ridge * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        weights = weights + np.linalg.solve(hessian, gradient)
    return weights


def predict(x: Matrix, weights: Matrix) -> Matrix:
    """Probabilities."""
    p: Matrix = 1 / (1 + np.exp(-np.clip(x @ weights, -50, 50)))
    return p


def cross_validated(
    found: Sequence[Example], x: Matrix, y: Matrix, penalty: float, names: Sequence[str] | None = None
) -> Matrix:
    """Probability of each example from a fit that has not seen its group; with trees when `names` are given."""
    folds = np.array([fold_of(e.group) for e in found])
    out = np.zeros(len(found))
    for fold in range(FOLDS):
        held = folds == fold
        if not held.any() or held.all():
            continue
        weights = fit(x[~held], y[~held], penalty)
        out[held] = predict(x[held], weights)
        if names is not None:
            trees = boost(x[~held], y[~held], SHRINK * (x[~held] @ weights), names, Growth())
            scorer = Scorer(weights_table(names, weights, trees))
            out[held] = [scorer.probability(e.features) for e, kept in zip(found, held, strict=True) if kept]
    return out


def weights_table(names: Sequence[str], weights: Matrix, trees: Sequence[Tree]) -> dict[str, Any]:
    """What `Scorer` reads."""
    return {
        "shrink": SHRINK,
        "bias": round(float(weights[-1]), 4),
        "weights": {name: round(float(w), 4) for name, w in zip(names, weights, strict=False)},
        "trees": list(trees),
        "version": "",
        "accept": 0.5,
        "uncertain": 0.25,
    }


def table(p: Matrix, y: Matrix, threshold: float) -> dict[str, float]:
    """Precision, recall and F1 over candidate spans."""
    found, right = p >= threshold, (p >= threshold) & (y > 0)
    precision = right.sum() / max(1, found.sum())
    recall = right.sum() / max(1, (y > 0).sum())
    return {
        "threshold": threshold,
        "precision": round(float(precision), 4),
        "recall": round(float(recall), 4),
        "f1": round(float(2 * precision * recall / max(1e-9, precision + recall)), 4),
    }


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--comments", type=Path, help="folder of the comment files that labels.csv speaks of")
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--accept", type=float, default=0.6)
    parser.add_argument("--uncertain", type=float, default=0.25)
    parser.add_argument("--version", default="1")
    parser.add_argument("--trees", action="store_true", help="cross-validate with the trees too (slow)")
    parser.add_argument("--dry-run", action="store_true", help="report, do not write")
    parser.add_argument("--errors", action="store_true", help="list held-out mistakes")
    arguments = parser.parse_args()
    linker = Linker(read_films(arguments.catalogue))
    found = list(examples(read(arguments.gold), linker))
    measured = len(found)
    if arguments.comments is not None:
        found += labelled_spans(LABELS, arguments.comments, linker)
    names = sorted({name for e in found for name in e.features})
    x, y = matrix(found, names), np.array([float(e.label) for e in found])
    for penalty in (0.3, 1.0, 3.0):
        p = cross_validated(found, x, y, penalty)
        for threshold in (0.4, 0.5, 0.6, 0.7):
            figures = table(p[:measured], y[:measured], threshold)
            _say({"held_out": True, "penalty": penalty, "spans": measured, "films": int(y[:measured].sum())} | figures)
    if arguments.trees:
        p = cross_validated(found, x, y, arguments.penalty, names)
        for threshold in (0.4, 0.5, 0.6, 0.7):
            _say({"held_out": True, "trees": True, "spans": measured} | table(p[:measured], y[:measured], threshold))
    if arguments.errors:
        p = cross_validated(found, x, y, arguments.penalty)
        for e, probability in sorted(zip(found, p, strict=True), key=lambda pair: -abs(pair[1] - pair[0].label)):
            if (probability >= arguments.accept) != e.label:
                _say({"p": round(float(probability), 3), "label": e.label, "span": e.note})
    weights = fit(x, y, arguments.penalty)
    if not arguments.dry_run:
        trees = boost(x, y, SHRINK * (x @ weights), names, Growth())
        chosen = {"version": arguments.version, "accept": arguments.accept, "uncertain": arguments.uncertain}
        written = weights_table(names, weights, trees) | chosen
        PATH.write_text(json.dumps(written, separators=(",", ":")).replace('],["', '],\n["') + "\n", encoding="utf-8")


def _say(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False))  # noqa: T201 - the command's output


if __name__ == "__main__":
    main()
