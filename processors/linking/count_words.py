"""Make `wordstats.json.gz`: `python -m processors.linking.count_words COMMENTS ... --catalogue FILMS`.

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

from processors.linking.text import normalise, own_words
from processors.linking.wordstats import PATH

_TOKEN: Final = re.compile(r"[A-Za-z0-9]+|[.!?\n:;,()\"“”*_]+")

LEAST: Final = {"lower": 3, "pairs": 6, "capital": 3, "capital_pairs": 4}
"""Counts below these say too little to be worth their bytes."""

MIN_CONTEXT: Final = 60
"""A context word seen less often around capitalised phrases gets no log-odds of its own."""

SMOOTHING: Final = 40
"""Uses at the average rate added to each context word, so that a handful of chance meetings says little."""


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
    """ln(P(word | title) / P(word | other)) for words seen often enough, drawn towards 0 by `SMOOTHING` uses."""
    share = positive.total() / max(1, positive.total() + negative.total())
    odds: dict[str, float] = {}
    for word in sorted(positive | negative):
        up, down = positive[word], negative[word]
        if up + down >= MIN_CONTEXT and not word.isdigit():
            rate = (up + SMOOTHING * share) / (up + down + SMOOTHING)
            odds[word] = round(math.log(rate / (1 - rate)) - math.log(share / (1 - share)), 3)
    return odds


_WORDS: Final = re.compile(r"[A-Za-z0-9&]+")


def contexts(bodies: Iterable[str], titles: frozenset[str]) -> dict[str, dict[str, float]]:
    """What stands before and after film titles, against other capitalised phrases inside a sentence.

    Learnt from titles of three words and more written with capitals: hardly ever anything but films. The words taken
    are those in the same clause; a phrase is a run of capitalised words.
    """
    counts = {name: Counter[str]() for name in ("before+", "after+", "before-", "after-")}
    for body in bodies:
        for clause in _CLAUSE_END.split(own_words(body)):
            words = _WORDS.findall(clause)
            for start, end, is_title in _phrases(words, titles):
                sign = "+" if is_title else "-"
                if start > 0:
                    counts["before" + sign][words[start - 1].lower()] += 1
                if end < len(words):
                    counts["after" + sign][words[end].lower()] += 1
    return {name: log_odds(counts[name + "+"], counts[name + "-"]) for name in ("before", "after")}


_CLAUSE_END: Final = re.compile(r"[.!?:;\n,()\"“”*_/]+")
_LONG: Final = 3
_LONGEST: Final = 8


def _phrases(words: list[str], titles: frozenset[str]) -> Iterator[tuple[int, int, bool]]:
    """Spans of long titles and, where there is none, runs of capitalised words that do not begin the clause."""
    at = 0
    while at < len(words):
        if not words[at][0].isupper():
            at += 1
            continue
        for length in range(min(_LONGEST, len(words) - at), _LONG - 1, -1):
            if " ".join(words[at : at + length]).lower() in titles and words[at + length - 1][0].isupper():
                yield at, at + length, True
                at += length
                break
        else:
            end = at + 1
            while end < len(words) and words[end][0].isupper():
                end += 1
            if at > 0 and words[at] != "I":
                yield at, end, False
            at = end


def long_titles(catalogue: Path) -> frozenset[str]:
    """Titles of three words and more, normalised."""
    with gzip.open(catalogue, "rt", encoding="utf-8") as file:
        titles = (normalise(json.loads(line)["title"]) for line in file)
        return frozenset(title for title in titles if title.count(" ") >= _LONG - 1)


def write(table: dict[str, Any], path: Path = PATH) -> None:
    """Write the table; the same counts give the same bytes."""
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comments", nargs="+", type=Path)
    parser.add_argument("--leave-out", nargs="*", type=Path, default=[])
    parser.add_argument("--catalogue", type=Path, required=True, help="films whose long titles show contexts")
    arguments = parser.parse_args()
    bodies = list(read_bodies(arguments.comments, arguments.leave_out))
    write({**count(bodies), **contexts(bodies, long_titles(arguments.catalogue))})


if __name__ == "__main__":
    main()
