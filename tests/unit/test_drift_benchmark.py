"""The drift benchmark measures what the services do."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import drift_data, drift_online
from benchmarks.drift_online import CALM, CHANGES, adwin, page_hinkley, played
from monitoring.drift.evaluate import compare
from monitoring.drift.frames import COLUMNS
from monitoring.drift.spans import Spans
from tests.support.records import NOON


def test_its_distance_is_evidentlys() -> None:
    rng = np.random.default_rng(2)
    reference = pd.DataFrame({name: rng.exponential(3, 700) for name in COLUMNS})
    current = pd.DataFrame({name: rng.exponential(2 + k / 5, 300) for k, name in enumerate(COLUMNS)})
    result, _ = compare(reference, current, Spans((NOON,), (NOON,), same_time_of_day=True), (NOON, NOON))
    for name, column in result.columns.items():
        assert drift_data.distance(reference[name], current[name]) == pytest.approx(column.score, rel=1e-9)


def test_a_table_that_changes_is_noticed_and_one_that_does_not_is_hardly() -> None:
    change = drift_data.CHANGES["errors twice as large"]
    found = drift_data.verdicts(1, 40, change, 35, same_time=True)
    assert len(found) == 15
    assert sum(one.alarm for one in found[:10]) <= 2
    assert all(one.alarm and "absolute_error" in one.columns for one in found[10:])


def test_what_it_calls_an_alarm_is_the_platforms() -> None:
    rng = np.random.default_rng(4)
    assert set(drift_data.hour(rng, 3, lambda table: table).columns) == set(COLUMNS)
    change = drift_data.CHANGES["sentiment part 10 points lower"]
    found = drift_data.verdicts(2, 40, change, 35, same_time=True)[12:]
    # One column of eleven moves its gauge; it takes two in five, the forecasts or their errors to alert and mark.
    assert all("sentiment_part" in one.columns and not one.alarm for one in found)


def test_the_engine_notices_larger_shocks_and_its_values_are_the_detectors() -> None:
    batch, values = played(CHANGES["shocks twice as large"], 150, seed=1, before=100)
    assert len(values) == 149  # every window but the first has an outcome
    assert np.mean(values[100:]) > 1.5 * np.mean(values[50:99])
    drifts = [event.at for event in batch.events if event.kind.value == "drift"]
    assert drifts
    made = sorted({row.target_window_end for row in batch.predictions if row.actual is not None})
    assert [made.index(at) for at in drifts] == adwin(values)


def test_doing_nothing_promotes_nobody() -> None:
    batch, _ = played(CALM, 120, seed=3, before=120, acting=False)
    assert {event.kind.value for event in batch.events} <= {"drift"}
    assert len({row.model_version for row in batch.predictions}) == 1


def test_page_hinkley_sees_a_jump_upward_alone() -> None:
    rng = np.random.default_rng(5)
    calm, jump = rng.lognormal(0, 0.3, 300), rng.lognormal(1, 0.3, 50)
    found = page_hinkley([*calm, *jump])
    assert found
    assert 300 <= found[0] < 320
    assert page_hinkley([*calm, *(jump / 10)]) == []
    assert drift_online._first_after([5, drift_online._BEFORE + 7]) == 7
    assert drift_online._first_after([3]) is None
