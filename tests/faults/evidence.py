"""What a run left behind, as plain values: the checks need nothing else, and tests can make it up.

Times are milliseconds since the epoch unless a field says otherwise.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.events import DeadLetter, Prediction, TrendUpdate

Window = tuple[int, int]
"""(movie_id, window start)."""
Forecast = tuple[int, datetime, int]
"""(movie_id, made_at, horizon)."""
Figure = tuple[str, str, int, datetime]
"""(model version, metric, horizon, at)."""


@dataclass(frozen=True, slots=True)
class Served:
    """A comment that the source has shown at least once."""

    id: str
    deleted: bool = False
    """It was shown without its text: a producer drops it."""
    gone: bool = False
    """It left the listing afterwards."""


@dataclass(frozen=True, slots=True)
class CommentRecord:
    """One record of reddit_stream, in the order of the topic."""

    offset: int
    id: str
    created: int
    films: tuple[tuple[int, str, float], ...] = ()
    """(movie_id, "text" or "thread", compound)."""
    verdict: str = ""
    """`dead_letter` or `not_organic` when it must not be judged as a comment."""
    planted: bool = False
    """Written by the harness, so that the source knows nothing of it."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One usable record of tmdb_stream."""

    offset: int
    movie: int
    fetched: int
    popularity: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A micro-batch as its offset log says: where it ended in both topics, and when it was first begun.

    A batch that is done again after a crash keeps its log, and so this time.
    """

    number: int
    comments_end: int
    films_end: int
    began: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API claimed at a moment about its newest closed window."""

    path: str
    at: int
    """When the answer was complete."""
    as_of: int
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that the numbers depend on."""

    size: int = 300_000
    slide: int = 60_000
    delay: int = 120_000
    weights: tuple[float, float, float] = (0.4, 0.3, 0.3)
    popularity_reference: float = 500
    mentions_reference: float = 50
    prior: float = 5


@dataclass(slots=True)
class Evidence:
    """All of one stream so far."""

    rules: Rules = field(default_factory=Rules)
    served: Sequence[Served] = ()
    gaps: int = 0
    """How often the producer reported that comments may be missing."""
    comments: Sequence[CommentRecord] = ()
    polls: Sequence[Poll] = ()
    batches: Sequence[Batch] = ()
    ledger: Mapping[int, Counter[str]] = field(default_factory=dict)
    """What Cassandra says of each batch."""
    updates: Sequence[TrendUpdate] = ()
    """All of trend_stream, in order."""
    by_window: Mapping[Window, TrendUpdate] = field(default_factory=dict)
    """Cassandra, `trends_by_window`."""
    by_film: Mapping[Window, TrendUpdate] = field(default_factory=dict)
    """Cassandra, `movie_trends`."""
    letters: Sequence[DeadLetter] = ()
    forecasts: Sequence[Prediction] = ()
    """All of predictions_stream, in order."""
    stored_forecasts: Mapping[Forecast, Prediction] = field(default_factory=dict)
    stored_by_film: Mapping[Forecast, Prediction] = field(default_factory=dict)
    uninterrupted: Sequence[Prediction] = ()
    """What one forecaster makes of trend_stream that nobody interrupts."""
    figures: Mapping[Figure, float] = field(default_factory=dict)
    """Cassandra, `model_metrics`."""
    uninterrupted_figures: Mapping[Figure, float] = field(default_factory=dict)
    answers: Sequence[Answer] = ()
