"""What the tables hold that no topic carries. The rest are the events of `contracts.events` themselves."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.events import Compound, Count, Instant, MovieId, NonNegative, Ordinal, Score100, TmdbFilm

Movie = TmdbFilm
"""A row of `movies` is the last poll of the film."""


class Record(BaseModel):
    """A row: strict types, no change after construction."""

    model_config = ConfigDict(strict=True, frozen=True)


class MentionExample(Record):
    """One comment that mentions a film, kept to explain a trend."""

    movie_id: MovieId
    comment_id: Annotated[str, Field(min_length=1, max_length=64)]
    created_utc: Instant
    subreddit: str
    submission_title: str | None = None
    permalink: str | None = None
    excerpt: str
    """The part of the comment around the mention."""
    sentiment: Compound
    """VADER compound of the part that is about this film."""
    via: Literal["text", "thread"]
    """`text`: the film is named; `thread`: the comment speaks of its thread's film without naming it."""


class ModelMetric(Record):
    """One value of a metric of one model version, at one instant of event time."""

    model_version: Annotated[str, Field(min_length=1)]
    metric: Annotated[str, Field(min_length=1)]
    """E.g. `mae`, `rmse`, `skill`; the unit is the metric's own (MAE and RMSE: points of TrendScore)."""
    horizon: Ordinal
    """Number of window lengths ahead."""
    at: Instant
    value: float


class LedgerEntry(Record):
    """How many comments of one Spark batch fell in one category."""

    job_id: Annotated[str, Field(min_length=1)]
    """The streaming query's durable id: it changes only with its checkpoint."""
    batch_id: Annotated[int, Field(ge=0, lt=2**44)]
    """The bound keeps its bucket (a ten-thousandth) a 32-bit number."""
    category: Annotated[str, Field(min_length=1)]
    count: Count
    at: Instant


class FilmMomentum(Record):
    """How much a film is spoken of at the end of a window, against its own normal."""

    movie_id: MovieId
    window_start: Instant
    window_end: Instant
    mentions: Count
    """In the span that ends with the window; each comment once."""
    span_seconds: Ordinal
    expected: NonNegative
    """What the film's own history expects in the span, by time of day."""
    growth: NonNegative
    """Ratio of mentions to expected, shrunk towards 1."""
    share_of_voice: Annotated[float, Field(ge=0, le=1)]
    """Its share of all films' mentions in the span."""
    history_seconds: NonNegative
    """How much history the normal was learned from."""
    in_breakout: bool
    rank: Ordinal
    """Place by TrendScore among the films of the window."""
    previous_rank: Ordinal | None = None
    """The same in the window that ended at `previous_at`; None when it had none."""
    previous_at: Instant | None = None


class FilmHour(Record):
    """One hour of a film, from windows that follow each other without overlap: every mention counts once."""

    movie_id: MovieId
    hour: Instant
    """Begin of the hour."""
    until: Instant
    """End of the last window taken in; the hour is whole when it is an hour after `hour`."""
    windows: Ordinal
    """Windows taken in."""
    trend_score: Score100
    """Mean over the windows, as the three parts."""
    popularity_part: Score100
    mentions_part: Score100
    sentiment_part: Score100
    mentions: Count
    sentiment_sum: float
    positive: Count
    neutral: Count
    negative: Count
