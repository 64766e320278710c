"""The API over tables in memory: a small world with everything in it, and the parts of a process."""

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

from configs.settings import load_settings
from contracts.events import Breakout
from serving.app import create_app
from serving.context import Context
from serving.refresh import Refresher
from serving.service import context_of
from storage.records import FilmHour, FilmMomentum
from tests.support import records
from tests.support.memory_store import MemoryStore, Wall

END = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""End of the newest closed window."""
WINDOW, MINUTE, HOUR = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=1)
FILMS = 30


def world() -> MemoryStore:
    """Thirty films; the last two hours, a day of hours, forecasts, comments, figures, two breakouts."""
    return _template().copy()


@functools.cache
def _template() -> MemoryStore:
    store = MemoryStore()
    for number in range(1, FILMS + 1):
        store.films[number] = records.film(
            number,
            title=f"Film {number}",
            original_title=f"Le Film {number}",
            alternative_titles=(f"Der Film Nummer {number}",),
            genres=("Drama",) if number % 2 else ("Comedy", "Drama"),
            original_language="fr" if number % 3 == 0 else "en",
            release_date=(END + timedelta(days=10 - number)).date(),
        )
    for minute in range(120):
        start = END - WINDOW - minute * MINUTE
        for number in range(1, FILMS + 1):
            store.put(
                records.update(
                    number, start, title=f"Film {number}", trend_score=90.0 - number, mentions=number % 7 + 1,
                    sentiment=0.1 * (number % 5), is_final=True,
                )
            )  # fmt: skip
    for minute in range(1, 7):
        start = END - WINDOW + minute * MINUTE
        for number in range(1, FILMS + 1):
            store.put(records.update(number, start, title=f"Film {number}", trend_score=80.0 - number))
    for number in range(1, FILMS + 1):
        _of_film(store, number)
    for metric in ("mae", "rmse", "r2", "skill", "coverage", "width", "labels", "mae_persistence", "mae_ewma"):
        for horizon in (1, 3, 12):
            store.figures += [
                records.metric(END - n * MINUTE, metric=metric, horizon=horizon, value=0.5 + n) for n in range(3)
            ]
    store.counts = {"counted": 100, "without_film": 40}
    for number, status in ((3, "active"), (4, "ended")):
        found = breakout(number, status=status, ended_at=END - HOUR if status == "ended" else None)
        store.known[found.breakout_id] = found
    return store


def _of_film(store: MemoryStore, number: int) -> None:
    for minute in range(100):
        made_at = END - minute * MINUTE
        for horizon in (1, 3, 12):
            known = {"actual": 50.0, "error": 8.5} if minute > horizon * 5 else {}
            row = records.prediction(number, made_at, horizon, title=f"Film {number}", **known)
            store.forecasts[made_at, number, horizon] = row
    start = END - WINDOW
    store.momenta[start, number] = FilmMomentum(
        movie_id=number, window_start=start, window_end=END, mentions=10 * number, span_seconds=3_600, expected=5.0,
        growth=float(number), share_of_voice=0.02, history_seconds=86_400.0, in_breakout=number == 3, rank=number,
        previous_rank=number + 1, previous_at=END - HOUR,
    )  # fmt: skip
    for hour in range(40):
        at = END - (hour + 1) * HOUR
        store.film_hours[number, at] = FilmHour(
            movie_id=number, hour=at, until=at + HOUR, windows=12, trend_score=50.0, popularity_part=40.0,
            mentions_part=30.0, sentiment_part=55.0, mentions=24, sentiment_sum=6.0, positive=12, neutral=6, negative=6,
        )  # fmt: skip
    store.examples += [
        records.example(f"t1_{number}_{n}", number, created_utc=END - n * MINUTE, via="thread" if n % 3 else "text")
        for n in range(25)
    ]


def breakout(movie_id: int, **fields: Any) -> Breakout:
    """A breakout that began two hours ago."""
    begin = END - 2 * HOUR
    known: dict[str, Any] = {
        "breakout_id": f"{movie_id}-{begin:%Y%m%dT%H%M%SZ}", "title": f"Film {movie_id}", "status": "active",
        "started_at": begin, "detected_at": begin + WINDOW, "last_at": END - HOUR, "mentions": 20, "expected": 1.5,
        "p_value": 1e-9, "peak_mentions": 30, "peak_at": begin + 2 * WINDOW, "total_mentions": 90,
    }  # fmt: skip
    return Breakout(movie_id=movie_id, **known | fields)


class Process:
    """What `python -m serving` is made of, without its threads: time and the following of the store are the test's."""

    def __init__(self, store: MemoryStore, **settings: Any) -> None:
        self.clock = Wall(END + 3 * MINUTE)
        self.monotonic = Wall(END)
        self.store = store
        self.context: Context
        self.refresher: Refresher
        self.context, self.refresher = context_of(load_settings(**settings), self.clock, self._seconds)
        self.refresher.store = store.as_store()
        self.app = create_app(self.context)

    def _seconds(self) -> float:
        return self.monotonic.now.timestamp()

    def follow(self, rounds: int = 3) -> "Process":
        """So many rounds of the refresher, a second each."""
        for _ in range(rounds):
            self.refresher.round()
            self.forward(1)
        return self

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.forward(seconds)
        self.monotonic.forward(seconds)
