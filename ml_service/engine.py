"""From final TrendScores to forecasts and outcomes: the forecaster on the platform's windows. Pure: no clock.

Everything that is decided about models is decided here, from the stream: the same updates and the same orders give the
same forecasts, bit for bit, whoever leads when.
"""

import math
import pickle
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.clock import to_millis
from contracts.events import Prediction, TrendUpdate
from ml_service.duel import BLOCKS, FEWEST_PAIRS, Duel, Evidence, Verdict
from ml_service.error_drift import Drift, ErrorDrift
from ml_service.events import ModelEvent, Order
from ml_service.messages import Messages, version_of
from ml_service.model.configuration import QUICK, STEADY
from ml_service.model.forecaster import Forecaster, Outcome
from ml_service.model.grid import Grid
from ml_service.model.learner import Learner
from ml_service.model.scores import Score

COVARIATES = (
    "popularity_part", "mentions_part", "sentiment_part", "log_mentions", "mentions_fast", "mentions_slow",
    "thread_share", "rank",
)  # fmt: skip
CONFIGURATIONS = (STEADY, QUICK)
"""The first one leads until a contest or an order says otherwise."""
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
    contest_blocks: int = BLOCKS
    """Blocks of the longest horizon that a contest between champion and challenger lasts."""
    contest_pairs: int = FEWEST_PAIRS

    def grid(self) -> Grid:
        """Steps are slides; a horizon of one is a whole window, so that target and input windows do not overlap."""
        steps = self.window // self.slide
        return Grid(int(self.slide.total_seconds()), tuple(steps * horizon for horizon in sorted(set(self.horizons))))


@dataclass(slots=True)
class Batch:
    """What came of some updates, in order."""

    predictions: list[Prediction] = field(default_factory=list)
    """Forecasts and outcomes."""
    shadow: list[Prediction] = field(default_factory=list)
    """The challenger's forecasts: they are compared, and published nowhere."""
    closes: list["WindowClose"] = field(default_factory=list)
    """The closes of windows that were passed."""
    events: list[ModelEvent] = field(default_factory=list)
    """Drifts, promotions and rollbacks."""


@dataclass(frozen=True, slots=True)
class WindowClose:
    """The recent figures by horizon (window lengths) when the stream went past a window's end."""

    at: datetime
    champion: str
    """Model versions."""
    challenger: str
    scores: dict[int, Score]
    """The champion's figures."""
    shadow: dict[int, Score]
    """The challenger's."""


