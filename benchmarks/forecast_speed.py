"""How fast, and how flat in memory: `python -m benchmarks.forecast_speed [--films 200] [--windows 300]`.

Feeds final windows of made-up films to the service's engine, horizons 1, 3 and 12 windows, and prints one line of JSON:
milliseconds of processor time for one film's outcomes, learning and forecasts, films a minute on one core, and the
resident memory when every horizon has its labels and at the end. Processor time, because the machine is shared.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import psutil

from contracts.events import TrendUpdate
from ml_service.engine import Batch, Engine, EngineConfig

WINDOW, SLIDE = timedelta(minutes=5), timedelta(minutes=1)
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WARM = 70
"""Windows until the longest horizon has labels."""


def windows(films: int, count: int) -> Iterator[TrendUpdate]:
    """Final windows of films with bursts of mentions, window by window."""
    rng = random.Random(1)
    burst = [0.0] * films
    for number in range(count):
        start = _START + number * SLIDE
        for film in range(films):
            burst[film] = 0.8 * burst[film] + (rng.random() < 0.05) * rng.uniform(5, 40)
            mentions = int(burst[film])
            heard = 100 * min(1.0, math.log1p(mentions) / math.log1p(50))
            known = 30 + 50 * film / films
            yield TrendUpdate(
                movie_id=film + 1, title=f"Film {film}", window_start=start, window_end=start + WINDOW,
                popularity=100.0, popularity_observed_at=_START, mentions=mentions, mentions_text=mentions,
                mentions_thread=0, sentiment=0.1 if mentions else None, sentiment_sum=0.1 * mentions, positive=mentions,
                neutral=0, negative=0, popularity_part=known, mentions_part=heard, sentiment_part=50.0,
                trend_score=0.4 * known + 0.3 * heard + 15, revision=1, is_final=True, processed_at=start + WINDOW,
            )  # fmt: skip


def measure(films: int, count: int) -> dict[str, float | int]:
    """Run and time every film of every window after the warm-up."""
    engine = Engine(EngineConfig(WINDOW, SLIDE, (1, 3, 12), 0.8))
    process, spent, warm = psutil.Process(), [], 0
    for number, update in enumerate(windows(films, count)):
        if number == films * _WARM:
            warm = process.memory_info().rss
        batch = Batch()
        started = time.thread_time_ns()
        engine.process(update, batch)
        if number >= films * _WARM:
            spent.append(time.thread_time_ns() - started)
    millis = np.array(spent) / 1e6
    return {
        "films": films,
        "updates": films * count,
        "median_ms": round(float(np.median(millis)), 3),
        "p95_ms": round(float(np.percentile(millis, 95)), 3),
        "p99_ms": round(float(np.percentile(millis, 99)), 3),
        "films_a_minute": round(60_000 / float(millis.mean())),
        "memory_warm_mb": round(warm / 1e6, 1),
        "memory_end_mb": round(process.memory_info().rss / 1e6, 1),
    }


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_speed")
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--windows", type=int, default=300)
    options = parser.parse_args()
    if options.windows <= _WARM:
        parser.error(f"--windows must be above {_WARM}")
    print(json.dumps(measure(options.films, options.windows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
