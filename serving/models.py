"""What the API answers. Every figure says from when it is (`as_of`) and how many things it counts.

Instants are ISO 8601 in UTC. `null` means unknown, never zero.
"""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.events import Compound, Count, Instant, MovieId, NonNegative, Ordinal, Score100

Via = Literal["text", "thread"]
DECIMALS = 4
"""Of figures in answers: a ten-thousandth of a point is far below what any of them can mean, and half the bytes."""


def _short(value: float) -> float:
    return round(value, DECIMALS)


Score = Annotated[Score100, AfterValidator(_short)]
Mean = Annotated[Compound, AfterValidator(_short)]
Amount = Annotated[NonNegative, AfterValidator(_short)]
Signed = Annotated[float, AfterValidator(_short)]
Chance = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[Chance, AfterValidator(_short)]


class Answer(BaseModel):
    """Base of every part of an answer: no change after construction, no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    _all_fields: ClassVar[set[str]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """One set of a class's fields for all its instances."""
        super().__pydantic_init_subclass__(**kwargs)
        cls._all_fields = set(cls.model_fields)

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002
        """Count every field as given. A set of its own takes a third of an instance's memory, and nothing here asks
        which fields were left out: a ranking of 2,000 films is 9 MB with this and 18 without."""
        object.__setattr__(self, "__pydantic_fields_set__", self._all_fields)


class Provenance(Answer):
    """Where an answer comes from and how old it is; in every answer."""

    as_of: Instant | None = Field(
        examples=["2026-11-21T12:22:00Z"], description="Event time up to which the figures count; null: nothing yet."
    )
    read_at: Instant = Field(
        examples=["2026-11-21T12:24:03Z"], description="When they were read from the store, or last changed there."
    )
    stale: bool = Field(description="True while the store does not answer: the last known state is shown.")
    age_seconds: Amount | None = Field(
        description="When stale: how long ago the store last answered. Null otherwise: compare `as_of` with your clock."
    )


class Window(Answer):
    """The window of a ranking."""

    start: Instant = Field(examples=["2026-11-21T12:17:00Z"])
    end: Instant = Field(examples=["2026-11-21T12:22:00Z"])
    is_final: bool = Field(description="False: the window is open and its figures still grow.")


class Part(Answer):
    """One additive part of a TrendScore."""

    value: Score = Field(examples=[80.0], description="P, M or S.")
    weight: Share = Field(examples=[0.4], description="Normalised weight; the three sum to 1.")
    points: Score = Field(examples=[32.0], description="weight x value; the three sum to the TrendScore.")


class Parts(Answer):
    """The breakdown of a TrendScore."""

    popularity: Part
    mentions: Part
    sentiment: Part


class Popularity(Answer):
    """TMDB's figure: a level that moves about once a day."""

    value: Amount | None = Field(examples=[123.4], description="Null: TMDB gave none; its part then counts 0.")
    as_of: Instant | None = Field(description="When TMDB was asked.")
    trending_rank: Ordinal | None = Field(description="Place in TMDB's own daily trending list; null: not in it.")


class Mentions(Answer):
    """Comments of the window that mean the film."""

    count: Count = Field(examples=[37])
    text: Count = Field(description="By name.")
    thread: Count = Field(description="In the film's own thread, without naming it.")


class Sentiment(Answer):
    """How the window's mentions feel about the film."""

    mean: Mean | None = Field(examples=[0.27], description="Mean VADER compound; null without mentions.")
    n: Count
    positive: Count = Field(description="Mentions with compound >= 0.05.")
    neutral: Count
    negative: Count = Field(description="Mentions with compound <= -0.05.")


class RankMove(Answer):
    """How a film's place changed."""

    previous: Ordinal = Field(description="Its place then.")
    change: int = Field(examples=[3], description="Places gained; negative: lost.")
    since: Instant = Field(description="End of the earlier window, about an hour before.")


