"""From final TrendScores to forecasts and outcomes: the forecaster on the platform's windows. Pure: no clock."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.clock import from_millis, to_millis
from contracts.events import Prediction, TrendUpdate
from ml_service.model.features import BASELINES
from ml_service.model.forecaster import MODEL_VERSION, Forecast, Forecaster, Outcome
from ml_service.model.grid import Grid
from ml_service.model.scores import Score

COVARIATES = (
    "popularity_part", "mentions_part", "sentiment_part", "log_mentions", "mentions_fast", "mentions_slow",
    "thread_share", "rank",
)  # fmt: skip
_FORGET_EVERY = 60
"""Steps between two looks for films to forget."""
_FAST, _SLOW = 0.3, 0.03
"""Smoothing of log(1 + mentions): a few windows, and half an hour of one-minute slides."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What the forecasts depend on; a snapshot made with another one is not used."""

    window: timedelta
    slide: timedelta
    horizons: tuple[int, ...]
    """In window lengths."""
    coverage: float

    def grid(self) -> Grid:
        """Steps are slides; a horizon of one is a whole window, so that target and input windows do not overlap."""
        steps = self.window // self.slide
        return Grid(int(self.slide.total_seconds()), tuple(steps * horizon for horizon in sorted(set(self.horizons))))


@dataclass(slots=True)
class Batch:
    """What came of some updates: forecasts and outcomes in order, and the closes of windows that were passed."""

    predictions: list[Prediction] = field(default_factory=list)
    closes: list["WindowClose"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WindowClose:
    """The recent figures by horizon (window lengths) when the stream went past a window's end."""

    at: datetime
    scores: dict[int, Score]


class Engine:
    """Takes every update of trend_stream; only final ones matter, each (film, window) once."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.model = Forecaster(config.grid(), low=0.0, high=100.0, coverage=config.coverage, covariates=COVARIATES)
        self.stream_step = -1
        self.ignored = 0
        self._slide_ms = config.slide // timedelta(milliseconds=1)
        self._per_window = config.window // config.slide
        self._mentions: dict[int, tuple[float, float]] = {}

    def process(self, update: TrendUpdate, batch: Batch) -> None:
        """Add to `batch` the outcomes that this update is the label of, and the film's new forecasts."""
        if not update.is_final:
            return
        step = to_millis(update.window_start) // self._slide_ms
        self._advance(step, batch)
        last = self.model.last_step(update.movie_id)
        outcomes = self.model.observe(update.movie_id, step, update.trend_score)
        batch.predictions += [self._prediction(update, outcome.forecast, outcome) for outcome in outcomes]
        if last is not None and step <= last:
            self.ignored += 1
            return
        forecasts = self.model.forecast(update.movie_id, self._covariates(update))
        batch.predictions += [self._prediction(update, forecast, None) for forecast in forecasts]

    def scores(self) -> dict[int, Score]:
        """Recent figures by horizon in window lengths, of those that have any."""
        found = ((horizon, self.model.scores.recent(h)) for h, horizon in enumerate(self.model.grid.horizons))
        return {horizon // self._per_window: score for horizon, score in found if score is not None}

    def keep_only(self, films: set[int]) -> None:
        """Forget every other film; what is shared stays."""
        self.model.keep_only(films)
        self._mentions = {film: kept for film, kept in self._mentions.items() if film in films}

    @property
    def stream_time(self) -> datetime | None:
        """End of the newest window seen; None before the first."""
        return None if self.stream_step < 0 else self._start(self.stream_step) + self.config.window

    def _advance(self, step: int, batch: Batch) -> None:
        if step <= self.stream_step:
            return
        if self.stream_step >= 0:
            batch.closes.append(WindowClose(self._start(self.stream_step) + self.config.window, self.scores()))
            if step // _FORGET_EVERY != self.stream_step // _FORGET_EVERY:
                self.model.forget(step - self.model.grid.week)
                self._mentions = {film: kept for film, kept in self._mentions.items() if self.model.knows(film)}
        self.stream_step = step

    def _covariates(self, update: TrendUpdate) -> tuple[float, ...]:
        logged = math.log1p(update.mentions)
        fast, slow = self._mentions.get(update.movie_id, (logged, logged))
        fast += _FAST * (logged - fast)
        slow += _SLOW * (logged - slow)
        self._mentions[update.movie_id] = fast, slow
        return (
            update.popularity_part / 100,
            update.mentions_part / 100,
            update.sentiment_part / 50 - 1,
            logged / 4,
            (fast - logged) / 4,
            (slow - logged) / 4,
            update.mentions_thread / update.mentions if update.mentions else 0.0,
            1 / update.trending_rank if update.trending_rank else 0.0,
        )

    def _prediction(self, update: TrendUpdate, forecast: Forecast, outcome: Outcome | None) -> Prediction:
        made_start, target_start = self._start(forecast.made_step), self._start(forecast.target_step)
        # Every value here is of the right type and range by construction; validating six messages a film would cost a
        # tenth of the time. Whoever reads them validates.
        return Prediction.model_construct(
            movie_id=update.movie_id,
            title=update.title,
            made_at=made_start + self.config.window,
            horizon=forecast.horizon // self._per_window,
            target_window_start=target_start,
            target_window_end=target_start + self.config.window,
            current=forecast.current,
            predicted=forecast.predicted,
            lower=forecast.lower,
            upper=forecast.upper,
            baselines={name: forecast.baselines[name] for name in BASELINES},
            model_version=MODEL_VERSION,
            actual=outcome.actual if outcome else None,
            error=outcome.error if outcome else None,
        )

    def _start(self, step: int) -> datetime:
        return from_millis(step * self._slide_ms)
