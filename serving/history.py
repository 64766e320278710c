"""A film's history in at most some hundred points, however long the span."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import orjson

from configs.settings import Settings
from serving.models import DECIMALS
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


@dataclass(frozen=True, slots=True)
class Points:
    """A film's points as JSON, oldest first, each as `HistoryPoint` says.

    Not as models: a page of charts has a thousand points, and checking each takes four times as long as reading it.
    """

    raw: bytes
    last: datetime | None
    """End of the newest."""

    def within(self, model: bytes) -> bytes:
        """The JSON of a model whose `points` are empty, with these in their place."""
        return model.replace(b'"points":[]', b'"points":' + self.raw, 1)


def read_points(store: Store, movie_id: int, span: Span, settings: Settings) -> Points:
    """The points of a film. Windows without a row, and hours nobody has summed up, are left out.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    if span.resolution == "hour":
        points = [_of_hour(hour) for hour in store.momentum.hours(movie_id, span.start, span.end)]
    else:
        points = [_of_window(row) for row in store.trends.sample(movie_id, window_starts(span, settings))]
    points.reverse()
    return Points(orjson.dumps(points, option=orjson.OPT_UTC_Z), points[-1]["end"] if points else None)


def _of_window(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "start": row["window_start"],
        "end": row["window_end"],
        **_parts(row),
        "mentions": row["mentions"],
        "sentiment": round(row["sentiment"], DECIMALS) if row["mentions"] else None,
        "positive": row["positive"],
        "neutral": row["neutral"],
        "negative": row["negative"],
        "is_final": row["is_final"],
    }


def _of_hour(hour: dict[str, Any]) -> dict[str, Any]:
    mean = hour["sentiment_sum"] / hour["mentions"] if hour["mentions"] else None
    return {
        "start": hour["hour"],
        "end": hour["until"],
        **_parts(hour),
        "mentions": hour["mentions"],
        "sentiment": None if mean is None else round(max(-1.0, min(1.0, mean)), DECIMALS),
        "positive": hour["positive"],
        "neutral": hour["neutral"],
        "negative": hour["negative"],
        "is_final": hour["until"] - hour["hour"] >= _HOUR,
    }


def _parts(row: dict[str, Any]) -> dict[str, float]:
    names = ("trend_score", "popularity_part", "mentions_part", "sentiment_part")
    return {name: round(row[name], DECIMALS) for name in names}
