"""A film's history in at most some hundred points, however long the span."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from configs.settings import Settings
from contracts.events import TrendUpdate
from serving.models import HistoryPoint
from storage.records import FilmHour
from storage.store import Store

MOST_WINDOWS = 300
"""Points of single windows, each looked up by its key; a chart is seldom wider than three pixels a point."""
WINDOW_SPAN = timedelta(hours=24)
"""Up to here single windows are shown, beyond it whole hours."""
LONGEST = timedelta(days=31)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


class Step(StrEnum):
    """What a point is."""

    AUTO = "auto"
    WINDOW = "window"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a history."""

    start: datetime
    end: datetime
    resolution: Literal["window", "hour"]
    step: timedelta


def span_of(end: datetime, hours: int, step: Step, settings: Settings, most: int = MOST_WINDOWS) -> Span:
    """The span that ends at `end`, with as fine a step as `most` points allow."""
    length = timedelta(hours=hours)
    if step is Step.HOUR or (step is Step.AUTO and length > WINDOW_SPAN):
        return Span(end - length, end, "hour", _HOUR)
    slide = settings.trend_slide_duration
    least = max(slide, min(settings.trend_window_duration, length / 60))
    count = -(-max(least, length / most) // slide)
    return Span(end - length, end, "window", slide * count)


def window_starts(span: Span, settings: Settings) -> list[datetime]:
    """The begins of the windows that end within a span: every `step`, counted from the newest."""
    slide, length = settings.trend_slide_duration, settings.trend_window_duration
    newest = span.end - length
    newest -= (newest - _EPOCH) % slide
    count = int((span.end - span.start) / span.step)
    return [newest - span.step * number for number in range(count)]


def read_points(store: Store, movie_id: int, span: Span, settings: Settings) -> tuple[HistoryPoint, ...]:
    """The points of a film, oldest first. Hours nobody has summed up are left out.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    if span.resolution == "hour":
        hours = store.momentum.hours(movie_id, span.start, span.end)
        return tuple(_of_hour(hour) for hour in reversed(hours))
    rows = store.trends.sample(movie_id, window_starts(span, settings))
    return tuple(_of_window(row) for row in reversed(rows))


def _of_window(row: TrendUpdate) -> HistoryPoint:
    return HistoryPoint(
        start=row.window_start,
        end=row.window_end,
        trend_score=row.trend_score,
        popularity_part=row.popularity_part,
        mentions_part=row.mentions_part,
        sentiment_part=row.sentiment_part,
        mentions=row.mentions,
        sentiment=row.sentiment,
        positive=row.positive,
        neutral=row.neutral,
        negative=row.negative,
        is_final=row.is_final,
    )


def _of_hour(hour: FilmHour) -> HistoryPoint:
    return HistoryPoint(
        start=hour.hour,
        end=hour.until,
        trend_score=hour.trend_score,
        popularity_part=hour.popularity_part,
        mentions_part=hour.mentions_part,
        sentiment_part=hour.sentiment_part,
        mentions=hour.mentions,
        sentiment=max(-1.0, min(1.0, hour.sentiment_sum / hour.mentions)) if hour.mentions else None,
        positive=hour.positive,
        neutral=hour.neutral,
        negative=hour.negative,
        is_final=hour.until - hour.hour >= _HOUR,
    )
