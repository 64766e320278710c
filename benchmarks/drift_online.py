"""The online part of `benchmarks.drift`: the engine on streams whose dynamics change."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from river import drift

from contracts.events import Prediction, TrendUpdate
from ml_service.engine import Batch, Engine, EngineConfig
from ml_service.error_drift import ErrorDrift
from ml_service.events import Kind

_WINDOW = timedelta(minutes=5)
_START = datetime(2026, 1, 1, tzinfo=UTC)
_FILMS = 4
_BEFORE, _AFTER = 400, 300
"""Windows before and after the change: a day and a half, and a day."""
_CONTEST = 24
_DAY = 288
"""Windows."""


@dataclass(frozen=True, slots=True)
class World:
    """How scores move: an own level, a daily wave, carried deviations, and shocks, at noon the largest."""

    carry: float
    noise: float
    wave: float
    phase: float
    noon: float = 0.3
    """By how much shocks are larger at noon and smaller at midnight: a share."""


CALM = World(carry=0.5, noise=3.0, wave=10.0, phase=0.0)
CHANGES = {
    "none": CALM,
    "shocks twice as large": World(carry=0.5, noise=6.0, wave=10.0, phase=0.0),
    "shocks half as large again": World(carry=0.5, noise=4.5, wave=10.0, phase=0.0),
    "deviations alternate": World(carry=-0.5, noise=3.0, wave=10.0, phase=0.0),
    "shocks half as large": World(carry=0.5, noise=1.5, wave=10.0, phase=0.0),
}
"""The last two are controls: forecasts that soon are as good as before, or better, are no drift of the error."""


def stream(world: World, windows: int, *, seed: int, before: int) -> Iterator[TrendUpdate]:
    """Final windows of five minutes, one after the other; the world changes after `before` of them."""
    rng = random.Random(seed)
    state = [0.0] * _FILMS
    for number in range(windows):
        now = CALM if number < before else world
        start = _START + number * _WINDOW
        wave = now.wave * math.sin(2 * math.pi * number / _DAY + now.phase)
        busy = 1 - now.noon * math.cos(2 * math.pi * number / _DAY)
        for film in range(_FILMS):
            state[film] = now.carry * state[film] + rng.gauss(0, now.noise * busy)
            score = min(100.0, max(0.0, 50 + 3 * film + wave + state[film]))
            yield TrendUpdate(
                movie_id=film + 1, title=f"Film {film}", window_start=start, window_end=start + _WINDOW,
                popularity=100.0, popularity_observed_at=_START, mentions=1, mentions_text=1, mentions_thread=0,
                sentiment=0.0, sentiment_sum=0.0, positive=0, neutral=1, negative=0, popularity_part=50.0,
                mentions_part=20.0, sentiment_part=50.0, trend_score=score, revision=1, is_final=True,
                processed_at=start + _WINDOW,
            )  # fmt: skip


def played(world: World, windows: int, *, seed: int, before: int, acting: bool = True) -> tuple[Batch, list[float]]:
    """What the engine makes of a stream, and the values its detector saw. Not acting, nothing is reset or promoted."""
    engine, batch = (
        Engine(EngineConfig(_WINDOW, _WINDOW, (1,), 0.8, contest_blocks=_CONTEST, contest_pairs=100)),
        Batch(),
    )
    if not acting:
        engine.decide_nothing()
    for update in stream(world, windows, seed=seed, before=before):
        engine.process(update, batch)
    return batch, values_of(batch.predictions)


def values_of(predictions: list[Prediction]) -> list[float]:
    """Each window's mean absolute error."""
    errors: dict[datetime, list[float]] = {}
    for row in predictions:
        if row.error is not None:
            errors.setdefault(row.target_window_end, []).append(abs(row.error))
    return [float(np.mean(found)) for found in errors.values()]


def adwin(values: list[float]) -> list[int]:
    """Where the platform's own detector says drift."""
    detector, found = ErrorDrift(1, int(_WINDOW.total_seconds())), []
    # The first window has no outcome: values begin with the second.
    for number, value in enumerate([*values, 0.0], start=1):
        if detector.close_step(number) is not None:
            found.append(number - 2)
        detector.add(number, value)
    return found


def page_hinkley(values: list[float]) -> list[int]:
    """The same of Page-Hinkley with River's settings and a threshold for this scale."""
    detector: Any = drift.PageHinkley  # river has no types
    detector, found = detector(min_instances=30, delta=0.05, threshold=8.0, mode="up"), []
    for number, value in enumerate(values):
        detector.update(math.log(value + 0.05))
        if detector.drift_detected:
            found.append(number)
    return found


def online_drift(runs: int, quiet_windows: int) -> dict[str, Any]:
    """Delays in windows, detections, false alarms, and the error after the change with and without acting."""
    detectors: dict[str, Callable[[list[float]], list[int]]] = {"adwin": adwin, "page_hinkley": page_hinkley}
    quiet = [
        played(CALM, quiet_windows // runs, seed=100 + run, before=quiet_windows, acting=True) for run in range(runs)
    ]
    lengths = sum(len(values) for _, values in quiet)
    return {
        "unit": "windows of five minutes",
        "false_alarms_per_10000_windows": {
            name: round(10_000 * sum(len(detect(values)) for _, values in quiet) / lengths, 2)
            for name, detect in detectors.items()
        },
        "changes": {name: _change(world, runs, detectors) for name, world in CHANGES.items() if name != "none"},
    }


def _change(world: World, runs: int, detectors: dict[str, Callable[[list[float]], list[int]]]) -> dict[str, Any]:
    acting = [played(world, _BEFORE + _AFTER, seed=run, before=_BEFORE) for run in range(runs)]
    idle = [played(world, _BEFORE + _AFTER, seed=run, before=_BEFORE, acting=False) for run in range(runs)]
    found: dict[str, Any] = {}
    for name, detect in detectors.items():
        delays = [_first_after(detect(values)) for _, values in acting]
        seen = [delay for delay in delays if delay is not None]
        found[name] = {
            "detected": f"{len(seen)} of {runs}",
            "median_delay": float(np.median(seen)) if seen else None,
            "longest_delay": max(seen, default=None),
        }
    mae = [_mae_after(batch) for batch, _ in acting], [_mae_after(batch) for batch, _ in idle]
    found["promotions"] = sum(event.kind is Kind.PROMOTION for batch, _ in acting for event in batch.events)
    found["mae_after_acting_to_doing_nothing"] = round(float(np.mean(mae[0]) / np.mean(mae[1])), 4)
    return found


def _first_after(alarms: list[int]) -> int | None:
    return next((at - _BEFORE for at in alarms if at >= _BEFORE), None)


def _mae_after(batch: Batch) -> float:
    change = _START + _BEFORE * _WINDOW
    errors = [abs(row.error) for row in batch.predictions if row.error is not None and row.made_at > change]
    return float(np.mean(errors))
