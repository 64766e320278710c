"""Flat memory over millions of updates: `python -m benchmarks.forecast_memory [--films 200] [--updates 10000000]`.

Feeds final windows of made-up films, one a minute, to the service's engine. A film lives for three days, then another
takes its place, so that films come and are forgotten as they are in service; after ten days as many are forgotten as
come. Prints a line of JSON at each twentieth: updates so far, films remembered, resident memory, size of the state.
"""

import argparse
import json
import pickle
import sys
from collections.abc import Iterator

import psutil

from benchmarks.forecast_speed import SLIDE, WINDOW, windows
from contracts.events import TrendUpdate
from ml_service.engine import Batch, Engine, EngineConfig

_LIFE = 3 * 1_440
"""Windows a film lives: as long as a release is talked about."""
_LINES = 20


def passing(films: int, count: int) -> Iterator[TrendUpdate]:
    """Windows of films of which each is replaced after its life, one after the other rather than all at once."""
    for number, update in enumerate(windows(films, count)):
        window, place = divmod(number, films)
        generation = (window + place * _LIFE // films) // _LIFE
        yield update.model_copy(update={"movie_id": 1 + place + films * generation})


def measure(films: int, updates: int) -> Iterator[dict[str, float | int]]:
    """The figures, as the run goes on."""
    engine, process = Engine(EngineConfig(WINDOW, SLIDE, (1, 3, 12), 0.8)), psutil.Process()
    every = max(films, updates // _LINES)
    for number, update in enumerate(passing(films, updates // films), start=1):
        engine.process(update, Batch())
        if number % every == 0:
            yield {
                "updates": number,
                "films": engine.model.films,
                "resident_mb": round(process.memory_info().rss / 1e6, 1),
                "state_mb": round(len(pickle.dumps(engine, protocol=5)) / 1e6, 1),
            }


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_memory")
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--updates", type=int, default=10_000_000)
    options = parser.parse_args(arguments)
    for row in measure(options.films, options.updates):
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
