"""The data part of `benchmarks.drift`: hourly comparisons of tables whose distributions change."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.stats import wasserstein_distance  # type: ignore[import-untyped]

from monitoring.drift.evaluate import LARGE, THRESHOLD, Column, has_drifted, have_drifted
from monitoring.drift.frames import COLUMNS
from monitoring.drift.spans import Spans, choose

_FILMS = 60
_HOURS_BEFORE, _HOURS_AFTER = 50, 24
_WINDOWS_AN_HOUR = 12
"""Windows that do not overlap; those between them repeat their data."""
_MENTIONS_REFERENCE = 50
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
    return table.assign(error=2 * table.error)


CHANGES: dict[str, Change] = {
    "half the mentions": _quieter,
    "sentiment part 10 points lower": _sourer,
    "errors twice as large": _worse,
}


def hour(rng: Generator, number: int, change: Change) -> pd.DataFrame:
    """The rows of one hour: films of different loudness, a day and a night, and an hour's common luck.

    What is derived (the score, forecasts) follows from what the change leaves.
    """
    loud = np.repeat(np.linspace(0.5, 4.0, _FILMS), _WINDOWS_AN_HOUR)
    day = 0.6 * math.sin(2 * math.pi * number / 24) + rng.normal(0, 0.1)
    rows = len(loud)
    table = change(pd.DataFrame({
        "popularity_part": np.tile(np.linspace(55, 95, _WINDOWS_AN_HOUR), _FILMS),
        "log_mentions": np.maximum(0.0, loud + day + rng.normal(0, 0.5, rows)),
        "sentiment_part": 50 + rng.normal(0, 12, rows) + rng.normal(0, 1),
        "thread_share": rng.beta(2, 2, rows),
        "error": rng.normal(0, 3, rows) * math.exp(rng.normal(0, 0.15)),
        "expected_change": rng.normal(0, 1, rows),
        "interval_width": rng.lognormal(2, 0.3, rows),
    }))  # fmt: skip
    mentions_part = 100 * np.minimum(1.0, table.log_mentions / math.log1p(_MENTIONS_REFERENCE))
    score = 0.4 * table.popularity_part + 0.3 * mentions_part + 0.3 * table.sentiment_part
    return table.assign(
        mentions_part=mentions_part,
        trend_score=score,
        predicted=score + table.expected_change,
        absolute_error=table.error.abs(),
    )


def distance(reference: pd.Series, current: pd.Series) -> float:
    """As Evidently's `wasserstein` gives it: in standard deviations of the reference; a test holds them equal."""
    return float(wasserstein_distance(reference, current) / max(float(np.std(reference)), 0.001))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found: columns that have drifted, which gauges show, and whether that makes an alarm."""

    columns: frozenset[str]
    alarm: bool


def verdicts(seed: int, hours: int, change: Change, changed_from: int, *, same_time: bool) -> list[Verdict]:
    """What is found at the end of each hour that can be compared."""
    rng = np.random.default_rng(seed)
    tables = [hour(rng, number, change if number >= changed_from else _same) for number in range(hours)]
    found: list[Verdict] = []
    before: dict[str, float] = {}
    for number in range(25, hours):
        spans = _spans(number)
        wanted = sorted({(start - _START) // _HOUR for start in spans.reference})
        reference = pd.concat([tables[one] for one in wanted]) if same_time else pd.concat(tables[number - 3 : number])
        scores = {name: distance(reference[name], tables[number][name]) for name in COLUMNS}
        columns = {name: Column(score, has_drifted(score, before.get(name))) for name, score in scores.items()}
        drifted = frozenset(name for name, column in columns.items() if column.drifted)
        found.append(Verdict(drifted, have_drifted(columns)))
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
            ("same time of day" if same else "the three hours before"): {
                "alarms": _per_10000_windows([one.alarm for one in found]),
                "some column": _per_10000_windows([bool(one.columns) for one in found]),
            }
            for same, found in quiet.items()
        },
        "changes": {name: _change(change, runs) for name, change in CHANGES.items()},
    }


def _per_10000_windows(found: list[bool]) -> float:
    return round(10_000 * sum(found) / (len(found) * _WINDOWS_AN_HOUR), 2)


def _change(change: Change, runs: int) -> dict[str, Any]:
    after = [
        verdicts(50 + run, _HOURS_BEFORE + _HOURS_AFTER, change, _HOURS_BEFORE, same_time=True)[_HOURS_BEFORE - 25 :]
        for run in range(runs)
    ]
    return {
        "alarms": _delays([[one.alarm for one in found] for found in after]),
        "some column": _delays([[bool(one.columns) for one in found] for found in after]),
    }


def _delays(runs: list[list[bool]]) -> dict[str, Any]:
    seen = [found.index(True) + 1 for found in runs if True in found]
    return {"detected": f"{len(seen)} of {len(runs)}", "median_delay": float(np.median(seen)) if seen else None}
