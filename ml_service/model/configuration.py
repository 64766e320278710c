"""What makes one learner differ from another: the champion and its challenger learn with different configurations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Configuration:
    """A learner's settings. The name is part of the version that its forecasts carry."""

    name: str
    linear_memories: tuple[float, float]
    """Labels that the two linear experts remember: a slow one and a fast one."""
    mixture_memory: float
    """Steps that the shared weights of the experts remember."""
    film_memory: float
    """Labels that a film's own weights remember."""
    tree: bool
    """Whether a Hoeffding adaptive tree is one of the experts. It costs more time than all the others."""


STEADY = Configuration("steady", (20_000.0, 2_000.0), 2_000.0, 300.0, tree=True)
"""The first champion. Its mixture remembers a day and a half of minutes, or five years of days."""
QUICK = Configuration("quick", (4_000.0, 400.0), 400.0, 60.0, tree=False)
"""Its challenger: a fifth of every memory, for the day the world has changed, and no tree, so that it costs little."""
