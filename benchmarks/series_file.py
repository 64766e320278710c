"""Reads any CSV of (id, time, value) rows into series on one time grid, and says how it understood the file."""

import csv
import gzip
import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal, TextIO, cast

Missing = Literal["zero", "unknown"]
Aggregate = Literal["sum", "last"]

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_ROUND_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800)
_GZIP = b"\x1f\x8b"
_LARGEST = 1e30
"""The forecaster remembers values with single precision, which ends at 3e38, and adds them up."""
_ONES_OF_COUNTS = 0.15
"""Counts whose zero bins were left out have 1 as a frequent value; ranks of a top ten have each value in a tenth."""


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """Series on a grid: `values[id][step]`, steps counted from the epoch; a missing step is `missing`."""

    step_seconds: int
    missing: Missing
    aggregate: Aggregate
    values: dict[str, dict[int, float]]

    def rows(self) -> Iterator[tuple[int, str, float]]:
        """Every value in order of time, then of id."""
        yield from sorted((step, name, value) for name, points in self.values.items() for step, value in points.items())


def parse_bin(text: str) -> int:
    """Seconds of `10min`, `1h`, `1d`, `30s`.

    Raises:
        ValueError: it is written otherwise.
    """
    found = re.fullmatch(r"(\d+)(s|min|h|d)", text.strip())
    if found is None or int(found[1]) < 1:
        raise ValueError(f"{text!r}: write a bin like 10min, 1h or 1d")
    return int(found[1]) * _UNITS[found[2]]


def parse_time(text: str) -> float:
    """Seconds since the epoch of an ISO date or instant; without a zone it is UTC."""
    instant = datetime.fromisoformat(text.strip())
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def read_series(  # noqa: PLR0913 - one option a column or choice of the command line
    path: Path,
    *,
    id_column: str,
    time_column: str,
    value_column: str,
    bin_seconds: int | None = None,
    missing: Missing | None = None,
    aggregate: Aggregate | None = None,
) -> SeriesFile:
    """Read a CSV, gzipped or not; rows without a number as value are skipped.

    What is not given is found out: the step is the commonest round distance between the file's instants; missing bins
    are zeros, and rows of one bin are summed, when the values are counts whose zeros were left out.

    Raises:
        ValueError: it is no CSV or damaged, a column is missing, a value has no instant, or no row has a value.
        OSError: it cannot be read.
    """
    try:
        points = list(_points(path, id_column, time_column, value_column))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text") from error
    except (csv.Error, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged or no CSV: {error}") from error
    if not points:
        raise ValueError(f"{path}: no row has a number in column {value_column!r}")
    step = bin_seconds or _infer_step([time for _, time, _ in points])
    guess: Missing = "zero" if _zeros_left_out([value for *_, value in points]) else "unknown"
    missing = missing or guess
    aggregate = aggregate or ("sum" if missing == "zero" else "last")
    phase = 0.0 if bin_seconds else _phase([time for _, time, _ in points], step)
    values: dict[str, dict[int, float]] = defaultdict(dict)
    for name, time, value in sorted(points, key=lambda point: point[1]):
        at = int((time - phase) // step)
        values[name][at] = values[name].get(at, 0.0) + value if aggregate == "sum" else value
    return SeriesFile(step, missing, aggregate, dict(values))


def _points(path: Path, *columns: str) -> Iterator[tuple[str, float, float]]:
    with path.open("rb") as file:
        opener = gzip.open if file.read(len(_GZIP)) == _GZIP else open
    with cast(TextIO, opener(path, "rt", encoding="utf-8-sig", newline="")) as lines:
        reader = csv.DictReader(lines)
        absent = [column for column in columns if column not in (reader.fieldnames or ())]
        if absent:
            raise ValueError(f"{path}: no column {absent[0]!r}; there are {', '.join(reader.fieldnames or ())}")
        for row in reader:
            name, time, text = (row[column] or "" for column in columns)
            try:
                value = float(text)
            except ValueError:
                continue
            if not name or not math.isfinite(value):
                continue
            if abs(value) > _LARGEST:
                raise ValueError(f"{path}, line {reader.line_num}: {text} is too large to be reckoned with")
            try:
                yield name, parse_time(time), value
            except ValueError as error:
                raise ValueError(
                    f"{path}, line {reader.line_num}: {time!r} in column {columns[1]!r} is no ISO 8601 instant"
                ) from error


def _infer_step(times: list[float]) -> int:
    instants = sorted(set(times))
    gaps = [after - before for before, after in pairwise(instants)]
    typical = median(gaps) if gaps else 86_400.0
    return min(_ROUND_STEPS, key=lambda step: abs(typical - step))


def _phase(times: list[float], step: int) -> float:
    """Where the bins start, so that polls that come a little early or late each have a bin of their own."""
    return median(time % step for time in times) - step / 2 if len({time % step for time in times}) > 1 else 0.0


def _zeros_left_out(values: list[float]) -> bool:
    whole = all(value >= 1 and value == int(value) for value in values)
    return whole and sum(value == 1 for value in values) >= _ONES_OF_COUNTS * len(values)
