"""Fit the linker's weights: `python -m processors.linking.train GOLD.jsonl.gz --catalogue CATALOGUE.jsonl.gz`.

Logistic regression with an L2 penalty over the candidate spans of labelled comments. Prints, for several penalties, how
it does on threads it was not fitted on (grouped cross-validation), then writes `weights.json`.
"""

import argparse
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from processors.linking.boosting import Growth, boost
from processors.linking.examples import LABELS, Example, examples, labelled_spans
from processors.linking.gold import read, read_films
from processors.linking.linker import Linker
from processors.linking.scorer import PATH, Scorer
from processors.linking.trees import Tree

SHRINK: Final = 0.7
"""Share of the linear log-odds that is kept where trees correct it, so that both have a say."""

FOLDS: Final = 10
STEPS: Final = 40
"""Newton steps; the fit converges in about ten."""

Matrix = NDArray[np.float64]


def fold_of(group: str, division: int = 0) -> int:
    """The part of the cross-validation a group is in, when the groups are divided for the n-th time."""
    return zlib.crc32((f"{division} {group}" if division else group).encode()) % FOLDS


def matrix(found: Sequence[Example], names: Sequence[str]) -> Matrix:
    """One row an example, one column a feature, a last column of ones."""
    return np.array([[e.features.get(name, 0.0) for name in names] + [1.0] for e in found])


def labels(found: Sequence[Example]) -> Matrix:
    """1 where the span means its film, else 0."""
    return np.array([float(e.label) for e in found])


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


def trained(found: Sequence[Example], penalty: float, *, trees: bool = True) -> dict[str, Any]:
    """What `Scorer` reads, fitted on these examples."""
    names = sorted({name for e in found for name in e.features})
    x, y = matrix(found, names), labels(found)
    weights = fit(x, y, penalty)
    return weights_table(names, weights, boost(x, y, SHRINK * (x @ weights), names, Growth()) if trees else None)


def cross_validated(found: Sequence[Example], penalty: float, *, trees: bool = True) -> Matrix:
    """Probability of each example from a fit that has not seen its group."""
    folds = np.array([fold_of(e.group) for e in found])
    out = np.zeros(len(found))
    for fold in np.unique(folds):
        scorer = Scorer(trained([e for e, f in zip(found, folds, strict=True) if f != fold], penalty, trees=trees))
        out[folds == fold] = [scorer.probability(e.features) for e, f in zip(found, folds, strict=True) if f == fold]
    return out


def weights_table(names: Sequence[str], weights: Matrix, trees: Sequence[Tree] | None) -> dict[str, Any]:
    """What `Scorer` reads; without trees the linear score stands alone."""
    return {
        "shrink": 1.0 if trees is None else SHRINK,
        "bias": round(float(weights[-1]), 4),
        "weights": {name: round(float(w), 4) for name, w in zip(names, weights, strict=False)},
        "trees": list(trees or ()),
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
    y = labels(found)
    for penalty in (0.3, 1.0, 3.0):
        p = cross_validated(found, penalty, trees=False)
        _report(p[:measured], y[:measured], penalty=penalty)
    if arguments.trees or arguments.errors:
        p = cross_validated(found, arguments.penalty)
        _report(p[:measured], y[:measured], trees=True)
    if arguments.errors:
        for e, probability in sorted(zip(found, p, strict=True), key=lambda pair: -abs(pair[1] - pair[0].label)):
            if (probability >= arguments.accept) != e.label:
                _say({"p": round(float(probability), 3), "label": e.label, "span": e.note})
    if not arguments.dry_run:
        chosen = {"version": arguments.version, "accept": arguments.accept, "uncertain": arguments.uncertain}
        written = trained(found, arguments.penalty) | chosen
        PATH.write_text(json.dumps(written, separators=(",", ":")).replace('],["', '],\n["') + "\n", encoding="utf-8")


def _report(p: Matrix, y: Matrix, **how: float) -> None:
    for threshold in (0.4, 0.5, 0.6, 0.7):
        _say({"held_out": True, **how, "spans": len(y), "films": int(y.sum())} | table(p, y, threshold))


def _say(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False))  # noqa: T201 - the command's output


if __name__ == "__main__":
    main()
