"""Tables of windows, Evidently's distances, reports on disk and pages."""

import json
import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prometheus_client import Gauge

from contracts.events import Prediction, TrendUpdate
from monitoring.drift import telemetry
from monitoring.drift.evaluate import THRESHOLD, Column, Result, compare, from_json, has_drifted
from monitoring.drift.frames import COLUMNS, frame
from monitoring.drift.pages import Pages
from monitoring.drift.reports import KEPT, Reports
from monitoring.drift.spans import Spans
from tests.support.records import NOON, WINDOW, prediction, quiet, update

SPANS = Spans((NOON,), (NOON + WINDOW,), same_time_of_day=True)
PERIOD = (NOON, NOON + WINDOW)


class FakeTables:
    def __init__(self, updates: list[TrendUpdate], predictions: list[Prediction]) -> None:
        self._updates, self._predictions = updates, predictions

    def window(self, window_start: datetime) -> list[TrendUpdate]:
        return [row for row in self._updates if row.window_start == window_start]

    def forecasts(self, made_at: datetime) -> list[Prediction]:
        return [row for row in self._predictions if row.made_at == made_at]


def test_a_row_is_a_film_in_a_final_window_with_its_forecast_and_what_came() -> None:
    updates = [
        update(1, is_final=True), quiet(2, is_final=True), update(3, is_final=False),
        update(1, NOON + WINDOW, is_final=True),
    ]  # fmt: skip
    made = [prediction(1, NOON + WINDOW, actual=60.0, error=-1.5), prediction(2, NOON + WINDOW)]
    table = frame(FakeTables(updates, made), [NOON, NOON + WINDOW, NOON + 2 * WINDOW])
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 3
    first, silent, last = (table.iloc[number] for number in range(3))
    assert first["log_mentions"] == math.log1p(3)
    assert first["thread_share"] == pytest.approx(1 / 3)
    assert (first["error"], first["absolute_error"]) == (-1.5, 1.5)
    assert first["expected_change"] == made[0].predicted - made[0].current
    assert silent[["popularity_part", "sentiment_part", "thread_share", "error"]].isna().all()
    assert silent["interval_width"] == made[1].upper - made[1].lower
    assert last[["predicted", "error"]].isna().all()
    assert frame(FakeTables([], []), [NOON]).empty


