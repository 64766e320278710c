"""Rows and events with every field set; a keyword replaces one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.events import Prediction, TmdbFilm, TrendUpdate
from storage.records import LedgerEntry, MentionExample, ModelMetric

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""A whole window start."""
WINDOW = timedelta(minutes=5)


def film(movie_id: int = 1, **fields: Any) -> TmdbFilm:
    """A film in one poll, at `NOON` and 123 ms."""
    known: dict[str, Any] = {
        "title": "Dune: Part Two",
        "original_title": "Dune: Part Two",
        "original_language": "en",
        "alternative_titles": ("Dune 2", "Дюна: Часть вторая"),
        "release_date": date(2024, 2, 27),
        "year": 2024,
        "genres": ("Science Fiction", "Adventure"),
        "overview": "Sand — and 'spice'; 🪱.",
        "popularity": 123.456,
        "vote_average": 8.2,
        "vote_count": 4_321,
        "poster_path": "/poster.jpg",
        "lists": ("trending_day", "now_playing"),
        "trending_rank": 3,
        "fetched_at": NOON + timedelta(milliseconds=123),
    }
    return TmdbFilm(movie_id=movie_id, **known | fields)


def update(movie_id: int = 1, window_start: datetime = NOON, **fields: Any) -> TrendUpdate:
    """The first revision of a window with three mentions."""
    known: dict[str, Any] = {
        "title": "Dune: Part Two",
        "window_end": window_start + WINDOW,
        "popularity": 123.456,
        "popularity_observed_at": window_start - timedelta(milliseconds=877),
        "trending_rank": 3,
        "mentions": 3,
        "mentions_text": 2,
        "mentions_thread": 1,
        "sentiment": 0.1,
        "sentiment_sum": 0.30000000000000004,
        "positive": 1,
        "neutral": 1,
        "negative": 1,
        "popularity_part": 77.5,
        "mentions_part": 35.25,
        "sentiment_part": 51.875,
        "trend_score": 57.1375,
        "revision": 1,
        "is_final": False,
        "processed_at": window_start + timedelta(seconds=61, milliseconds=5),
    }
    return TrendUpdate(movie_id=movie_id, window_start=window_start, **known | fields)


def quiet(movie_id: int = 1, window_start: datetime = NOON, **fields: Any) -> TrendUpdate:
    """A window of a film nobody mentioned, whose popularity nobody knows."""
    nothing = dict.fromkeys(("mentions", "mentions_text", "mentions_thread", "positive", "neutral", "negative"), 0)
    unknown = dict.fromkeys(("popularity", "popularity_observed_at", "trending_rank", "sentiment"))
    parts = {"sentiment_sum": 0.0, "popularity_part": 0.0, "mentions_part": 0.0, "sentiment_part": 50.0}
    return update(movie_id, window_start, **nothing | unknown | parts | {"trend_score": 15.0} | fields)


def prediction(movie_id: int = 1, made_at: datetime = NOON, horizon: int = 1, **fields: Any) -> Prediction:
    """A forecast without outcome."""
    target_end = made_at + horizon * WINDOW
    known: dict[str, Any] = {
        "title": "Dune: Part Two",
        "target_window_start": target_end - WINDOW,
        "target_window_end": target_end,
        "current": 57.1375,
        "predicted": 58.5,
        "lower": 50.25,
        "upper": 66.75,
        "baselines": {"persistence": 57.1375, "ewma": 56.0},
        "model_version": "7",
    }
    return Prediction(movie_id=movie_id, made_at=made_at, horizon=horizon, **known | fields)


def example(comment_id: str = "t1_a", movie_id: int = 1, **fields: Any) -> MentionExample:
    """A comment that names the film."""
    known: dict[str, Any] = {
        "created_utc": NOON,
        "subreddit": "movies",
        "submission_title": "What did you watch?",
        "permalink": "/r/movies/comments/x/y/a/",
        "excerpt": "Dune 2 was “great” 🪱",
        "sentiment": 0.6249,
        "via": "text",
    }
    return MentionExample(movie_id=movie_id, comment_id=comment_id, **known | fields)


def metric(at: datetime = NOON, **fields: Any) -> ModelMetric:
    """A value of the mean absolute error."""
    known: dict[str, Any] = {"model_version": "7", "metric": "mae", "horizon": 1, "value": 2.5}
    return ModelMetric(at=at, **known | fields)


def entry(batch_id: int = 0, category: str = "counted", **fields: Any) -> LedgerEntry:
    """Ten comments of one batch."""
    known: dict[str, Any] = {"job_id": "job", "count": 10, "at": NOON}
    return LedgerEntry(batch_id=batch_id, category=category, **known | fields)
