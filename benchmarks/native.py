"""The extension against the Python code: `python -m benchmarks.native [FILE.jsonl.gz ...] [--catalogue FILE.jsonl.gz]`.

Every comment of the files is linked, masked and scored both ways; the answers must be equal to the bit, probabilities
and scores included. Prints JSON: how many comments, how many the extension left to Python, how many answers differ, and
CPU microseconds a comment of both. The exit code is 1 when an answer differs.
"""

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.comments import DATA, REAL_CATALOGUE, known_films
from benchmarks.stages import linkable
from common.clock import system_clock
from processors.linking.linker import Linker
from processors.linking.model import CommentText
from processors.native import NativeLinker, analyzer, extension
from processors.sentiment.score import FilmSentiment

_FILES = ("rmovies_discussion_dev", "rmovies_bodies_2020", "reddit_2024_movies_comments", "youtube_trailer_comments")
_UNKNOWN_TIME = datetime(2023, 5, 1, tzinfo=UTC)
"""For comments whose time was not recorded: each way gets the same."""

Answer = tuple[Any, ...]


def said(linker: Linker, sentiment: FilmSentiment, text: CommentText) -> Answer:
    """What the Python code says, in the extension's form."""
    links = linker.link(text)
    scores = sentiment.score(text.body, links)
    rows = [
        [(m.movie_id, m.via == "thread", m.start, m.end, m.confidence) for m in some]
        for some in (links.mentions, links.uncertain)
    ]
    return (*rows, list(links.places), [scores[m.movie_id] for m in links.mentions])


def understood(native: NativeLinker, native_analyzer: Any, text: CommentText) -> Answer | None:
    """What the extension says; None when it leaves the comment to Python."""
    year = None if text.created is None else text.created.year
    try:
        answer: Answer | None = native.native.understand(native_analyzer, text.body, text.thread_title, year)
    except UnicodeEncodeError:  # half a surrogate pair: no message can hold one
        return None
    return answer


def comments(path: Path) -> Iterator[CommentText]:
    """The comments of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            created = record.get("created_utc")
            at = datetime.fromtimestamp(created, UTC) if isinstance(created, int | float) and created else _UNKNOWN_TIME
            title = record.get("link_title") or record.get("thread_movie") or None
            yield CommentText(record.get("body") or record.get("text") or "", title, at)


def compare(texts: Sequence[CommentText], linker: Linker) -> dict[str, Any]:
    """Both ways over the same comments."""
    module = extension()
    native, native_analyzer, sentiment = NativeLinker(linker, module), analyzer(module), FilmSentiment()
    first = [understood(native, native_analyzer, text) for text in texts]  # meets every thread and character once
    start = time.process_time()
    for text in texts:
        understood(native, native_analyzer, text)
    middle = time.process_time()
    wanted = [said(linker, sentiment, text) for text in texts]
    end = time.process_time()
    pairs = list(zip(texts, first, wanted, strict=True))
    wrong = [text.body[:200] for text, answer, other in pairs if answer is not None and answer != other]
    for body in wrong[:5]:
        print(f"different: {body!r}", file=sys.stderr)
    return {
        "comments": len(texts),
        "left_to_python": sum(answer is None for answer in first),
        "different": len(wrong),
        "native_microseconds": round((middle - start) / len(texts) * 1e6, 1),
        "python_microseconds": round((end - middle) / len(texts) * 1e6, 1),
    }


def main() -> int:
    """Compare; 0 when every answer is the same."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.native", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", default=[DATA / "comments" / f"{n}.jsonl.gz" for n in _FILES])
    parser.add_argument("--catalogue", type=Path, default=REAL_CATALOGUE)
    arguments = parser.parse_args()
    if extension() is None:
        raise SystemExit("the extension is not built here: native/build.sh")
    linker = Linker(linkable(known_films(arguments.catalogue, system_clock())))
    result = compare([text for path in arguments.files for text in comments(path)], linker)
    print(json.dumps(result))
    return 1 if result["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
