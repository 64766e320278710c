"""A round: known state, load, a fault, healing, rest, every invariant; one line of JSON."""

import pickle
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from contracts.errors import TrendScopeError
from local.nodes.base import tail
from tests.faults.checks import gone_unread, violations
from tests.faults.evidence import Evidence
from tests.faults.fault import Details, Fault, Grade
from tests.faults.world import World

_FAILURES = (TimeoutError, TrendScopeError, OSError, AssertionError)
"""What a platform that does not come back shows as; the round then violates I6 and the world is given up."""


@dataclass(slots=True)
class Round:
    """What one round came to."""

    number: int
    fault: str
    details: Details = field(default_factory=dict)
    recovery_seconds: float | None = None
    """From the end of the fault until a comment that came after it was processed, and the forecaster had caught up."""
    seconds: float = 0
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    world_is_lost: bool = False

    def line(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "round": self.number,
            "fault": self.fault,
            "details": self.details,
            "recovery_seconds": self.recovery_seconds,
            "seconds": round(self.seconds, 1),
            **self.figures,
            "violations": self.violations,
        }


def play(  # noqa: PLR0917 - one an option of the command
    world: World, number: int, fault: Fault, rng: Random, grade: Grade, keep: Path | None = None
) -> Round:
    """Play one round in a world at rest; the world is at rest again afterwards, or lost.

    With `keep`, a round that violated something leaves its evidence and the services' logs there.
    """
    result = Round(number, fault.name)
    began = time.monotonic()
    evidence: Evidence | None = None
    try:
        world.start_sources()
        try:
            result.details = fault.inject(world, rng, grade)
        finally:
            fault.heal(world)
        result.recovery_seconds = round(world.wait_flow(world.received()), 1)
        world.settle()
        evidence = world.evidence()
        result.figures = figures(evidence)
        result.violations = [*violations(evidence), *(f"{fault.name}: {text}" for text in fault.aftermath(world))]
    except _FAILURES as error:
        result.violations = [f"I6: the platform did not come back: {error}", *trouble(world)]
        result.world_is_lost = True
    result.seconds = time.monotonic() - began
    if result.violations and keep is not None:
        _keep(keep / f"round-{number}-{fault.name}", evidence, world)
    return result


def _keep(folder: Path, evidence: Evidence | None, world: World) -> None:
    shutil.copytree(world.platform.supervisor.logs, folder / "logs", dirs_exist_ok=True)
    (folder / "evidence.pickle").write_bytes(pickle.dumps(evidence))


def figures(evidence: Evidence) -> dict[str, Any]:
    """How much was checked."""
    ledger: dict[str, int] = {}
    for counts in evidence.ledger.values():
        for name, count in counts.items():
            ledger[name] = ledger.get(name, 0) + count
    return {
        "served": len(evidence.served),
        "gone_unread": len(gone_unread(evidence)),
        "gaps": evidence.gaps,
        "received": len(evidence.comments),
        "ledger": {name: count for name, count in sorted(ledger.items()) if count},
        "batches": len(evidence.batches),
        "windows": len(evidence.by_window),
        "updates": len(evidence.updates),
        "forecasts": len(evidence.stored_forecasts),
        "predictions": len(evidence.forecasts),
    }


def trouble(world: World) -> list[str]:
    """Where to look: programs that do not run, and what is behind."""
    silent = [state for state in world.platform.states() if state.state != "RUNNING" and state.name != "init"]
    lines = [
        f"{state.name} is {state.state} (exit code {state.exit_code}): "
        f"{tail(world.platform.supervisor.log_file(state.name), 3)[-600:]}"
        for state in silent
    ]
    return [*lines, f"received {world.received()}, processed {world.processed()}, lags {world.lags()}"]


def summary(rounds: Iterable[Round]) -> dict[str, Any]:
    """The last line: what all rounds came to, and those of each fault."""
    played = list(rounds)
    faults: dict[str, list[Round]] = {}
    for one in played:
        faults.setdefault(one.fault, []).append(one)
    return {
        "rounds": len(played),
        "faults": {name: {"rounds": len(some)} | _recoveries(some) for name, some in sorted(faults.items())},
        **_recoveries(played),
        "violations": sum(len(one.violations) for one in played),
    }


def _recoveries(rounds: Iterable[Round]) -> dict[str, float | int | None]:
    times = sorted(one.recovery_seconds for one in rounds if one.recovery_seconds is not None)
    return {
        "recoveries": len(times),
        "recovery_seconds_p50": round(median(times), 1) if times else None,
        "recovery_seconds_max": times[-1] if times else None,
    }
