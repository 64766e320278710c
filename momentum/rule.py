"""When attention is a breakout, and when it is over."""

from dataclasses import dataclass
from datetime import timedelta

SPANS = (1, 6)
"""Spans looked at, in window lengths: a jump shows within five minutes, a climb within thirty."""
MIN_MENTIONS = 5
"""Fewer are an anecdote, whatever their probability."""
MIN_RATIO = 3.0
"""Of mentions to expected: significant must also be large."""
CALM_RATIO = 2.0
"""Below this multiple of its normal, over the longest span, a film is calm again."""
COOL_DOWN = timedelta(hours=1)
"""So long it has to be calm until the breakout is over and a new one can begin: one event alerts once."""
ECHO = timedelta(hours=24)
"""So long after a breakout only a higher peak is news: the morning after a release night is the same event."""
LONGEST = timedelta(days=7)
"""What lasts longer is the new normal."""
LEAST_HISTORY_MINUTES = 10.0
"""Before that nothing is normal."""
LEARNED_AFTER = 3
"""Window lengths until a window counts as history, so that a breakout's first minutes do not hide it."""
CAP = 2.0
"""While a film breaks out its windows count at most so many times their expectation: a new level is learned in days."""
GROWTH_PRIOR = 2.0
"""Mentions added to both sides of the growth: one comment about a forgotten film is no growth by a hundred."""
HOUR_SPAN = timedelta(hours=1)
"""Growth and share of voice are of the last hour."""
SURGE_PRIOR = 20.0
"""Mentions mixed into the surge of all films together, which is never below 1."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The test's level."""

    alpha: float
    """Chance of an alarm in one test."""

    @classmethod
    def of(cls, false_alarms_per_film_day: float, slide: timedelta) -> "Rule":
        """The level at which all tests of a day together raise at most so many false alarms a film.

        A day has one test a slide and span; by Boole's inequality the sum of their chances bounds the rate, although
        overlapping windows are anything but independent.
        """
        tests = timedelta(days=1) / slide * len(SPANS)
        return cls(false_alarms_per_film_day / tests)
