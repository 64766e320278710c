"""What is compared, as tables: features, forecasts and errors, one row a film and window."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from contracts.events import Prediction, TrendUpdate

if TYPE_CHECKING:
    import pandas as pd

FEATURES = ("popularity_part", "mentions_part", "sentiment_part", "trend_score", "log_mentions", "thread_share")
FORECAST = ("predicted", "interval_width", "expected_change")
ERRORS = ("error", "absolute_error")
COLUMNS = (*FEATURES, *FORECAST, *ERRORS)
"""The labels of the gauges, and all of them."""


class Tables(Protocol):
    """What is read of the store."""

    def window(self, window_start: datetime) -> list[TrendUpdate]: ...
    def forecasts(self, made_at: datetime) -> list[Prediction]: ...


def frame(tables: Tables, starts: Iterable[datetime]) -> "pd.DataFrame":
    """Final rows of the windows, with the shortest forecast made from each and what came of it; NaN where unknown."""
    import pandas as pd  # noqa: PLC0415 - 60 MB that the service, which never compares in its own process, can spare

    rows = []
    for start in starts:
        updates = [update for update in tables.window(start) if update.is_final]
        if not updates:
            continue
        made = {row.movie_id: row for row in tables.forecasts(updates[0].window_end)}
        rows += [_row(update, made) for update in updates]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=float)


def _row(update: TrendUpdate, made: Mapping[int, Prediction]) -> tuple[float, ...]:
    forecast = made.get(update.movie_id)
    features = (
        update.popularity_part if update.popularity is not None else math.nan,
        update.mentions_part,
        update.sentiment_part if update.mentions else math.nan,
        update.trend_score,
        math.log1p(update.mentions),
        update.mentions_thread / update.mentions if update.mentions else math.nan,
    )
    if forecast is None:
        return (*features, *(math.nan,) * (len(FORECAST) + len(ERRORS)))
    error = math.nan if forecast.error is None else forecast.error
    return (
        *features,
        forecast.predicted,
        forecast.upper - forecast.lower,
        forecast.predicted - forecast.current,
        error,
        abs(error),
    )
