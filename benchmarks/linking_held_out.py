"""Linking on threads the weights have not seen: `python -m benchmarks.linking_held_out GOLD.jsonl.gz --catalogue FILE`.

Ten times the weights are fitted without a tenth of the threads, and the linker is scored on that tenth's comments as
`benchmarks.linking` does it. Prints the sums as JSON, for several thresholds; beside them those of the shipped weights,
which have seen every thread. With `--comments FOLDER` the spans of `labels.csv` take part in the fit, as in the shipped
one. `--divisions 5` does it for five divisions of the threads into tenths and sums them up: which threads are left out
together moves recall by a hundredth or two.
"""

import argparse
import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.linking import Tally, judge
from processors.linking.examples import LABELS, Example, examples, labelled_spans
from processors.linking.gold import Record, comment_of, group_of, read, read_films
from processors.linking.linker import Linker
from processors.linking.model import Mention
from processors.linking.scorer import Scorer
from processors.linking.train import FOLDS, fold_of, trained

_ACCEPT = (0.5, 0.55, 0.6, 0.65, 0.68, 0.7, 0.75)


def fitted(found: Sequence[Example], division: int, fold: int, penalty: float) -> Scorer:
    """The weights of all examples but one fold's."""
    return Scorer(trained([example for example in found if fold_of(example.group, division) != fold], penalty))


def hits(linker: Linker, record: Record) -> list[Mention]:
    """The films named in a comment."""
    return [mention for mention in linker.link(comment_of(record)).mentions if mention.via == "text"]


def tally(linker: Linker, scorer: Scorer, records: Sequence[Record], into: dict[float, Tally]) -> None:
    """Score some comments at every threshold."""
    linker.scorer = scorer
    for accept in _ACCEPT:
        scorer.accept = accept
        for record in records:
            right, false, missed = judge(record, hits(linker, record))
            into[accept].add(len(right), len(false), len(missed))


def main() -> None:
    """Fit, score, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linking_held_out", description=__doc__)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--comments", type=Path, help="folder of the comment files that labels.csv speaks of")
    parser.add_argument("--penalty", type=float, default=1.0)
    parser.add_argument("--divisions", type=int, default=1)
    arguments = parser.parse_args()
    records = read(arguments.gold)
    linker = Linker(read_films(arguments.catalogue))
    found = list(examples(records, linker))
    if arguments.comments is not None:
        found += labelled_spans(LABELS, arguments.comments, linker)
    shipped, accept, sums = linker.scorer, linker.scorer.accept, defaultdict[float, Tally](Tally)
    for division, fold in itertools.product(range(arguments.divisions), range(FOLDS)):
        part = [record for record in records if fold_of(group_of(record), division) == fold]
        tally(linker, fitted(found, division, fold, arguments.penalty), part, sums)
    seen = defaultdict[float, Tally](Tally)
    tally(linker, shipped, records, seen)
    tables = {
        name: {f"{a:g}": t.report() for a, t in some.items()} for name, some in (("held_out", sums), ("seen", seen))
    }
    print(json.dumps({"comments": len(records), "spans_fitted": len(found), "accept": accept} | tables))


if __name__ == "__main__":
    main()