class Momentum(Answer):
    """How much a film is spoken of, against its own normal."""

    as_of: Instant = Field(description="End of the last window it counts.")
    mentions: Count = Field(examples=[84], description="Mentions in the span.")
    span_seconds: Ordinal = Field(examples=[3600], description="The span the mentions are counted over, up to `as_of`.")
    expected: Amount = Field(examples=[12.5], description="What the film's own history expects in that span.")
    growth: Amount = Field(examples=[5.9], description="Shrunk ratio of mentions to expected; 1 is normal.")
    share_of_voice: Share = Field(description="Its share of all films' mentions in the span.")
    history_seconds: Amount = Field(description="How much history the normal is from.")
    in_breakout: bool


class Forecast(Answer):
    """A forecast of the TrendScore, with its interval."""

    horizon: Ordinal = Field(description="Window lengths ahead.")
    made_at: Instant = Field(description="From what was known then.")
    target_start: Instant
    target_end: Instant
    current: Score = Field(description="The TrendScore when it was made.")
    predicted: Score
    lower: Score
    upper: Score
    coverage: Share = Field(description="The share of outcomes the interval is meant to hold.")
    model_version: str
    baselines: dict[str, Signed] = Field(examples=[{"persistence": 57.1}], description="Made at the same instant.")
    actual: Score | None = Field(description="What came; null until the target window is final.")
    error: Signed | None = Field(description="predicted - actual.")


class Sparkline(Answer):
    """The TrendScores of the last windows, oldest first."""

    start: Instant = Field(description="End of the first window.")
    step_seconds: Ordinal
    values: tuple[Score | None, ...] = Field(description="Null: no row for that window.")


class TrendingFilm(Answer):
    """A film in one window's ranking."""

    movie_id: MovieId
    title: str
    rank: Ordinal = Field(description="Place among all films of the window by TrendScore, whatever the sort.")
    rank_move: RankMove | None = Field(description="Null: it was not ranked then, or that window is not known.")
    year: int | None
    release_date: date | None
    genres: tuple[str, ...]
    language: str | None = Field(description="Original language, ISO 639-1.")
    poster_path: str | None = Field(description="TMDB's path, e.g. /abc.jpg.")
    trend_score: Score
    parts: Parts
    popularity: Popularity
    mentions: Mentions
    sentiment: Sentiment
    momentum: Momentum | None = Field(description="Null: not known for this window.")
    forecast: Forecast | None = Field(description="The nearest horizon's, made at the window's end.")
    sparkline: Sparkline | None = Field(description="Null for past windows (`at`).")


class Page(Answer):
    """Which part of a list this is."""

    total: int = Field(ge=0, description="Entries that fit the filters.")
    limit: int
    offset: int
    next: str | None = Field(description="Path of the next page; null at the end.")


class Trending(Answer):
    """A window's ranking."""

    source: Provenance
    window: Window | None = Field(description="Null: no window yet.")
    page: Page
    films: tuple[TrendingFilm, ...]


class Facts(Answer):
    """What TMDB says of a film, as of its last poll."""

    title: str
    original_title: str | None
    alternative_titles: tuple[str, ...]
    language: str | None
    release_date: date | None
    year: int | None
    genres: tuple[str, ...]
    overview: str | None
    poster_path: str | None
    vote_average: float | None
    vote_count: Count | None
    popularity: float | None
    as_of: Instant = Field(description="When TMDB was last asked about the film.")


class Freshness(Answer):
    """How old one kind of figure is."""

    what: str = Field(examples=["mentions"])
    origin: str = Field(examples=["Reddit comments, linked and counted by the trend processor"])
    as_of: Instant | None


class MovieDetail(Answer):
    """One film: its facts, its place in the newest closed window, and how fresh each is."""

    source: Provenance
    movie_id: MovieId
    facts: Facts
    trend: TrendingFilm | None = Field(description="Null: no row in the newest closed window.")
    window: Window | None
    freshness: tuple[Freshness, ...]