def tables(shift: dict[str, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of normal columns; the second one's means are shifted."""
    rng = np.random.default_rng(3)
    reference = pd.DataFrame({name: rng.normal(10, 2, 3_000) for name in COLUMNS})
    current = pd.DataFrame({name: rng.normal(10 + 2 * shift.get(name, 0.0), 2, 900) for name in COLUMNS})
    return reference, current


def test_the_distance_is_the_shift_in_standard_deviations() -> None:
    result, _ = compare(*tables({"log_mentions": 1.0, "error": 0.2}), SPANS, PERIOD)
    assert set(result.columns) == set(COLUMNS)
    assert result.columns["log_mentions"].score == pytest.approx(1.0, abs=0.1)
    assert result.columns["error"].score == pytest.approx(0.2, abs=0.1)
    assert [name for name, column in result.columns.items() if column.drifted] == ["log_mentions"]
    assert result.share == pytest.approx(1 / len(COLUMNS))
    assert not result.drifted
    assert (result.reference_rows, result.current_rows) == (3_000, 900)


@pytest.mark.parametrize(
    ("score", "before", "drifted"),
    [
        (0.8, None, True),
        (0.79, None, False),
        (0.5, 0.5, True),
        (0.5, 0.49, False),
        (0.49, 3.0, False),
        (0.8, 0.0, True),
    ],
)
def test_a_medium_distance_counts_when_it_was_there_before(score: float, before: float | None, drifted: bool) -> None:
    assert has_drifted(score, before) is drifted


def test_the_comparison_before_confirms_column_by_column() -> None:
    given = tables({"absolute_error": 0.65, "error": 0.65})
    alone, _ = compare(*given, SPANS, PERIOD)
    assert not alone.drifted
    again, _ = compare(*given, SPANS, PERIOD, alone)
    assert {name for name, column in again.columns.items() if column.drifted} == {"absolute_error", "error"}
    assert again.drifted
    calm, _ = compare(*tables({"error": 0.65}), SPANS, PERIOD)
    assert not compare(*given, SPANS, PERIOD, calm)[0].drifted  # of the errors' size nothing was known


@pytest.mark.parametrize("name", ["predicted", "absolute_error"])
def test_forecasts_or_errors_alone_are_drift(name: str) -> None:
    assert compare(*tables({name: 1.0}), SPANS, PERIOD)[0].drifted


def test_many_columns_are_drift_together() -> None:
    shifted = dict.fromkeys(("popularity_part", "mentions_part", "sentiment_part", "trend_score", "log_mentions"), 1.0)
    assert compare(*tables(shifted), SPANS, PERIOD)[0].drifted


def test_a_column_without_enough_values_is_left_out() -> None:
    reference, current = tables({})
    current.loc[current.index[30:], ["error", "absolute_error"]] = math.nan
    result, _ = compare(reference, current, SPANS, PERIOD)
    assert set(COLUMNS) - set(result.columns) == {"error", "absolute_error"}


class FakeSnapshot:
    def save_html(self, path: str) -> None:
        Path(path).write_text("<p>plots</p>")

    def save_json(self, path: str) -> None:
        Path(path).write_text("{}")


def result(hour: int = 0, columns: dict[str, float] | None = None) -> Result:
    at = NOON + hour * timedelta(hours=1)
    scores = columns or {"log_mentions": 0.5, "error": 0.1}
    return Result(
        at, NOON, NOON, at, True, 3, 2, {name: Column(score, score >= THRESHOLD) for name, score in scores.items()}
    )


def test_reports_are_kept_whole_the_newest_of_them(tmp_path: Path) -> None:
    reports = Reports(tmp_path / "drift")
    assert reports.latest() is None
    for hour in range(KEPT + 3):
        reports.save(result(hour), FakeSnapshot())
    assert len(reports.names()) == KEPT
    assert len(list((tmp_path / "drift").iterdir())) == 3 * KEPT
    assert reports.latest() == result(KEPT + 2)
    assert reports.names()[0] == "20260302T1400Z"


def test_the_newest_report_of_a_time(tmp_path: Path) -> None:
    reports = Reports(tmp_path)
    for hour in (0, 1, 3):
        reports.save(result(hour), FakeSnapshot())

    def newest(first: int, last: int) -> Result | None:
        return reports.newest(NOON + first * timedelta(hours=1), NOON + last * timedelta(hours=1))

    assert newest(0, 2) == newest(1, 1) == result(1)
    assert newest(0, 9) == result(3)
    assert newest(4, 9) is newest(2, 2) is None


def test_a_summary_comes_back_as_it_was() -> None:
    said = json.loads(json.dumps(result().to_json()))
    assert from_json(said) == result()
    assert (said["share"], said["drifted"], said["threshold"]) == (0.5, True, THRESHOLD)


def text(pages: Callable[[str], Any], path: str) -> str:
    found = pages(path)
    assert found is not None
    return bytes(found[1]).decode()


def test_pages_show_the_newest_report_and_list_the_others(tmp_path: Path) -> None:
    reports = Reports(tmp_path)
    pages = Pages(reports)
    assert "No comparison yet" in text(pages, "/")
    assert "No comparison yet" in text(pages, "/latest")
    assert text(pages, "/latest.json") == "null"
    reports.save(result(), FakeSnapshot())
    assert "<strong>Drift</strong>" in text(pages, "/")
    assert "/reports/20260301T1200Z.html" in text(pages, "/")
    assert text(pages, "/latest") == text(pages, "/reports/20260301T1200Z.html") == "<p>plots</p>"
    assert json.loads(text(pages, "/latest.json")) == result().to_json()
    reports.save(result(1, {"error": 0.01}), FakeSnapshot())
    assert "<strong>No drift</strong>" in text(pages, "/")


@pytest.mark.parametrize(
    "path", ["/reports/../secret", "/reports/20260301T1200Z.pickle", "/reports/", "/other", "/metrics"]
)
def test_nothing_else_is_served(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    reports = Reports(tmp_path / "drift")
    reports.save(result(), FakeSnapshot())
    assert Pages(reports)(path) is None


def shown(gauge: Gauge) -> dict[str, float]:
    return {sample.labels["column"]: sample.value for family in gauge.collect() for sample in family.samples}


def test_gauges_have_a_label_a_column_and_nothing_more() -> None:
    rng = random.Random(1)
    scores = {name: rng.random() for name in COLUMNS}
    telemetry.show(result(0, scores))
    assert shown(telemetry.SCORE) == scores
    assert shown(telemetry.DRIFTED) == {name: score >= THRESHOLD for name, score in scores.items()}
    telemetry.show(result(2, {"log_mentions": 0.9}))
    # What was not compared this time has no distance: the last one would pass for a new one.
    assert (shown(telemetry.SCORE), shown(telemetry.DRIFTED)) == ({"log_mentions": 0.9}, {"log_mentions": 1.0})
    assert telemetry.AT._value.get() == (NOON + timedelta(hours=2)).timestamp()
