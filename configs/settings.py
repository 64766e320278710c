"""Every setting of the platform, typed, read from the environment and `.env`.

A service calls `load_settings()` once at its start; a wrong value stops it with a sentence that names the variable.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from configs.simulated import DEMO_INTERVALS, in_place_of_reddit, in_place_of_tmdb
from contracts.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder."""

_UNITS = {"millisecond": 1, "second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def parse_duration(value: object) -> object:
    """Turn `"5 minutes"` (also millisecond, second, hour, day) into a timedelta; leave anything else to pydantic."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+)\s*(millisecond|second|minute|hour|day)s?\s*", value.lower())
        if match is None:
            raise ValueError("write it like '5 minutes' (millisecond, second, minute, hour or day)")
        return timedelta(milliseconds=int(match[1]) * _UNITS[match[2]])
    return value


def _words(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words), Field(min_length=1)]
MaybeWords = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Horizon = Annotated[int, Field(ge=1, le=10_000)]
Horizons = Annotated[tuple[Horizon, ...], NoDecode, BeforeValidator(_words), Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65_535)]
PortsByName = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z-]+=[1-9]\d{0,4}$")], ...], NoDecode, BeforeValidator(_words)
]
"""As `mlflow=5000`."""
Weight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Settings(BaseSettings):
    """All variables of `.env.example`, by their lower-case names. Times are seconds unless they are durations."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", frozen=True, env_ignore_empty=True)

    # --- sources
    tmdb_api_key: SecretStr | None = None
    tmdb_base_url: str = "https://api.themoviedb.org/3"
    tmdb_fetch_interval: Seconds = 300
    tmdb_requests_per_second: Positive = 4
    tmdb_catalogue_pages: Annotated[int, Field(ge=0, le=500)] = 30
    tmdb_region: str = "US"
    tmdb_language: str = "en-US"
    reddit_client_id: str | None = None
    reddit_client_secret: SecretStr | None = None
    reddit_user_agent: str = "linux:trendscope:0.1.0 (by /u/trendscope)"
    reddit_url: str = "https://www.reddit.com"
    reddit_oauth_url: str = "https://oauth.reddit.com"
    reddit_subreddits: Words = ("movies",)
    reddit_fetch_interval: Seconds = 60
    author_hash_key: SecretStr | None = None
    simulate_at: str | None = None
    max_comment_bytes: Annotated[int, Field(ge=1_000)] = 100_000

    # --- TrendScore
    w1_popularity: Weight = 0.4
    w2_mentions: Weight = 0.3
    w3_sentiment: Weight = 0.3
    popularity_reference: Positive = 500
    mentions_reference: Positive = 50
    sentiment_prior: Positive = 5

    # --- windows
    trend_window_duration: Duration = timedelta(minutes=5)
    trend_slide_duration: Duration = timedelta(minutes=1)
    watermark_delay: Duration = timedelta(minutes=2)
    max_future_skew: Duration = timedelta(minutes=5)
    popularity_max_age: Duration = timedelta(hours=24)

    # --- servers
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    cassandra_hosts: Words = ("127.0.0.1",)
    cassandra_port: Port = 9042
    cassandra_keyspace: str = "trendscope"
    cassandra_replication: Annotated[int, Field(ge=1)] = 1
    mlflow_tracking_uri: str = "http://127.0.0.1:5000"
    startup_deadline: Seconds = 180
    secure: bool = False
    kafka_username: str = "trendscope"
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    cassandra_username: str = "trendscope"
    cassandra_password: SecretStr | None = None

    # --- processing
    spark_master: str = "local[*]"
    spark_trigger: Duration = timedelta(milliseconds=750)
    spark_shuffle_partitions: Annotated[int, Field(ge=1)] = 2
    spark_max_offsets_per_trigger: Annotated[int, Field(ge=1)] | None = None
    """None: as `processors.job.most_records` says."""
    spark_driver_memory: str = "1g"
    spark_driver_host: str | None = None
    spark_executor_memory: str = "1g"
    data_dir: Path = ROOT / ".data"

    # --- retention in Cassandra, days
    trend_ttl_days: Annotated[int, Field(ge=1)] = 90
    mention_ttl_days: Annotated[int, Field(ge=1)] = 14
    prediction_ttl_days: Annotated[int, Field(ge=1)] = 90

    # --- forecast
    forecast_horizons: Horizons = (1, 3, 12)
    forecast_coverage: Annotated[float, Field(gt=0, lt=1)] = 0.8
    ml_snapshot_interval: Seconds = 15
    mlflow_model_interval: Duration = timedelta(hours=1)

    # --- drift: how often recent windows are compared with earlier ones, and how much time counts as recent
    drift_interval: Duration = timedelta(hours=1)
    drift_current: Duration = timedelta(hours=1)

    # --- breakouts, and who is told of them
    breakout_false_alarms: Annotated[float, Field(gt=0, le=10)] = 0.001
    breakout_webhook_url: SecretStr | None = None

    # --- API and dashboard
    api_keys: SecretStr | None = None
    api_rate_limit: Annotated[str, Field(pattern=r"^\d+/(second|minute|hour|day)$")] = "1200/minute"
    cors_origins: MaybeWords = ()
    forwarded_allow_ips: Words = ("127.0.0.1",)
    posters: Literal["drawn", "tmdb"] = "drawn"
    metrics_host: str = "127.0.0.1"
    published_ports: PortsByName = ()

    # --- ports, and the address a service listens on (the local run gives it to the API alone)
    bind_address: str = "127.0.0.1"
    kafka_port: Port = 9092
    kafka_controller_port: Port = 9093
    cassandra_storage_port: Port = 7000
    mlflow_port: Port = 5000
    prometheus_port: Port = 9090
    spark_ui_port: Port = 4040
    simulator_port: Port = 8090
    tmdb_producer_metrics_port: Port = 9101
    reddit_producer_metrics_port: Port = 9102
    processor_metrics_port: Port = 9103
    ml_metrics_port: Port = 9104
    momentum_metrics_port: Port = 9105
    drift_port: Port = 9106
    serving_port: Port = 8000

    log_level: str = "INFO"

    @field_validator("forecast_horizons", mode="before")
    @classmethod
    def _horizons(cls, value: object) -> object:
        return tuple(int(part) for part in value) if isinstance(value, tuple) else value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("one of DEBUG, INFO, WARNING, ERROR")
        return value.upper()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        window, slide = self.trend_window_duration, self.trend_slide_duration
        if not slide or window % slide or window < slide:
            raise ValueError("TREND_WINDOW_DURATION must be a whole multiple of TREND_SLIDE_DURATION")
        if slide % timedelta(seconds=1):
            raise ValueError("TREND_SLIDE_DURATION must be whole seconds")
        if self.w1_popularity + self.w2_mentions + self.w3_sentiment <= 0:
            raise ValueError("at least one of W1_POPULARITY, W2_MENTIONS, W3_SENTIMENT must be above 0")
        if (self.reddit_client_id is None) != (self.reddit_client_secret is None):
            raise ValueError("REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET go together: set both, or neither")
        return self

    @property
    def needs_simulator(self) -> bool:
        """True when a key is missing, so that the simulator stands in for the APIs that have none."""
        return self.tmdb_api_key is None or self.reddit_client_id is None

    @property
    def simulator_url(self) -> str:
        """Where the simulator listens on this host."""
        return f"http://127.0.0.1:{self.simulator_port}"

    def with_simulator(self, url: str) -> "Settings":
        """A copy with each API that has no key served by the simulator at `url`; one with a key stays as it is."""
        changes: dict[str, Any] = {}
        if self.tmdb_api_key is None:
            changes |= in_place_of_tmdb(url)
        if self.reddit_client_id is None:
            changes |= in_place_of_reddit(url)
        kept = DEMO_INTERVALS.keys() & self.model_fields_set
        return self.model_copy(update={name: value for name, value in changes.items() if name not in kept})


def explain(error: ValidationError) -> str:
    """One sentence for each wrong setting, without its value (it may be a secret)."""
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"]).upper()
        text = str(problem["msg"]).removeprefix("Value error, ")
        sentences.append(f"{name}: {text}" if name else text)
    return "wrong setting in .env or the environment: " + "; ".join(sentences)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` win over the environment, which wins over `.env`.

    Raises:
        ConfigurationError: a value is missing or wrong; the text names the variable.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise ConfigurationError(explain(error)) from None
    return settings.with_simulator(settings.simulate_at) if settings.simulate_at else settings
