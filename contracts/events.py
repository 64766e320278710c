"""The contract: one model a topic, used by whoever writes the topic and whoever reads it.

Instants are ISO 8601 with a time zone. Unknown fields are ignored, so that a newer producer does not break an older
consumer; a missing or mistyped field is a `ContractError`. The JSON Schemas in `configs/schemas` are generated from
these models (`make schemas`) and a test holds them equal.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import ContractError


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 with an offset; only a ValueError makes it a validation error
        raise ValueError("outside the years that UTC can tell") from None


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
_INT32 = 2**31
"""Counts are stored as 32-bit integers; a larger one is a defect of its source, not a number of votes or comments."""
MovieId = Annotated[int, Field(gt=0, lt=_INT32)]
Score100 = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Compound = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=_INT32)]
Ordinal = Annotated[int, Field(ge=1, lt=_INT32)]


class DeadLetterReason(StrEnum):
    """Why a record was set aside; stable codes, used as a metric label."""

    MALFORMED_JSON = "malformed_json"
    SCHEMA = "schema"
    TOO_LARGE = "too_large"
    EVENT_TIME = "event_time"
    SOURCE_RECORD = "source_record"
    PROCESSING = "processing"
    """It fits the contract, but a processing step failed on it; set aside, so that one record cannot stop the rest."""


class Event(BaseModel):
    """What every message has: a schema version, strict types, no change after construction."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    schema_version: Literal[1] = 1

    @property
    def key(self) -> bytes:
        """The Kafka message key: the natural id that partitions and compacts the topic."""
        raise NotImplementedError

    def encode(self) -> bytes:
        """The message value: UTF-8 JSON."""
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, value: bytes | bytearray | str | None) -> Self:
        """Read a message value.

        Raises:
            ContractError: the value is no JSON (`malformed_json`) or does not fit the schema (`schema`).
        """
        if value is None:
            raise ContractError(DeadLetterReason.SCHEMA, "the message has no value (a tombstone)")
        try:
            return cls.model_validate_json(value)
        except ValidationError as error:
            raise _contract_error(error) from None


def _contract_error(error: ValidationError) -> ContractError:
    """The first problem of a validation, without the offending value: that may be somebody's text."""
    first = error.errors(include_url=False, include_input=False)[0]
    reason = DeadLetterReason.MALFORMED_JSON if first["type"] == "json_invalid" else DeadLetterReason.SCHEMA
    where = ".".join(str(part) for part in first["loc"]) or "message"
    return ContractError(reason, f"{where}: {first['msg']}")


class TmdbFilm(Event):
    """One film in one poll of TMDB (topic tmdb_stream)."""

    movie_id: MovieId
    title: Annotated[str, Field(min_length=1)]
    original_title: str | None = None
    original_language: str | None = None
    alternative_titles: tuple[str, ...] = ()
    release_date: date | None = None
    year: Annotated[int, Field(ge=1800, le=2200)] | None = None
    """For sources that know only the year (an imported catalogue); None from TMDB, where `release_date` says it."""
    genres: tuple[str, ...] = ()
    overview: str | None = None
    popularity: NonNegative | None = None
    vote_average: NonNegative | None = None
    vote_count: Count | None = None
    poster_path: str | None = None
    lists: tuple[str, ...] = ()
    """The TMDB lists this poll found the film in, e.g. `trending_day`, `now_playing`; empty for the wider catalogue."""
    trending_rank: Ordinal | None = None
    """Position in /trending/movie/day, 1 first; None when it is not in that list."""
    fetched_at: Instant

    @property
    def key(self) -> bytes:
        return str(self.movie_id).encode()


class RedditComment(Event):
    """One comment (topic reddit_stream)."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    body: str
    subreddit: str
    author: str | None = None
    """A keyed hash of the author's name, never the name; None when Reddit gave none."""
    created_utc: Instant
    score: int | None = None
    permalink: str | None = None
    submission_id: str | None = None
    submission_title: str | None = None
    origin: Literal["stream", "search"] = "stream"
    """`search` marks a comment found by searching for a film: never counted as an organic mention."""
    fetched_at: Instant

    @property
    def key(self) -> bytes:
        return self.id.encode()


