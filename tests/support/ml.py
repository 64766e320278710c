"""Streams of trend updates with known behaviour, for the ML service's tests."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events import TrendUpdate
from ml_service.engine import EngineConfig
from ml_service.events import ModelEvent
from ml_service.items import Answer, Figures, Item, ModelPackage, Request

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WINDOW, SLIDE = timedelta(minutes=5), timedelta(minutes=1)
CONFIG = EngineConfig(WINDOW, SLIDE, (1, 3), 0.8)


def final(movie_id: int, number: int, score: float, **fields: Any) -> TrendUpdate:
    """The last revision of a film's window that starts `number` slides after `START`."""
    start = START + number * SLIDE
    known: dict[str, Any] = {
        "title": f"Film {movie_id}",
        "window_start": start,
        "window_end": start + WINDOW,
        "popularity": 100.0,
        "popularity_observed_at": START,
        "mentions": 2,
        "mentions_text": 1,
        "mentions_thread": 1,
        "sentiment": 0.1,
        "sentiment_sum": 0.2,
        "positive": 1,
        "neutral": 1,
        "negative": 0,
        "popularity_part": 74.0,
        "mentions_part": 28.0,
        "sentiment_part": 51.0,
        "trend_score": score,
        "revision": 3,
        "is_final": True,
        "processed_at": start + WINDOW + timedelta(minutes=2),
    }
    return TrendUpdate(movie_id=movie_id, **known | fields)


def updates(films: int, windows: int, *, seed: int = 7, first: int = 0) -> Iterator[TrendUpdate]:
    """Every film's windows in the order a stream brings them: bursts over a noisy level, each window revised once."""
    rng = random.Random(seed)
    burst = dict.fromkeys(range(1, films + 1), 0.0)
    for number in range(windows):
        for movie_id in burst:
            burst[movie_id] = 0.8 * burst[movie_id] + (rng.random() < 0.05) * rng.uniform(10, 30)
            level = 30 + 5 * movie_id % 40 + 3 * math.sin(number / 20)
            score = min(100.0, max(0.0, level + burst[movie_id] + rng.gauss(0, 1.5)))
            mentions = int(burst[movie_id])
            if number < first:
                continue
            yield final(movie_id, number, score / 2, revision=1, is_final=False)
            yield final(movie_id, number, score, mentions=mentions, mentions_text=mentions, mentions_thread=0)


def regimes(windows: int, *, films: int = 4, turn: int = 200, seed: int = 1) -> Iterator[TrendUpdate]:
    """Films around 50 whose deviation persists for `turn` one-minute windows, then alternates, and so on in turn.

    What was learned of one regime is wrong in the other: errors grow, and whoever forgets quickly is better off.
    """
    rng = random.Random(seed)
    state = dict.fromkeys(range(1, films + 1), 0.0)
    for number in range(windows):
        carry = 0.9 if number // turn % 2 == 0 else -0.9
        end = START + (number + 1) * SLIDE
        for movie_id in state:
            state[movie_id] = carry * state[movie_id] + rng.gauss(0, 3)
            yield final(movie_id, number, min(100.0, max(0.0, 50 + state[movie_id])), window_end=end)


RIVALS = EngineConfig(SLIDE, SLIDE, (1,), 0.8, contest_blocks=60, contest_pairs=100)
"""Contests of an hour, for `regimes`."""


class FakeBackend:
    """A tracking server that takes everything."""

    def __init__(self) -> None:
        self.logged: list[Item] = []
        self.asked: Request | None = None
        self.closed = False

    def figures(self, item: Figures) -> None:
        self.logged.append(item)

    def model(self, item: ModelPackage) -> None:
        self.logged.append(item)

    def event(self, item: ModelEvent) -> None:
        self.logged.append(item)

    def answer(self, item: Answer) -> None:
        self.logged.append(item)

    def request(self) -> Request | None:
        return self.asked

    def close(self) -> None:
        self.closed = True
