"""Emitted windows become the messages and rows that others read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache

import numpy as np

from common.clock import from_millis
from contracts.events import TrendUpdate
from processors.packing import Table
from processors.records import SENTIMENT_UNIT, WINDOW, FoldOutput, stack
from processors.trend_score import ScoreRule, trend_score
from processors.windows import WindowRule

_instant = lru_cache(maxsize=4_096)(from_millis)
"""Hundreds of films share a window's start and end."""


def trend_updates(
    outputs: Iterable[FoldOutput],
    windows: WindowRule,
    scoring: ScoreRule,
    title: Callable[[int], str],
    processed_at: datetime,
) -> Iterator[TrendUpdate]:
    """The updates of a micro-batch, by window and then by film, whatever bucket they come from.

    Args:
        outputs: of all buckets.
        windows: where windows start and end.
        scoring: the formula.
        title: the title of a film.
        processed_at: when the micro-batch was written.
    """
    rows = stack([output.windows for output in outputs], WINDOW)
    for row in rows[np.lexsort((rows["movie"], rows["window"]))]:
        yield _update(row, windows, scoring, title, processed_at)


def _update(
    row: Table, windows: WindowRule, scoring: ScoreRule, title: Callable[[int], str], processed_at: datetime
) -> TrendUpdate:
    movie, window, text, thread, units, positive, negative, popularity, observed, rank, revision, final = row.item()
    mentions, total = text + thread, units / SENTIMENT_UNIT
    known = None if np.isnan(popularity) else popularity
    parts = trend_score(scoring, known, mentions, total)
    return TrendUpdate(
        movie_id=movie,
        title=title(movie),
        window_start=_instant(window * windows.slide),
        window_end=_instant((window + windows.panes) * windows.slide),
        popularity=known,
        popularity_observed_at=_instant(observed) if observed else None,
        trending_rank=rank or None,
        mentions=mentions,
        mentions_text=text,
        mentions_thread=thread,
        sentiment=total / mentions if mentions else None,
        sentiment_sum=total,
        positive=positive,
        neutral=mentions - positive - negative,
        negative=negative,
        popularity_part=parts.popularity,
        mentions_part=parts.mentions,
        sentiment_part=parts.sentiment,
        trend_score=parts.score,
        revision=revision,
        is_final=bool(final),
        processed_at=processed_at,
    )
