"""How well comments are linked: `python -m benchmarks.linking GOLD.jsonl.gz --catalogue CATALOGUE.jsonl.gz`.

Prints one line of JSON last: precision, recall and F1 of the linker and of two simple ones, over all comments, by
stratum and by source; how well "speaks about the thread's film" is judged; comments linked a second on one core with
this catalogue and with one of 200,000 titles; seconds to rebuild. `--errors` lists what was wrong first.
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.linking_baselines import QUOTED_LINE, Found, LongestMatch
from processors.linking.gold import Record, comment_of, read, read_films
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film, Links

LinkFunction = Callable[[Record, str], Sequence[Found]]


class Tally:
    """Right, false and missed films."""

    def __init__(self) -> None:
        self.right = self.false = self.missed = 0

    def add(self, right: int, false: int, missed: int) -> None:
        """Count one comment."""
        self.right += right
        self.false += false
        self.missed += missed

    def report(self) -> dict[str, float | int]:
        """Precision, recall and F1; 0 where nothing was there to count."""
        found, wanted = self.right + self.false, self.right + self.missed
        return {
            "precision": round(self.right / found, 4) if found else 0.0,
            "recall": round(self.right / wanted, 4) if wanted else 0.0,
            "f1": round(2 * self.right / (found + wanted), 4) if found + wanted else 0.0,
            "right": self.right,
            "false": self.false,
            "missed": self.missed,
        }


def judge(record: Record, found: Iterable[Found]) -> tuple[set[int], dict[int, Found], set[int]]:
    """Right ids, false finds by id, missed ids; what touches an uncertain span or names its candidate is left out."""
    gold = {m["tmdb_id"] for m in record["mentions"] if m["in_catalogue"]}
    open_ids = {c["tmdb_id"] for span in record["uncertain"] for c in span["candidates"]}
    right: set[int] = set()
    false: dict[int, Found] = {}
    for hit in found:
        if hit.movie_id in gold:
            right.add(hit.movie_id)
        elif hit.movie_id not in open_ids and not any(
            hit.start < span["end"] and span["start"] < hit.end for span in record["uncertain"]
        ):
            false[hit.movie_id] = hit
    return right, false, gold - right


def score(records: Sequence[Record], link: LinkFunction) -> tuple[dict[str, Any], list[Record]]:
    """The table of one linker, and its errors."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    errors: list[Record] = []
    for record in records:
        body = QUOTED_LINE.sub(lambda match: " " * len(match[0]), record["body"])
        right, false, missed = judge(record, link(record, body))
        for group in ("all", f"stratum {record['stratum']}", f"source {record['source']}"):
            tallies[group].add(len(right), len(false), len(missed))
        errors += [_error(record, "false", hit.movie_id, hit.start, hit.end) for hit in false.values()]
        errors += [
            _error(record, "missed", m["tmdb_id"], m["start"], m["end"])
            for m in record["mentions"]
            if m["tmdb_id"] in missed
        ]
    return {group: tally.report() for group, tally in tallies.items()}, errors


def _error(record: Record, kind: str, movie_id: int, start: int, end: int) -> Record:
    body = record["body"]
    return {
        "error": kind,
        "id": record["id"],
        "thread": record.get("thread_movie"),
        "movie_id": movie_id,
        "text": f"{body[max(0, start - 50) : start]}[[{body[start:end]}]]{body[end : end + 40]}",
    }


def judge_threads(records: Sequence[Record], linker: Linker) -> dict[str, float | int]:
    """Accuracy of "speaks about its thread's film", over labelled comments that do not name that film."""
    count = right = yes = 0
    for record in records:
        label = record["about_thread_film"]
        named = {m["title"].lower() for m in record["mentions"]}
        if label is None or not record.get("thread_movie") or record["thread_movie"].lower() in named:
            continue
        probability = linker.about(comment_of(record))
        count += 1
        yes += label
        right += (probability >= 0.5) == label
    return {
        "comments": count,
        "accuracy": round(right / count, 4) if count else 0.0,
        "always_true": round(yes / count, 4) if count else 0.0,
    }


def larger(films: Sequence[Film], size: int) -> list[Film]:
    """A catalogue of `size` films: the given ones and made-up titles of two words and more from their words.

    No one-word titles are made: so many draws would make a film of every word there is, "the" and "of" too.
    """
    rng = random.Random(1)
    words = sorted({word for film in films for word in film.title.split()})
    lengths = [len(film.title.split()) for film in films]
    made = [
        Film(
            10_000_000 + n,
            " ".join(rng.choices(words, k=max(2, rng.choice(lengths)))),
            year=rng.randint(1930, 2025),
            popularity=rng.random() * 5,
            vote_count=rng.randint(0, 200),
        )
        for n in range(size - len(films))
    ]
    return [*films, *made]


def speed(films: Sequence[Film], comments: Sequence[CommentText], seconds: float) -> dict[str, float | int]:
    """CPU seconds of a build, and comments linked in one CPU second (one core), after a warm-up over part of them."""
    began = time.process_time()
    linker = Linker(films)
    built = time.process_time() - began
    for comment in comments[:2_000]:
        linker.link(comment)
    done = 0
    began = time.process_time()
    while (spent := time.process_time() - began) < seconds:
        linker.link(comments[done % len(comments)])
        done += 1
    return {"films": len(films), "build_cpu_seconds": round(built, 2), "comments_per_cpu_second": round(done / spent)}


def _without_record(baseline: LongestMatch) -> LinkFunction:
    return lambda _, body: baseline.link(body)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--comments", type=Path, help="comments for the speed measurement (default: those of GOLD)")
    parser.add_argument("--errors", action="store_true", help="list false and missed films")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each speed measurement; 0 leaves it out")
    parser.add_argument("--large", type=int, default=200_000, help="titles of the large catalogue")
    arguments = parser.parse_args()
    records, films = read(arguments.gold), read_films(arguments.catalogue)
    linker = Linker(films)

    def ours(record: Record, body: str) -> Sequence[Found]:
        links: Links = linker.link(comment_of(record, body))
        return [mention for mention in links.mentions if mention.via == "text"]

    report: dict[str, Any] = {"gold": arguments.gold.name, "comments": len(records), "films": len(films)}
    report["ours"], errors = score(records, ours)
    for name, capitals in (("any_case_longest_match", False), ("capitalised_runs", True)):
        baseline = LongestMatch(films, capitals=capitals)
        report[name], _ = score(records, _without_record(baseline))
    report["about_thread_film"] = judge_threads(records, linker)
    if arguments.seconds > 0:
        source = read(arguments.comments) if arguments.comments else records
        texts = [comment_of(record) for record in source]
        report["speed"] = [
            speed(catalogue, texts, arguments.seconds) for catalogue in (films, larger(films, arguments.large))
        ]
    if arguments.errors:
        for error in errors:
            print(json.dumps(error, ensure_ascii=False))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