class HistoryPoint(Answer):
    """One window of a film's history, or one hour of it."""

    start: Instant
    end: Instant
    trend_score: Score = Field(description="Of the window; for hours the mean over its windows.")
    popularity_part: Score
    mentions_part: Score
    sentiment_part: Score
    mentions: Count = Field(description="Mentions between start and end.")
    sentiment: Mean | None = Field(description="Their mean; null without mentions.")
    positive: Count
    neutral: Count
    negative: Count
    is_final: bool


class History(Answer):
    """A film's history, oldest first. Windows without a row are left out: nothing is known of them."""

    source: Provenance
    movie_id: MovieId
    title: str
    start: Instant
    end: Instant
    resolution: Literal["window", "hour"] = Field(
        description="`window`: single windows, one every step. `hour`: whole hours, every mention counted once."
    )
    step_seconds: Ordinal
    points: tuple[HistoryPoint, ...]


EventKind = Literal["drift", "data_drift", "promotion", "contest", "rollback"]


class ModelEvent(Answer):
    """Something that happened to the forecaster: a mark on its charts."""

    kind: EventKind = Field(
        description="`drift`: the model's error grew for good, and the challenger starts anew. `data_drift`: recent "
        "windows look unlike earlier ones. `promotion`: the challenger leads from here on. `contest`: it ended and the "
        "champion stays. `rollback`: a logged version leads again."
    )
    at: Instant = Field(description="The end of the window it happened at.")
    value: Signed = Field(
        description="`drift`: how many times as large as usual the error is. `data_drift`: share of the columns that "
        "have drifted. `promotion`, `contest`: the challenger's mean absolute error over the champion's. `rollback`: "
        "the registered version's number."
    )


class MovieForecast(Answer):
    """A film's forecasts of every horizon, and what became of earlier ones."""

    source: Provenance
    movie_id: MovieId
    title: str
    current: tuple[Forecast, ...] = Field(description="The newest, by horizon.")
    past: tuple[Forecast, ...] = Field(description="Earlier ones whose outcome is known, newest first.")
    events: tuple[ModelEvent, ...] = Field(
        description="What happened to the forecaster since the oldest of these was made, newest first."
    )


class Mention(Answer):
    """A comment that explains a trend. Its text is a stranger's: show it as text, never as markup."""

    comment_id: str
    created_utc: Instant
    subreddit: str
    submission_title: str | None
    url: str | None = Field(description="The comment at Reddit.")
    excerpt: str
    sentiment: Mean
    via: Via


class MovieMentions(Answer):
    """Example comments, newest first."""

    source: Provenance
    movie_id: MovieId
    title: str
    page: Page
    mentions: tuple[Mention, ...]


class SearchHit(Answer):
    """A film that fits a search."""

    movie_id: MovieId
    title: str
    year: int | None
    poster_path: str | None
    matched: str = Field(description="The title that fits: the film's own, its original or an alternative one.")
    similarity: Share
    rank: Ordinal | None = Field(description="In the newest closed window.")
    trend_score: Score | None


class SearchResult(Answer):
    """Films by title, the best fit first."""

    source: Provenance
    query: str
    films: tuple[SearchHit, ...]


class Compared(Answer):
    """One film of a comparison."""

    movie_id: MovieId
    title: str
    trend: TrendingFilm | None
    points: tuple[HistoryPoint, ...]


class Comparison(Answer):
    """Two to five films over the same span."""

    source: Provenance
    window: Window | None = Field(description="Of each film's `trend`, the newest closed one; null: none yet.")
    start: Instant
    end: Instant
    resolution: Literal["window", "hour"]
    step_seconds: Ordinal
    films: tuple[Compared, ...]


class Choices(Answer):
    """What the filters of a ranking can be set to: what the catalogue has."""

    source: Provenance
    genres: tuple[str, ...]
    languages: tuple[str, ...]
