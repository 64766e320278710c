"""What the service tells the tracking server, and what comes back from it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from contracts.events import Prediction, TrendUpdate
from ml_service.events import ModelEvent


class Role(StrEnum):
    """The two places a learner can have; aliases of the registered model."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


@dataclass(frozen=True, slots=True)
class Span:
    """Event time from the start of the earliest window to the end of the latest."""

    start: datetime
    end: datetime

    def reaching(self, update: TrendUpdate) -> "Span":
        """The same with one more window."""
        return Span(min(self.start, update.window_start), max(self.end, update.window_end))


@dataclass(frozen=True, slots=True)
class Figures:
    """Metrics of the run at one instant of event time; none before the first outcome."""

    at: datetime
    values: dict[str, float]
    data: Span | None = None
    """The final windows that were read since the start."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One of a package's two models."""

    role: Role
    model_version: str
    configuration: str
    learner: str
    """The digest under which the service keeps the learner."""


@dataclass(slots=True)
class ModelPackage:
    """A saved state, the updates that came right after it, and the forecasts that each role made from them."""

    state: bytes
    at: datetime | None
    """End of the newest window the state has seen."""
    lineage: int
    """How often another learner had taken the lead."""
    models: tuple[Logged, Logged]
    led_since: ModelEvent | None = None
    """Why the champion leads; None for the first one."""
    updates: list[TrendUpdate] = field(default_factory=list)
    forecasts: dict[Role, list[Prediction]] = field(default_factory=lambda: {role: [] for role in Role})


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants a registered version to lead again."""

    version: str
    configuration: str
    learner: str
    requested_at: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    request: Request
    followed_from: datetime | None
    """End of the first window it is in force for; None when it was refused."""
    reason: str = ""


Item = Figures | ModelPackage | ModelEvent | Answer


class Backend(Protocol):
    """A tracking server; every method may raise anything while it is away."""

    def figures(self, item: Figures) -> None: ...
    def model(self, item: ModelPackage) -> None: ...
    def event(self, item: ModelEvent) -> None: ...
    def answer(self, item: Answer) -> None: ...
    def request(self) -> Request | None: ...
    def close(self) -> None: ...
