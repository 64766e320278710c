"""What a fault is: a named switch with grades, that strikes, heals, and says what must have come of it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from enum import StrEnum
from random import Random
from typing import Any, ClassVar

from tests.faults.world import World

Details = dict[str, Any]
"""What was done, for the round's line: JSON types only."""


class Grade(StrEnum):
    """How hard it strikes: `quick` for every day, `full` for the numbers in docs/reliability.md."""

    QUICK = "quick"
    FULL = "full"

    def pick(self, quick: float, full: float) -> float:
        """The value of this grade."""
        return full if self is Grade.FULL else quick


class Fault(ABC):
    """One named fault. An instance serves one round."""

    name: ClassVar[str]
    number: ClassVar[int]
    """Which of the list in docs/reliability.md."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """What a world must have for it, see `tests.faults.world.open_world`."""

    def missing(self) -> str | None:
        """What it takes and this machine lacks; None when it can be played."""
        return None

    @abstractmethod
    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Strike while comments flow; what was done. Everything random comes from `rng`."""

    def heal(self, world: World) -> None:  # noqa: B027 - many faults are over by themselves
        """Undo what still lasts; also called when `inject` failed."""

    def aftermath(self, world: World) -> Iterable[str]:
        """What is wrong after the platform came to rest, besides the invariants."""
        return ()


REGISTRY: dict[str, Callable[[], Fault]] = {}
"""Every fault by its name."""


def register(kind: type[Fault]) -> type[Fault]:
    """Put a fault into the registry.

    Raises:
        ValueError: two have one name.
    """
    if kind.name in REGISTRY:
        raise ValueError(f"two faults are called {kind.name}")
    REGISTRY[kind.name] = kind
    return kind
