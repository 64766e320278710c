"""A contest promotes the better one, hardly ever an equal one, and its evidence is the textbook's."""

import math
import random

import pytest
from scipy.stats import ttest_1samp  # type: ignore[import-untyped]

from ml_service.duel import LEVEL, Duel, Evidence, Verdict

BLOCK = 10


def contests(count: int, lead: float, *, seed: int = 1, shared: float = 1.0) -> list[Evidence]:
    """Two forecasters with common shocks; the champion's errors are larger by `lead`."""
    rng, duel = random.Random(seed), Duel(BLOCK, blocks=24, fewest_pairs=100)
    found: list[Evidence] = []
    step = 0
    while len(found) < count:
        shock = abs(rng.gauss(5, shared))
        for _ in range(3):
            duel.add(step, shock + lead + abs(rng.gauss(0, 0.5)), shock + abs(rng.gauss(0, 0.5)))
        step += 1
        evidence = duel.close_step(step)
        if evidence is not None:
            found.append(evidence)
    return found


def test_a_better_challenger_is_promoted_though_shocks_are_ten_times_its_lead() -> None:
    assert all(one.verdict is Verdict.PROMOTE for one in contests(10, 0.2, shared=2.0))


def test_an_equal_one_is_promoted_about_as_often_as_the_level_says() -> None:
    found = contests(1_000, 0.0)
    promoted = sum(one.verdict is Verdict.PROMOTE for one in found)
    # Binomial(1000, 0.01): more than 20 happens once in five hundred times.
    assert 1 <= promoted <= 20
    assert not any(one.verdict is Verdict.PROMOTE for one in contests(20, -0.2))


def test_the_evidence_is_a_paired_t_test_of_the_blocks() -> None:
    rng, duel = random.Random(4), Duel(BLOCK, blocks=5, fewest_pairs=1)
    leads, champion, challenger = [], [], []
    for block in range(5):
        first, second = rng.uniform(1, 3), rng.uniform(0, 2)
        for step in (0, 7):
            duel.add(100 + block * BLOCK + step, first, second)
            champion.append(first)
            challenger.append(second)
        leads.append(first - second)
        evidence = duel.close_step(100 + (block + 1) * BLOCK)
        assert (evidence is None) == (block < 4)
    assert evidence is not None
    expected = ttest_1samp(leads, 0, alternative="greater")
    assert evidence.t == pytest.approx(float(expected.statistic))
    assert evidence.p == pytest.approx(float(expected.pvalue))
    assert (evidence.verdict is Verdict.PROMOTE) == (evidence.p < LEVEL)
    assert (evidence.first_step, evidence.last_step, evidence.blocks, evidence.pairs) == (100, 149, 5, 10)
    assert evidence.champion_mae == pytest.approx(sum(champion) / 10)
    assert evidence.challenger_mae == pytest.approx(sum(challenger) / 10)


def test_who_is_worse_over_all_forecasts_is_not_promoted_for_better_ones_in_quiet_blocks() -> None:
    """Each block weighs the same in the test, whatever the number of its forecasts."""
    rng, duel = random.Random(3), Duel(BLOCK, blocks=24, fewest_pairs=100)
    evidence: Evidence | None = None
    for block in range(24):
        busy = block == 12
        for _ in range(5_000 if busy else 5):
            duel.add(block * BLOCK, 2.0 + rng.uniform(0, 0.1), 2.1 if busy else 1.0)
        evidence = duel.close_step((block + 1) * BLOCK)
    assert evidence is not None
    assert evidence.p < LEVEL
    assert evidence.challenger_mae > evidence.champion_mae
    assert evidence.verdict is Verdict.KEEP


def test_a_contest_without_enough_forecasts_goes_on() -> None:
    duel = Duel(BLOCK, blocks=3, fewest_pairs=10)
    for step in range(0, 9 * BLOCK, BLOCK):
        duel.add(step, 2.0, 1.0)
        assert duel.close_step(step + BLOCK) is None
    duel.add(9 * BLOCK, 2.0, 1.0)
    evidence = duel.close_step(10 * BLOCK)
    assert evidence is not None
    assert (evidence.blocks, evidence.pairs) == (10, 10)
    assert evidence.t == 0.0  # leads that are all the same to the last bit are no sample
    assert math.isclose(evidence.p, 0.5)


def test_gaps_are_no_blocks_and_a_restart_forgets() -> None:
    duel = Duel(BLOCK, blocks=2, fewest_pairs=1)
    duel.add(5, 2.0, 1.0)
    duel.add(905, 3.0, 1.0)
    evidence = duel.close_step(910)
    assert evidence is not None
    assert evidence.blocks == 2
    duel.add(915, 2.0, 1.0)
    duel.restart()
    duel.add(925, 2.0, 1.0)
    assert duel.close_step(930) is None
    assert duel.close_step(940) is None
