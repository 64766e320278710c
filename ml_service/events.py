"""What happens to models: drifts, contests, promotions, rollbacks; and the orders that come from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ml_service.duel import Evidence, Verdict
from ml_service.error_drift import Drift


class Kind(StrEnum):
    """Kinds of events; metric names of `model_metrics` under the version `events`, and a metric label."""

    DRIFT = "drift"
    """The champion's error grew for good: the challenger starts anew. Value: how many times as large as usual."""
    PROMOTION = "promotion"
    """The challenger leads from the next window on. Value: its mean absolute error over the champion's."""
    CONTEST = "contest"
    """A contest is over and the champion stays. Value: as of a promotion."""
    ROLLBACK = "rollback"
    """A logged version leads again. Value: its number."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order from outside: from a step on, lead with a logged version of a configuration."""

    step: int
    number: int
    """The configuration's place in the forecaster."""
    learner: bytes
    """The learner as it was logged, pickled."""
    version: str
    """The registered version's number."""


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """Something that happened to the models, at an instant of event time."""

    kind: Kind
    at: datetime
    champion: str
    """Model versions after the event."""
    challenger: str
    value: float
    evidence: dict[str, str]
    """Facts for people and for tags, by name."""

    @property
    def facts(self) -> dict[str, str]:
        """The evidence, when it was, and who leads since."""
        return {"at": self.at.isoformat(), "champion": self.champion, **self.evidence}

    @classmethod
    def of_contest(
        cls, evidence: Evidence, at: datetime, champion: str, challenger: str, time_of: Callable[[int], datetime]
    ) -> "ModelEvent":
        """A contest's end; the versions are those of the contest."""
        promoted = evidence.verdict is Verdict.PROMOTE
        facts = {
            "verdict": evidence.verdict.value,
            "former_champion": champion,
            "former_challenger": challenger,
            "forecasts": str(evidence.pairs),
            "blocks": str(evidence.blocks),
            "champion_mae": f"{evidence.champion_mae:.6f}",
            "challenger_mae": f"{evidence.challenger_mae:.6f}",
            "t": f"{evidence.t:.4f}",
            "p": f"{evidence.p:.6g}",
            "from": time_of(evidence.first_step).isoformat(),
            "to": time_of(evidence.last_step).isoformat(),
        }
        ratio = evidence.challenger_mae / evidence.champion_mae if evidence.champion_mae else 1.0
        kind = Kind.PROMOTION if promoted else Kind.CONTEST
        after = (challenger, champion) if promoted else (champion, challenger)
        return cls(kind, at, *after, ratio, facts)

    @classmethod
    def of_drift(cls, drift: Drift, at: datetime, champion: str, challenger: str) -> "ModelEvent":
        """The error grew."""
        return cls(Kind.DRIFT, at, champion, challenger, drift.growth, {"error_growth": f"{drift.growth:.4f}"})

    @classmethod
    def of_order(cls, order: Order, at: datetime, champion: str, challenger: str) -> "ModelEvent":
        """An order took effect; `at` is the end of the first window it is in force for."""
        return cls(Kind.ROLLBACK, at, champion, challenger, float(order.version), {"version": order.version})
