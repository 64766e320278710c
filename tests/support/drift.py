"""Windows with forecasts and what came of them, as quiet or loud as wanted, for the drift service's tests."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from contracts.events import Prediction, TrendUpdate
from tests.support.records import prediction, update

FILMS, SLIDE = 12, timedelta(minutes=5)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def windows(end: datetime, *, loud: float) -> Iterator[tuple[TrendUpdate, Prediction]]:
    """Final windows of two hours with the forecasts made from them, and what came of those."""
    rng = random.Random(str(end))
    for number in range(2 * HOUR // SLIDE):
        start = end - 2 * HOUR + number * SLIDE
        for film in range(1, FILMS + 1):
            mentions = int(rng.uniform(0, 10) * loud)
            kinds = {"mentions": mentions, "mentions_text": mentions, "mentions_thread": 0}
            counts = {"positive": mentions, "neutral": 0, "negative": 0}
            score, error = rng.uniform(40, 60), rng.gauss(0, 2 * loud)
            row = update(
                film, start, is_final=True, trend_score=score, sentiment=0.1 if mentions else None, **kinds, **counts
            )
            made = prediction(
                film, row.window_end, current=score, predicted=score, actual=score - error, error=error, horizon=1
            )
            yield row, made
