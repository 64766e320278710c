"""Progressive validation with delay of the forecaster over any file of series.

    python -m benchmarks.forecast SERIES.csv.gz --id COL --time COL --value COL [--bin 10min]

Every value first settles the forecasts it is the label of, then is learned, then the next forecasts are made. Nothing
is warmed up or left out: a film's first value already makes a forecast; every baseline answers at the same instants.
Prints one JSON object.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.series_file import SeriesFile, parse_bin, read_series
from ml_service.model.features import BASELINES
from ml_service.model.forecaster import MODEL_VERSION, Forecaster, Outcome
from ml_service.model.grid import Grid

_BOOTSTRAPS = 2_000
_SEED = 20_261_121

Row = tuple[float, ...]


def with_zeros(series: SeriesFile, quiet: int) -> Iterator[tuple[int, str, float, bool]]:
    """(step, id, value, active) in order; left-out zeros are put back for `quiet` steps after a film's last count.

    A film is active, so that a forecast is made, while it had a count within the last day: known at that instant.
    """
    if series.missing == "unknown":
        yield from ((step, name, value, True) for step, name, value in series.rows())
        return
    day = max(1, 86_400 // series.step_seconds)
    end = max(step for points in series.values.values() for step in points)
    filled = []
    for name, points in series.values.items():
        known = sorted(points)
        for step, following in zip(known, [*known[1:], end + 1], strict=True):
            filled.append((step, name, points[step], True))
            stop = min(following, step + quiet)
            filled += [(zero, name, 0.0, zero - step < day) for zero in range(step + 1, stop)]
    yield from sorted(filled)


def evaluate(
    series: SeriesFile, horizons: tuple[int, ...], *, shuffle: bool = False
) -> tuple[Forecaster, dict[int, list[Outcome]], float]:
    """Run the forecaster over the file; returns it, the outcomes by horizon and the processor seconds it took."""
    grid = Grid(series.step_seconds, horizons)
    lowest = min(value for points in series.values.values() for value in points.values())
    model = Forecaster(grid, low=0.0 if lowest >= 0 else -np.inf)
    rows = list(with_zeros(series, grid.week))
    if shuffle:
        mixed = [row[2] for row in rows]
        np.random.default_rng(_SEED).shuffle(mixed)
        rows = [(step, name, value, active) for (step, name, _, active), value in zip(rows, mixed, strict=True)]
    outcomes: dict[int, list[Outcome]] = defaultdict(list)
    started = time.process_time()
    for step, name, value, active in rows:
        for outcome in model.observe(name, step, value):
            outcomes[outcome.forecast.horizon].append(outcome)
        if active:
            model.forecast(name)
    return model, outcomes, time.process_time() - started


def _ratio(own: NDArray[np.float64], other: NDArray[np.float64], films: NDArray[np.int64]) -> dict[str, Any]:
    """Ratio of summed absolute errors and its 95 % interval when the films are drawn anew, which one film cannot be."""
    count = int(films.max()) + 1
    a, b = np.bincount(films, own, count), np.bincount(films, other, count)
    draws = np.random.default_rng(_SEED).integers(0, count, (_BOOTSTRAPS, count))
    sums_a, sums_b = a[draws].sum(axis=1), b[draws].sum(axis=1)
    valid = sums_b > 0
    if not b.sum() or not valid.any():
        return {"ratio": None, "interval": None}
    ratio = round(a.sum() / b.sum(), 4)
    if count == 1:
        return {"ratio": ratio, "interval": None}
    low, high = np.percentile(sums_a[valid] / sums_b[valid], [2.5, 97.5])
    return {"ratio": ratio, "interval": [round(low, 4), round(high, 4)]}


def one_step_changes(series: SeriesFile, quiet: int) -> dict[str, float]:
    """Each film's mean absolute change from a step on which it is active to the next, 0 where there is none."""
    last: dict[str, tuple[int, float]] = {}
    changes: dict[str, list[float]] = {name: [] for name in series.values}
    for step, name, value, active in with_zeros(series, quiet):
        before = last.pop(name, None)
        if before is not None and before[0] == step - 1:
            changes[name].append(abs(value - before[1]))
        if active:
            last[name] = step, value
    return {name: sum(found) / max(1, len(found)) for name, found in changes.items()}


