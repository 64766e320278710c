"""Rows of a ranking with overrides, and the two tables it is read from, in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events import Prediction, TrendUpdate

START = datetime(2026, 6, 1, 11, 55, tzinfo=UTC)


def trend(movie_id: int = 1, *, start: datetime = START, **changes: Any) -> TrendUpdate:
    values: dict[str, Any] = {
        "movie_id": movie_id,
        "title": f"Film {movie_id}",
        "window_start": start,
        "window_end": start + timedelta(minutes=5),
        "popularity": 10.0,
        "popularity_observed_at": start,
        "mentions": 3,
        "mentions_text": 2,
        "mentions_thread": 1,
        "sentiment": 0.25,
        "sentiment_sum": 0.75,
        "positive": 2,
        "neutral": 1,
        "negative": 0,
        "popularity_part": 40.0,
        "mentions_part": 35.0,
        "sentiment_part": 55.0,
        "trend_score": 43.21,
        "revision": 1,
        "is_final": True,
        "processed_at": start,
    }
    return TrendUpdate(**(values | changes))


def forecast(movie_id: int = 1, made_at: datetime = START + timedelta(minutes=5)) -> Prediction:
    return Prediction(
        movie_id=movie_id,
        title=f"Film {movie_id}",
        made_at=made_at,
        horizon=1,
        target_window_start=made_at,
        target_window_end=made_at + timedelta(minutes=5),
        current=40.0,
        predicted=44.44,
        lower=30.0,
        upper=60.0,
        baselines={},
        model_version="v",
    )


class Tables:
    """The two tables the ranking reads, in memory."""

    def __init__(self, rows: list[TrendUpdate], forecasts: list[Prediction]) -> None:
        self._rows, self._forecasts = rows, forecasts
        self.trends = self.predictions = self

    def windows(self, count: int) -> list[datetime]:
        return sorted({row.window_start for row in self._rows}, reverse=True)[:count]

    def window(self, start: datetime) -> list[TrendUpdate]:
        return sorted((row for row in self._rows if row.window_start == start), key=lambda row: -row.trend_score)

    def at(self, made_at: datetime, horizon: int) -> list[Prediction]:
        return [each for each in self._forecasts if each.made_at == made_at and each.horizon == horizon]
