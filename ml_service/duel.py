"""Champion against challenger: a paired test on the same forecasts, decided from the stream alone.

A contest is `BLOCKS` blocks of time, each as long as the longest horizon, so that forecasts of different blocks hardly
share a future. Of each block: the difference of the two mean absolute errors over all films and horizons. At the end a
one-sided paired t-test of the block differences (Diebold and Mariano, 1995, on non-overlapping blocks) decides, once;
the challenger's error over all forecasts must be the smaller one as well. The next contest begins from nothing: looking
again and again until it fits would promote by luck.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from scipy.stats import t as student  # type: ignore[import-untyped]

BLOCKS = 24
"""With horizons of up to an hour a contest lasts a day, in which every time of day had its say."""
FEWEST_PAIRS = 2_400
"""Paired forecasts a contest needs: a hundred a block; a quiet day decides nothing."""
LEVEL = 0.01
"""A challenger that is no better is promoted in one contest of a hundred, whatever its errors' size."""


class Verdict(StrEnum):
    """What a contest ended with."""

    PROMOTE = "promote"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a contest found; errors are points of TrendScore."""

    verdict: Verdict
    first_step: int
    last_step: int
    blocks: int
    pairs: int
    champion_mae: float
    challenger_mae: float
    t: float
    p: float
    """One-sided: how likely so large a lead is between two that are equally good."""


@dataclass(slots=True)
class _Block:
    number: int
    pairs: int = 0
    champion: float = 0.0
    challenger: float = 0.0


@dataclass(slots=True)
class Duel:
    """Collects paired errors; `close_step` returns the evidence when a contest is over."""

    block_steps: int
    blocks: int = BLOCKS
    fewest_pairs: int = FEWEST_PAIRS
    _done: list[_Block] = field(default_factory=list)
    _open: _Block | None = None
    _first: int = -1

    def add(self, step: int, champion: float, challenger: float) -> None:
        """Two absolute errors of one forecast's two answers, known at a step; steps never go back."""
        number = step // self.block_steps
        if self._first < 0:
            self._first = step
        if self._open is None or number > self._open.number:
            if self._open is not None:
                self._done.append(self._open)
            self._open = _Block(number)
        self._open.pairs += 1
        self._open.champion += champion
        self._open.challenger += challenger

    def close_step(self, step: int) -> Evidence | None:
        """A step is over. None while the contest goes on."""
        if self._open is None or step // self.block_steps <= self._open.number:
            return None
        self._done.append(self._open)
        self._open = None
        pairs = sum(block.pairs for block in self._done)
        if len(self._done) < self.blocks or pairs < self.fewest_pairs:
            return None
        evidence = _weigh(self._done, self._first, step - 1)
        self._done, self._first = [], -1
        return evidence

    def restart(self) -> None:
        """One of the two is another now: what was found so far says nothing about them."""
        self._done, self._open, self._first = [], None, -1


def _weigh(blocks: list[_Block], first_step: int, last_step: int) -> Evidence:
    leads = [(block.champion - block.challenger) / block.pairs for block in blocks]
    pairs, count = sum(block.pairs for block in blocks), len(leads)
    mean = sum(leads) / count
    spread = math.sqrt(sum((lead - mean) ** 2 for lead in leads) / (count - 1) / count)
    t = mean / spread if spread > 0 else 0.0
    p = float(student.sf(t, count - 1))
    champion = sum(block.champion for block in blocks) / pairs
    challenger = sum(block.challenger for block in blocks) / pairs
    return Evidence(
        # Blocks weigh the same in the test; a lead in quiet ones must not hide that most forecasts got worse.
        verdict=Verdict.PROMOTE if p < LEVEL and challenger < champion else Verdict.KEEP,
        first_step=first_step,
        last_step=last_step,
        blocks=count,
        pairs=pairs,
        champion_mae=champion,
        challenger_mae=challenger,
        t=t,
        p=p,
    )