def report(outcomes: list[Outcome], naive: dict[str, float]) -> dict[str, Any]:
    """The figures of one horizon. `naive` is each film's mean absolute one-step change, the unit of MASE."""
    names = sorted({outcome.forecast.film for outcome in outcomes})
    index = {name: number for number, name in enumerate(names)}
    films = np.array([index[outcome.forecast.film] for outcome in outcomes])
    actual = np.array([outcome.actual for outcome in outcomes])
    predicted = np.array([outcome.forecast.predicted for outcome in outcomes])
    current = np.array([outcome.forecast.current for outcome in outcomes])
    lower = np.array([outcome.forecast.lower for outcome in outcomes])
    upper = np.array([outcome.forecast.upper for outcome in outcomes])
    error = np.abs(predicted - actual)
    baseline = {
        name: np.abs(np.array([outcome.forecast.baselines[name] for outcome in outcomes]) - actual)
        for name in BASELINES
    }
    best = min(BASELINES, key=lambda name: float(baseline[name].sum()))
    unit = np.array([naive[name] for name in names])[films]
    moved = actual != current
    variance = float(((actual - actual.mean()) ** 2).sum())
    return {
        "labels": len(outcomes),
        "films": len(names),
        "mae": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1 - float((error**2).sum()) / variance if variance else None,
        "mase": float((error[unit > 0] / unit[unit > 0]).mean()) if (unit > 0).any() else None,
        "to_persistence": _ratio(error, baseline["persistence"], films),
        "best_baseline": best,
        "to_best_baseline": _ratio(error, baseline[best], films),
        "baseline_mae": {name: float(values.mean()) for name, values in baseline.items()},
        "coverage": float(((lower <= actual) & (actual <= upper)).mean()),
        "width": float((upper - lower).mean()),
        "sign_accuracy": float((np.sign(predicted - current) == np.sign(actual - current))[moved].mean())
        if moved.any()
        else None,
    }  # fmt: skip


def figures(series: SeriesFile, horizons: tuple[int, ...]) -> dict[str, Any]:
    """How the file was understood, the speed, and the report of every horizon that has labels."""
    _, outcomes, seconds = evaluate(series, horizons)
    quiet = Grid(series.step_seconds, horizons).week
    naive = one_step_changes(series, quiet)
    made = len(horizons) * sum(active for *_, active in with_zeros(series, quiet))
    return {
        "model_version": MODEL_VERSION,
        "step_seconds": series.step_seconds,
        "missing_bins": series.missing,
        "rows_of_one_bin": series.aggregate,
        "series": len(series.values),
        "seconds_per_1000_forecasts": round(1000 * seconds / made, 4),
        "horizons": {str(h): report(outcomes[h], naive) for h in horizons if outcomes[h]},
    }


def _bin(text: str) -> int:
    try:
        return parse_bin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _horizons(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r}: write whole numbers of steps, at least 1, like 1,3,12")
    return tuple(sorted({int(part) for part in parts}))


def main(arguments: list[str] | None = None) -> int:
    """Command line; exit 2 with a sentence when the file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__.split("\n", 1)[0])
    parser.add_argument("series", type=Path)
    parser.add_argument("--id", required=True, help="column that names the film")
    parser.add_argument("--time", required=True, help="column with the instant, ISO 8601")
    parser.add_argument("--value", required=True, help="column with the number")
    parser.add_argument("--bin", type=_bin, help="bin such as 10min; default: the file's own step")
    parser.add_argument("--horizons", type=_horizons, default="1,3,12", help="steps ahead (default 1,3,12)")
    parser.add_argument("--missing", choices=("zero", "unknown"), help="what a missing bin means; default: found out")
    parser.add_argument("--aggregate", choices=("sum", "last"), help="rows of one bin; default: found out")
    options = parser.parse_args(arguments)
    try:
        series = read_series(
            options.series, id_column=options.id, time_column=options.time, value_column=options.value,
            bin_seconds=options.bin, missing=options.missing, aggregate=options.aggregate,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps({"file": options.series.name, **figures(series, options.horizons)}, allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
