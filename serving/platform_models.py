"""What the API answers about breakouts, the model and the platform; the rest is in `serving.models`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.events import Count, Instant, MovieId, Ordinal
from serving.models import Amount, Answer, Chance, ModelEvent, Page, Provenance, Share, Window


class BreakoutEntry(Answer):
    """A film that was suddenly spoken of far more than its own normal."""

    breakout_id: str
    movie_id: MovieId
    title: str
    status: Literal["active", "ended"]
    started_at: Instant = Field(description="Begin of the span whose mentions were too many to be chance.")
    detected_at: Instant = Field(description="End of that span.")
    last_at: Instant = Field(description="End of the last window that still was above normal, or of the newest one.")
    ended_at: Instant | None
    mentions: Count = Field(description="In the span it was detected in.")
    expected: Amount = Field(description="What the film's own history expected there.")
    p_value: Chance = Field(description="Chance of as many mentions or more, if nothing had happened.")
    peak_mentions: Count = Field(description="Most mentions in one window since.")
    peak_at: Instant
    total_mentions: Count = Field(description="Mentions since it started.")


class Breakouts(Answer):
    """Breakouts, newest first."""

    source: Provenance
    false_alarms_per_film_day: Amount = Field(description="The rate the test is set to, if nothing happens.")
    page: Page
    breakouts: tuple[BreakoutEntry, ...]


class HorizonFigures(Answer):
    """How well the forecasts of one horizon do, beside the baselines."""

    horizon: Ordinal
    ahead_seconds: Ordinal
    as_of: Instant | None
    labels: int | None = Field(description="Outcomes counted.")
    mae: float | None
    rmse: float | None
    r2: float | None
    skill: float | None = Field(description="1 - MAE / MAE of persistence.")
    coverage: float | None = Field(description="Share of outcomes inside their interval.")
    width: float | None = Field(description="Mean width of the intervals, points of TrendScore.")
    baseline_mae: dict[str, float]


class MetricPoint(Answer):
    """One value of a metric's course."""

    at: Instant
    value: float


class HorizonSeries(Answer):
    """The course of the skill and of the error at one horizon, oldest first."""

    horizon: Ordinal
    skill: tuple[MetricPoint, ...]
    mae: tuple[MetricPoint, ...]


class Challenger(Answer):
    """The model that forecasts in shadow, and is promoted when it is better."""

    version: str
    mae: dict[str, Amount] = Field(
        examples=[{"1": 2.9}], description="Its recent mean absolute error by horizon, points of TrendScore."
    )
    as_of: Instant = Field(description="When the forecaster told it.")


class ModelReport(Answer):
    """The forecaster: versions, figures against baselines, what happened to it, drift."""

    source: Provenance
    version: str | None = Field(description="Of the newest forecasts, however old they are; null: none yet.")
    versions: tuple[str, ...] = Field(description="Seen in the forecasts read, newest first.")
    coverage_target: Share
    horizons: tuple[HorizonFigures, ...]
    series: tuple[HorizonSeries, ...]
    challenger: Challenger | None = Field(description="Null while the forecaster does not answer.")
    events: tuple[ModelEvent, ...] = Field(description="What happened to the forecaster, newest first; the latest 60.")
    drift: dict[str, float] = Field(description="Gauges of the drift service by name; empty while it does not answer.")
    drift_as_of: Instant | None


class ServiceState(Answer):
    """One service as its own metrics tell."""

    name: str
    up: bool | None = Field(description="Null: not asked yet.")
    checked_at: Instant | None
    lag: int | None = Field(description="Records not processed yet; null: it does not say.")
    last_event: Instant | None = Field(description="Event time of the newest record it handled.")
    last_poll: Instant | None = Field(description="When a source was last polled with success.")
    rate: Amount | None = Field(description="Records a second over the last minute.")
    rate_unit: str | None = Field(examples=["comments/s"])


class SourceState(Answer):
    """One source of figures and its freshness."""

    name: str
    simulated: bool | None
    last_event: Instant | None
    last_poll: Instant | None


class LedgerState(Answer):
    """What became of every comment the job has read, as far back as rows are kept."""

    as_of: Instant | None = Field(description="When it was read.")
    categories: dict[str, int]
    total: int


class Link(Answer):
    """A page of another part of the platform."""

    name: str
    url: str


class Status(Answer):
    """The platform at a glance."""

    source: Provenance
    store_answers: bool = Field(description="Whether Cassandra answers this service.")
    window: Window | None
    films: int = Field(ge=0, description="In the catalogue.")
    services: tuple[ServiceState, ...]
    sources: tuple[SourceState, ...]
    ledger: LedgerState | None
    links: tuple[Link, ...]


class Problem(BaseModel):
    """An error, as RFC 9457 says it (`application/problem+json`)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str | None = Field(default=None, examples=["no film 42 in the catalogue"])
    instance: str | None = Field(default=None, examples=["/api/v1/movies/42"])
