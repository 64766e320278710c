"""A named, documented fault for tests: the process dies without a word at a given point of a given batch.

`TRENDSCOPE_CRASH=after_store_write:batch=3` kills it after batch 3 was stored and before it is published.
"""

import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.errors import ConfigurationError

VARIABLE = "TRENDSCOPE_CRASH"


class CrashPoint(StrEnum):
    """Where the sink can die."""

    BEFORE_STORE_WRITE = "before_store_write"
    AFTER_STORE_WRITE = "after_store_write"
    AFTER_PUBLISH = "after_publish"


@dataclass(frozen=True, slots=True)
class CrashSwitch:
    """The fault that was asked for; none by default."""

    point: CrashPoint | None = None
    batch: int = -1

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "CrashSwitch":
        """Read the variable.

        Raises:
            ConfigurationError: it names no point, or no batch.
        """
        text = environment.get(VARIABLE, "")
        if not text:
            return cls()
        match = re.fullmatch(r"(\w+):batch=(\d+)", text)
        if match is None or match[1] not in set(CrashPoint):
            points = ", ".join(CrashPoint)
            raise ConfigurationError(f"{VARIABLE}: write POINT:batch=NUMBER, with POINT one of {points}")
        return cls(CrashPoint(match[1]), int(match[2]))

    def at(self, point: CrashPoint, batch: int) -> None:
        """Die here, when this is the point: SIGKILL, so that nothing is flushed and nobody is told."""
        if (point, batch) == (self.point, self.batch):
            os.kill(os.getpid(), signal.SIGKILL)
