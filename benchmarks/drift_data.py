"""The data part of `benchmarks.drift`: hourly comparisons of tables whose distributions change."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.stats import wasserstein_distance  # type: ignore[import-untyped]

from monitoring.drift.evaluate import LARGE, THRESHOLD, has_drifted
from monitoring.drift.spans import Spans, choose

_FILMS = 60
_HOURS_BEFORE, _HOURS_AFTER = 50, 24
_WINDOWS_AN_HOUR = 12
"""Windows that do not overlap; those between them repeat their data."""
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOW = timedelta(minutes=5)
_HOUR = timedelta(hours=1)

Change = Callable[[pd.DataFrame], pd.DataFrame]


def _same(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _quieter(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(log_mentions=table.log_mentions * 0.5)


def _sourer(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(sentiment_part=table.sentiment_part - 10)


def _worse(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(absolute_error=2 * table.absolute_error)


CHANGES: dict[str, Change] = {
    "half the mentions": _quieter,
    "sentiment part 10 points lower": _sourer,
    "errors twice as large": _worse,
}
COLUMNS = ("log_mentions", "sentiment_part", "absolute_error")


def hour(rng: Generator, number: int) -> pd.DataFrame:
    """The rows of one hour: films of different loudness, a day and a night, and an hour's common luck."""
    loud = np.repeat(np.linspace(0.5, 4.0, _FILMS), _WINDOWS_AN_HOUR)
    day = 0.6 * math.sin(2 * math.pi * number / 24) + rng.normal(0, 0.1)
    rows = len(loud)
    return pd.DataFrame({
        "log_mentions": np.maximum(0.0, loud + day + rng.normal(0, 0.5, rows)),
        "sentiment_part": 50 + rng.normal(0, 12, rows) + rng.normal(0, 1),
        "absolute_error": np.abs(rng.normal(0, 3, rows)) * math.exp(rng.normal(0, 0.15)),
    })  # fmt: skip


def distance(reference: pd.Series, current: pd.Series) -> float:
    """As Evidently's `wasserstein` gives it: in standard deviations of the reference; a test holds them equal."""
    return float(wasserstein_distance(reference, current) / max(float(np.std(reference)), 0.001))


def verdicts(seed: int, hours: int, change: Change, changed_from: int, *, same_time: bool) -> list[list[str]]:
    """The columns that have drifted, at the end of each hour that can be compared."""
    rng = np.random.default_rng(seed)
    tables = [hour(rng, number) if number < changed_from else change(hour(rng, number)) for number in range(hours)]
    found: list[list[str]] = []
    before: dict[str, float] = {}
    for number in range(25, hours):
        spans = _spans(number)
        wanted = sorted({(start - _START) // _HOUR for start in spans.reference})
        reference = pd.concat([tables[one] for one in wanted]) if same_time else pd.concat(tables[number - 3 : number])
        scores = {name: distance(reference[name], tables[number][name]) for name in COLUMNS}
        found.append([name for name, score in scores.items() if has_drifted(score, before.get(name))])
        before = scores
    return found


def _spans(number: int) -> Spans:
    """What the service would compare at the end of an hour."""
    starts = [_START + one * _HOUR + k * _WINDOW for one in range(number + 1) for k in range(_WINDOWS_AN_HOUR)]
    spans = choose(starts, _HOUR)
    if spans is None or not spans.same_time_of_day:
        raise RuntimeError(f"hour {number} has no reference at the same time of day")
    return spans


def data_drift(runs: int, quiet_windows: int) -> dict[str, Any]:
    """Delays in hours, detections, and false alarms of both ways to choose the reference."""
    hours = max(60, quiet_windows // _WINDOWS_AN_HOUR // runs)
    quiet = {
        same: [verdict for run in range(runs) for verdict in verdicts(run, hours, _same, hours, same_time=same)]
        for same in (True, False)
    }
    return {
        "unit": "comparisons, one an hour; an hour has 12 windows",
        "threshold": THRESHOLD,
        "large": LARGE,
        "false_alarms_per_10000_windows": {
            ("same time of day" if same else "the three hours before"): round(
                10_000 * sum(bool(columns) for columns in found) / (len(found) * _WINDOWS_AN_HOUR), 2
            )
            for same, found in quiet.items()
        },
        "changes": {name: _change(change, runs) for name, change in CHANGES.items()},
    }


def _change(change: Change, runs: int) -> dict[str, Any]:
    delays = []
    for run in range(runs):
        found = verdicts(50 + run, _HOURS_BEFORE + _HOURS_AFTER, change, _HOURS_BEFORE, same_time=True)
        after = found[_HOURS_BEFORE - 25 :]
        delays.append(next((number + 1 for number, columns in enumerate(after) if columns), None))
    seen = [delay for delay in delays if delay is not None]
    return {"detected": f"{len(seen)} of {runs}", "median_delay": float(np.median(seen)) if seen else None}
