"""What the API knows at a moment: immutable parts, replaced whole by the refresher, read by every request."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from contracts.events import Breakout, TmdbFilm
from serving.answers import Body
from serving.models import Freshness, ModelEvent, Provenance, TrendingFilm, Window
from serving.platform_models import (
    Challenger,
    HorizonFigures,
    HorizonSeries,
    LedgerState,
    Link,
    ServiceState,
    SourceState,
)
from serving.search import SearchIndex

STALE_AFTER = timedelta(seconds=5)
"""The refresher asks the store every second; five failures in a row are no hiccup."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One window's films by rank."""

    window: Window
    films: tuple[TrendingFilm, ...]
    read_at: datetime
    by_id: Mapping[int, TrendingFilm] = field(init=False)
    mark: object = field(init=False, default_factory=object, compare=False)
    """Tells this ranking from any other without holding it: what answers made from it are kept by."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {film.movie_id: film for film in self.films})

    @property
    def has_momentum(self) -> bool:
        """Whether the momentum service had taken it in."""
        return any(film.momentum for film in self.films)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The films the platform knows."""

    films: Mapping[int, TmdbFilm]
    genres: tuple[str, ...]
    languages: tuple[str, ...]
    index: SearchIndex
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """The forecaster's figures."""

    version: str | None
    versions: tuple[str, ...]
    horizons: tuple[HorizonFigures, ...]
    series: tuple[HorizonSeries, ...]
    events: tuple[ModelEvent, ...]
    """Newest first."""
    as_of: datetime | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Services:
    """What the services' own metrics tell; not from the store."""

    services: tuple[ServiceState, ...]
    sources: tuple[SourceState, ...]
    links: tuple[Link, ...]
    drift: Mapping[str, float]
    drift_as_of: datetime | None
    challenger: Challenger | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """Everything known; None where nothing was read yet."""

    catalogue: Catalogue | None = None
    closed: Ranking | None = None
    """The newest window whose figures are final."""
    momentum_as_of: datetime | None = None
    """End of the newest closed window that has momentum: what the breakouts are as of."""
    live: Ranking | None = None
    """The newest window that has begun."""
    breakouts: tuple[Breakout, ...] | None = None
    breakouts_read_at: datetime | None = None
    figures: Figures | None = None
    ledger: LedgerState | None = None
    services: Services | None = None
    no_window_at: datetime | None = None
    """When the store was last seen to have no closed window; None while that is not known."""
    answered_at: datetime | None = None
    """When the store last answered."""
    version: int = 0
    """Counts up with each replacement of a part; `answered_at` alone does not count."""
    marks: Mapping[str, object] = field(default_factory=dict)
    """By part, another object with each replacement."""

    def mark(self, *parts: str) -> tuple[object, ...]:
        """What answers made from these parts are kept by. Not the parts themselves: an answer nobody asks for again
        would hold the ranking it was made from for as long as it is kept."""
        return tuple(self.marks.get(part) for part in parts)


class Board:
    """Holds the present state. One lock for the writers; readers take the reference."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.state = State()

    def put(self, **parts: Any) -> None:
        """Replace parts of the state."""
        with self._lock:
            marks = {**self.state.marks, **{name: object() for name in parts}}
            self.state = replace(self.state, version=self.state.version + 1, marks=marks, **parts)

    def answered(self) -> None:
        """The store has answered just now."""
        with self._lock:
            self.state = replace(self.state, answered_at=self._clock())

    def now(self) -> datetime:
        """The present instant."""
        return self._clock()

    @property
    def stale_seconds(self) -> float | None:
        """How long the store has not answered, in whole seconds; None while it does."""
        answered = self.state.answered_at
        if answered is None:
            return None
        silent = self._clock() - answered
        return float(int(silent.total_seconds())) if silent > STALE_AFTER else None

    def provenance(self, as_of: datetime | None, read_at: datetime) -> Provenance:
        """Of an answer from the store, as of now."""
        age = self.stale_seconds
        return Provenance(as_of=as_of, read_at=read_at, stale=age is not None, age_seconds=age)

    def present(self, body: Body) -> Body:
        """An answer made from the state, marked as stale when the store has gone silent since."""
        return body.aged(self.provenance(body.source.as_of, body.source.read_at))


def freshness(film: TmdbFilm, trend: TrendingFilm | None, window: Window | None) -> tuple[Freshness, ...]:
    """From when each kind of figure about a film is."""
    forecast = trend.forecast if trend else None
    momentum = trend.momentum if trend else None
    return (
        Freshness(what="facts", origin="TMDB, last poll of the film", as_of=film.fetched_at),
        Freshness(
            what="popularity", origin="TMDB, as used in the score", as_of=trend.popularity.as_of if trend else None
        ),
        Freshness(
            what="mentions and sentiment",
            origin="Reddit comments up to the window's end, linked and scored by the trend processor",
            as_of=window.end if trend and window else None,
        ),
        Freshness(
            what="momentum",
            origin="the film's own mentions of earlier hours, by the momentum service",
            as_of=momentum.as_of if momentum else None,
        ),
        Freshness(
            what="forecast", origin="the forecaster, online learning", as_of=forecast.made_at if forecast else None
        ),
    )