class TrendUpdate(Event):
    """The state of one (film, window) after one revision (topic trend_stream)."""

    movie_id: MovieId
    title: str
    window_start: Instant
    window_end: Instant
    popularity: NonNegative | None
    """TMDB's figure; None when TMDB gave none, and then its part counts 0."""
    popularity_observed_at: Instant | None
    trending_rank: Ordinal | None = None
    mentions: Count
    mentions_text: Count
    """Mentions by name; `mentions` = `mentions_text` + `mentions_thread`."""
    mentions_thread: Count
    """Comments in the film's own thread that speak of it without naming it."""
    sentiment: Compound | None
    """Mean VADER compound of the mentions; None without mentions."""
    sentiment_sum: float
    positive: Count
    """Mentions with compound >= 0.05, VADER's own threshold."""
    neutral: Count
    negative: Count
    """Mentions with compound <= -0.05."""
    popularity_part: Score100
    """P of the TrendScore."""
    mentions_part: Score100
    """M of the TrendScore."""
    sentiment_part: Score100
    """S of the TrendScore."""
    trend_score: Score100
    revision: Ordinal
    """Counts up by one with each update of this (film, window)."""
    is_final: bool
    """True once the watermark has passed the window's end: no later revision follows."""
    processed_at: Instant

    @property
    def key(self) -> bytes:
        return str(self.movie_id).encode()


class Prediction(Event):
    """One forecast (topic predictions_stream), published again with its outcome when the target window has closed."""

    movie_id: MovieId
    title: str
    made_at: Instant
    """End of the last window known when the forecast was made (event time)."""
    horizon: Ordinal
    """Number of window lengths ahead."""
    target_window_start: Instant
    target_window_end: Instant
    current: Score100
    """The TrendScore of the window that ended at `made_at`."""
    predicted: Score100
    lower: Score100
    upper: Score100
    baselines: dict[str, float]
    """What the baselines forecast at the same instant, by name."""
    model_version: str
    actual: Score100 | None = None
    error: float | None = None
    """predicted - actual."""

    @property
    def key(self) -> bytes:
        return str(self.movie_id).encode()


class Breakout(Event):
    """A film that is suddenly spoken of far more than its own normal (topic breakouts_stream).

    Published when it is detected and again, with the same id, when it has ended; the table is brought up to date with
    every window in between.
    """

    breakout_id: Annotated[str, Field(min_length=1, max_length=64)]
    """`<movie_id>-<started_at>`: a replay of the same windows gives the same ids."""
    movie_id: MovieId
    title: str
    status: Literal["active", "ended"]
    started_at: Instant
    """Begin of the span whose mentions were too many to be chance."""
    detected_at: Instant
    """End of that span, in event time."""
    last_at: Instant
    """End of the last window that was still above normal."""
    ended_at: Instant | None = None
    """Set once it has stayed near normal for the cool-down; then equal to `last_at`."""
    mentions: Count
    """In the span it was detected in."""
    expected: NonNegative
    """What the film's own history expected there."""
    p_value: Annotated[float, Field(ge=0, le=1)]
    """Chance of as many mentions or more, if nothing had happened."""
    peak_mentions: Count
    """Most mentions in one window since it started."""
    peak_at: Instant
    """End of that window."""
    total_mentions: Count
    """Mentions since `started_at`, each counted once."""

    @property
    def key(self) -> bytes:
        return str(self.movie_id).encode()


class DeadLetter(Event):
    """A record that could not be used, whole, with where it came from (topic dead_letter_stream)."""

    source_topic: str
    """The Kafka topic, or `tmdb_api` / `reddit_api` when a producer met it before any topic."""
    source_partition: int | None = None
    source_offset: int | None = None
    source_key: str | None = None
    raw_base64: str
    reason: DeadLetterReason
    detail: str
    seen_at: Instant

    @property
    def key(self) -> bytes:
        return (self.source_key or "").encode()