class Engine:
    """Takes every update of trend_stream; only final ones matter, each (film, window) once."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.model = Forecaster(
            config.grid(), low=0.0, high=100.0, coverage=config.coverage, covariates=COVARIATES,
            configurations=CONFIGURATIONS,
        )  # fmt: skip
        self.stream_step = -1
        self.ignored = 0
        self.lineage = 0
        """How often another learner has taken the lead."""
        self.led_since: ModelEvent | None = None
        """The promotion or rollback by which the present champion leads; None for the first one."""
        self._messages = Messages(config.window, config.slide)
        self._slide_ms = config.slide // timedelta(milliseconds=1)
        self._per_window = config.window // config.slide
        self._mentions: dict[int, tuple[float, float]] = {}
        self._orders: list[Order] = []
        self._duel = Duel(self.model.grid.horizons[-1], config.contest_blocks, config.contest_pairs)
        self._drift = ErrorDrift(self._per_window, self.model.grid.step_seconds)

    def process(self, update: TrendUpdate, batch: Batch) -> None:
        """Add to `batch` the outcomes that this update is the label of, and the film's new forecasts."""
        if not update.is_final:
            return
        step = to_millis(update.window_start) // self._slide_ms
        self._advance(step, batch)
        last = self.model.last_step(update.movie_id)
        outcomes = self.model.observe(update.movie_id, step, update.trend_score)
        self._compare(outcomes)
        make = self._messages.prediction
        batch.predictions += [make(update, outcome.forecast, outcome.actual) for outcome in outcomes]
        if last is not None and step <= last:
            self.ignored += 1
            return
        made = self.model.forecast_all(update.movie_id, self._covariates(update))
        batch.predictions += [make(update, forecast) for forecast in made[self.model.lead]]
        batch.shadow += [make(update, forecast) for forecast in made[self.shadow]]

    @property
    def shadow(self) -> int:
        """The number of the configuration that does not lead."""
        return 1 - self.model.lead

    @property
    def champion(self) -> str:
        """The model version that leads."""
        return version_of(self.model.configurations[self.model.lead].name)

    @property
    def challenger(self) -> str:
        """The model version that learns in shadow."""
        return version_of(self.model.configurations[self.shadow].name)

    def scores(self) -> dict[int, Score]:
        """The champion's recent figures by horizon in window lengths, of those that have any."""
        return self._scores(self.model.lead)

    def shadow_scores(self) -> dict[int, Score]:
        """The challenger's."""
        return self._scores(self.shadow)

    def order(self, order: Order) -> None:
        """Obey from the order's step on, or from the next step when that is over. It is part of the saved state."""
        self._orders.append(order)

    @property
    def next_step(self) -> int:
        """The first step of which nothing was seen yet."""
        return self.stream_step + 1

    def lead_with_challenger(self) -> None:
        """Exchange the two."""
        self.model.lead = self.shadow

    def decide_nothing(self) -> None:
        """Let whoever leads lead on: a logged model answers as itself."""
        self._orders = []
        self._duel.blocks = 2**31

    def keep_only(self, films: set[int]) -> None:
        """Forget every other film; what is shared stays."""
        self.model.keep_only(films)
        self._mentions = {film: kept for film, kept in self._mentions.items() if film in films}

    @property
    def stream_time(self) -> datetime | None:
        """End of the newest window seen; None before the first."""
        return None if self.stream_step < 0 else self._messages.end(self.stream_step)

    def time_of(self, step: int) -> datetime:
        """End of a step's window."""
        return self._messages.end(step)

    def _scores(self, number: int) -> dict[int, Score]:
        board = self.model.learners[number].scores
        found = ((horizon, board.recent(h)) for h, horizon in enumerate(self.model.grid.horizons))
        return {horizon // self._per_window: score for horizon, score in found if score is not None}

    def _compare(self, outcomes: list[Outcome]) -> None:
        """Errors count at the newest step that was seen, whatever step a late row belongs to."""
        lead, shadow = self.model.lead, self.shadow
        for _, said, actual in self.model.pairs:
            self._duel.add(self.stream_step, abs(said[lead] - actual), abs(said[shadow] - actual))
        shortest = self.model.grid.horizons[0]
        for outcome in outcomes:
            if outcome.forecast.horizon == shortest:
                self._drift.add(self.stream_step, abs(outcome.error))

    def _advance(self, step: int, batch: Batch) -> None:
        if step <= self.stream_step:
            return
        if self.stream_step >= 0:
            at = self._messages.end(self.stream_step)
            batch.closes.append(WindowClose(at, self.champion, self.challenger, self.scores(), self.shadow_scores()))
            evidence, drift = self._duel.close_step(step), self._drift.close_step(step)
            if evidence is not None:
                batch.events.append(self._end_contest(evidence, at))
            if drift is not None:
                batch.events.append(self._reset_challenger(drift, at))
            if step // _FORGET_EVERY != self.stream_step // _FORGET_EVERY:
                self.model.forget(step - self.model.grid.week)
                self._mentions = {film: kept for film, kept in self._mentions.items() if self.model.knows(film)}
        batch.events += [self._obey(order, step) for order in self._orders if order.step <= step]
        self._orders = [order for order in self._orders if order.step > step]
        self.stream_step = step

    def _end_contest(self, evidence: Evidence, at: datetime) -> ModelEvent:
        champion, challenger = self.champion, self.challenger
        promoted = evidence.verdict is Verdict.PROMOTE
        if promoted:
            self.model.lead = self.shadow
            self.lineage += 1
        event = ModelEvent.of_contest(evidence, at, champion, challenger, self.time_of)
        if promoted:
            self.led_since = event
        return event

    def _reset_challenger(self, drift: Drift, at: datetime) -> ModelEvent:
        self.model.replace(self.shadow, self.model.new_learner(self.shadow), forget_films=True)
        self._duel.restart()
        return ModelEvent.of_drift(drift, at, self.champion, self.challenger)

    def _obey(self, order: Order, step: int) -> ModelEvent:
        learner: Learner = pickle.loads(order.learner)  # noqa: S301 - `ml_service.versions` vouches for the bytes
        learner.scores = self.model.learners[order.number].scores
        self.model.replace(order.number, learner, forget_films=False)
        self.model.lead = order.number
        self.lineage += 1
        self._duel.restart()
        self.led_since = ModelEvent.of_order(order, self.time_of(step), self.champion, self.challenger)
        return self.led_since

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
