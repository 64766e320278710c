"""Make `wordstats.json.gz`: `python -m processors.linking.count_words COMMENTS.jsonl.gz ... [--leave-out GOLD]`.

Reads comments (JSON lines with `body` or `selftext`) and keeps counts only. Comments of the files named by
`--leave-out` are not read, so that a set used for measuring stays unseen.
"""

import argparse
import gzip
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from processors.linking.text import own_words
from processors.linking.wordstats import PATH

_TOKEN: Final = re.compile(r"[A-Za-z0-9]+|[.!?\n:;,()\"“”*_]+")

LEAST: Final = {"lower": 3, "pairs": 6, "capital": 3, "capital_pairs": 4}
"""Counts below these say too little to be worth their bytes."""

MIN_CONTEXT: Final = 30
"""A context word seen less often around capitalised phrases gets no log-odds of its own."""

# Words that film titles follow or precede, against any other capitalised phrase: learnt from long titles (three words
# and more, each capitalised), which are hardly ever anything but films.


def read_bodies(paths: Iterable[Path], leave_out: Iterable[Path]) -> Iterator[str]:
    """Bodies of all files, each text once."""
    seen = {body for path in leave_out for body in _bodies(path)}
    for path in paths:
        for body in _bodies(path):
            if body not in seen:
                seen.add(body)
                yield body


def _bodies(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            body = record.get("body")
            yield (record.get("selftext") or "") if body is None else body


def count(bodies: Iterable[str]) -> dict[str, Any]:
    """Words and pairs in lower case, and words and pairs with a capital inside a sentence."""
    lower, pairs, capital, capital_pairs = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for body in bodies:
        before = ""  # the word before in the same sentence, as written
        for word in _TOKEN.findall(own_words(body)):
            if not word[0].isalnum():
                before = "" if set(word) & set(".!?\n:") else before
                continue
            small = word[0].islower() or word[0].isdigit()
            pair = f"{before} {word}".lower()
            if small:
                lower[word.lower()] += 1
                if before and before[0].islower():
                    pairs[pair] += 1
            elif before and not word.isupper():
                capital[word.lower()] += 1
                if before[0].isupper():
                    capital_pairs[pair] += 1
            before = word
    tables = {"lower": lower, "pairs": pairs, "capital": capital, "capital_pairs": capital_pairs}
    kept = {
        name: {word: n for word, n in sorted(counts.items()) if n >= LEAST[name]} for name, counts in tables.items()
    }
    return {"version": 1, "total": lower.total(), **kept}


def log_odds(positive: Counter[str], negative: Counter[str]) -> dict[str, float]:
    """ln(P(word | title) / P(word | other)), smoothed by one, for words seen often enough."""
    vocabulary = {w for w in positive | negative if positive[w] + negative[w] >= MIN_CONTEXT}
    up, down = positive.total() + len(vocabulary), negative.total() + len(vocabulary)
    return {
        word: round(math.log((positive[word] + 1) / up) - math.log((negative[word] + 1) / down), 3)
        for word in sorted(vocabulary)
    }


def write(table: dict[str, Any], path: Path = PATH) -> None:
    """Write the table; the same counts give the same bytes."""
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comments", nargs="+", type=Path)
    parser.add_argument("--leave-out", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    write(count(read_bodies(arguments.comments, arguments.leave_out)))


if __name__ == "__main__":
    main()
