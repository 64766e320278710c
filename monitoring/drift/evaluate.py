"""Evidently's comparison of two tables, and the few numbers that gauges and marks need of it."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitoring.drift.frames import COLUMNS
from monitoring.drift.spans import Spans

if TYPE_CHECKING:
    import pandas as pd

METHOD = "wasserstein"
"""The distance between two distributions in standard deviations of the first. A test's p-value would not do: the rows
of neighbouring windows are nearly the same ones, and with thousands of them any difference is significant."""
THRESHOLD = 0.5
"""Distance from which a column has drifted when the comparison before found that too: a medium effect as Cohen has it.
Hours have their luck, and seldom the same luck twice; what it costs and gains: `python -m benchmarks.drift`."""
LARGE = 0.8
"""Distance that needs no confirmation: a large effect."""
SHARE = 0.4
"""Share of the columns from which the data as a whole have drifted; forecasts or errors alone do that too."""
_FEWEST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Column:
    """One column's distance."""

    score: float
    drifted: bool


def share_of(columns: Mapping[str, Column]) -> float:
    """Share of the columns that have drifted."""
    return sum(column.drifted for column in columns.values()) / len(columns) if columns else 0.0


def have_drifted(columns: Mapping[str, Column]) -> bool:
    """Whether the data have drifted as a whole, or what the model makes of them."""
    alone = any(columns[name].drifted for name in ("predicted", "absolute_error") if name in columns)
    return alone or share_of(columns) >= SHARE


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison."""

    at: datetime
    """End of the newest window that was looked at."""
    reference_from: datetime
    reference_to: datetime
    current_from: datetime
    same_time_of_day: bool
    reference_rows: int
    current_rows: int
    columns: dict[str, Column]

    @property
    def share(self) -> float:
        """Share of the columns that have drifted."""
        return share_of(self.columns)

    @property
    def drifted(self) -> bool:
        """Whether the data have drifted as a whole, or what the model makes of them."""
        return have_drifted(self.columns)

    def to_json(self) -> dict[str, Any]:
        """For the summary file; `from_json` reads it back."""
        values = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in asdict(self).items()}
        return {
            **values,
            "method": METHOD, "threshold": THRESHOLD, "large": LARGE, "share": self.share, "drifted": self.drifted,
        }  # fmt: skip


def from_json(data: dict[str, Any]) -> Result:
    """Read what `to_json` gave."""
    instant = datetime.fromisoformat
    return Result(
        at=instant(data["at"]),
        reference_from=instant(data["reference_from"]),
        reference_to=instant(data["reference_to"]),
        current_from=instant(data["current_from"]),
        same_time_of_day=data["same_time_of_day"],
        reference_rows=data["reference_rows"],
        current_rows=data["current_rows"],
        columns={name: Column(**value) for name, value in data["columns"].items()},
    )


def has_drifted(score: float, before: float | None) -> bool:
    """Whether a column has drifted, from its distance and that of the comparison before, if there was one."""
    return score >= LARGE or (score >= THRESHOLD and before is not None and before >= THRESHOLD)


def compare(
    reference: "pd.DataFrame",
    current: "pd.DataFrame",
    spans: Spans,
    window: tuple[datetime, datetime],
    before: Result | None = None,
) -> tuple[Result, Any]:
    """The result, and Evidently's own report of it; `before` is the comparison before, which may confirm this one.

    Columns that have too few values on a side (errors of forecasts whose outcome is not in yet) are left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own dependencies; they say nothing about the data
        from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415 - takes seconds: one process a comparison
        from evidently.metrics import DriftedColumnsCount, ValueDrift  # noqa: PLC0415

        names = [name for name in COLUMNS if min(reference[name].count(), current[name].count()) >= _FEWEST_VALUES]
        definition = DataDefinition(numerical_columns=names)
        data = [Dataset.from_pandas(table[names], data_definition=definition) for table in (current, reference)]
        whole = DriftedColumnsCount(drift_share=SHARE, num_method=METHOD, num_threshold=THRESHOLD)
        each = [ValueDrift(column=name, method=METHOD, threshold=THRESHOLD) for name in names]
        report = Report([whole, *each])
        snapshot = report.run(*data)
    found = [metric for metric in snapshot.dict()["metrics"] if "column" in metric["config"]]
    scores = {str(metric["config"]["column"]): float(metric["value"]) for metric in found}
    known = {} if before is None else {name: column.score for name, column in before.columns.items()}
    columns = {name: Column(score, has_drifted(score, known.get(name))) for name, score in scores.items()}
    result = Result(
        at=window[1],
        reference_from=spans.reference[0],
        reference_to=spans.reference[-1],
        current_from=window[0],
        same_time_of_day=spans.same_time_of_day,
        reference_rows=len(reference),
        current_rows=len(current),
        columns=columns,
    )
    return result, snapshot
