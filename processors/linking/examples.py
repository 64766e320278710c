"""The candidate spans of labelled comments, with their features: what the weights are fitted on."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from processors.linking.context import CommentContext
from processors.linking.gold import Record, comment_of, group_of, read, text_of
from processors.linking.linker import Candidate, Linker
from processors.linking.text import normalise

LABELS: Final = Path(__file__).parent / "labels.csv"
"""2,423 spans the linker was unsure of, drawn from unlabelled comments and judged by reading: ids and offsets only."""


class Example(NamedTuple):
    """One candidate span of a labelled comment."""

    group: str
    features: dict[str, float]
    label: bool
    note: str


def examples(records: Sequence[Record], linker: Linker) -> Iterator[Example]:
    """Every candidate the linker would weigh; those the labels leave open are left out."""
    for record in records:
        gold = {m["tmdb_id"] for m in record["mentions"] if m["in_catalogue"]}
        open_ids = {c["tmdb_id"] for span in record["uncertain"] for c in span["candidates"]}
        right: list[tuple[int, int]] = []
        group = group_of(record)
        for candidate in _candidates(record, linker):
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
            yield Example(group, candidate.features, label, _note(record, candidate))


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


def _spans_of(record: Record, rows: list[dict[str, str]], linker: Linker) -> Iterator[Example]:
    labels = {(int(row["start"]), int(row["end"]), int(row["movie_id"])): row["is_film"] == "1" for row in rows}
    for candidate in _candidates(record, linker):
        span = candidate.span
        label = labels.get((span.body_start, span.body_end, candidate.choice.film.movie_id))
        if label is not None:
            yield Example(group_of(record), candidate.features, label, _note(record, candidate))


def _candidates(record: Record, linker: Linker) -> Iterator[Candidate]:
    comment = comment_of(record)
    thread = linker.thread(comment.thread_title, comment.created)
    return linker.candidates(CommentContext(comment.body), thread, comment.created)


def _note(record: Record, candidate: Candidate) -> str:
    span, film = candidate.span, candidate.choice.film
    return f"{text_of(record)[max(0, span.body_start - 30) : span.body_end + 30]!r} -> {film.title} {film.year}"


def _labelled(record: Record, movie_id: int, start: int, end: int, form: str) -> bool:
    """Whether a place is the labelled one of a film, or written like it."""
    return any(
        m["tmdb_id"] == movie_id and ((start < m["end"] and m["start"] < end) or normalise(m["surface"]) == form)
        for m in record["mentions"]
    )
