"""One comparison from a store to the report, the mark and the artifact."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest

from configs.settings import Settings, load_settings
from contracts.errors import DependencyError
from contracts.events import Prediction, TrendUpdate
from monitoring.drift.comparison import MARK, NotEnoughError, run
from monitoring.drift.evaluate import Result
from monitoring.drift.reports import Reports
from storage.records import ModelMetric
from tests.support.drift import DAY, FILMS, windows
from tests.support.records import NOON, WINDOW

END = NOON + 2 * DAY


class FakeStore:
    """The store's reads over rows in memory; it is its own tables."""

    def __init__(self) -> None:
        self.updates: dict[datetime, list[TrendUpdate]] = {}
        self.made: dict[datetime, list[Prediction]] = {}
        self.marks: list[ModelMetric] = []
        self.takes_marks = True
        self.trends = self.predictions = self.metrics = self

    def add(self, end: datetime, *, loud: float) -> None:
        for row, made in windows(end, loud=loud):
            self.updates.setdefault(row.window_start, []).append(row)
            self.made.setdefault(made.made_at, []).append(made)

    def windows(self, which: date | int) -> list[datetime]:
        starts = sorted(self.updates, reverse=True)
        return starts[:which] if isinstance(which, int) else [start for start in starts if start.date() == which]

    def window(self, window_start: datetime) -> list[TrendUpdate]:
        return self.updates.get(window_start, [])

    def at(self, made_at: datetime, horizon: int) -> list[Prediction]:
        return [row for row in self.made.get(made_at, []) if row.horizon == horizon]

    def upsert(self, rows: Iterable[ModelMetric]) -> None:
        if not self.takes_marks:
            raise DependencyError("Cassandra is away")
        self.marks += rows


Kept = list[tuple[Result, list[str]]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> tuple[FakeStore, Kept]:
    store, kept = FakeStore(), Kept()

    @contextmanager
    def opened(_: Settings) -> Iterator[FakeStore]:
        yield store

    def keep(_: str, name: str, result: Result, files: list[Path]) -> str:
        assert all(path.name.startswith(f"{name}.") for path in files)
        kept.append((result, [path.suffix for path in files]))
        return "run"

    monkeypatch.setattr("monitoring.drift.comparison.Store.open", opened)
    monkeypatch.setattr("monitoring.drift.experiment.keep", keep)
    return store, kept


@pytest.fixture
def compare(tmp_path: Path) -> Callable[[], Result]:
    settings, reports = load_settings(data_dir=tmp_path), Reports(tmp_path / "drift")
    return lambda: run(settings, reports)


def test_without_windows_it_says_what_is_missing(world: tuple[FakeStore, Kept], compare: Callable[[], Result]) -> None:
    store, _ = world
    with pytest.raises(NotEnoughError, match="no windows yet"):
        compare()
    store.add(END, loud=1.0)
    for start in sorted(store.updates)[:10]:
        del store.updates[start]
    with pytest.raises(NotEnoughError, match="11 windows are final"):
        compare()


def test_drift_is_marked_when_it_begins(world: tuple[FakeStore, Kept], compare: Callable[[], Result]) -> None:
    store, kept = world
    for days in (2, 1):
        store.add(END - days * DAY, loud=1.0)
    store.add(END, loud=5.0)
    found = compare()
    assert found.drifted
    assert found.same_time_of_day
    # The newest windows are left alone: not final for sure, or without the outcomes of their forecasts.
    assert found.at == END - 3 * WINDOW
    assert (found.current_rows, found.reference_rows) == (12 * FILMS, 24 * FILMS)
    assert {name for name, column in found.columns.items() if column.drifted} >= {"log_mentions", "absolute_error"}
    compare()
    assert [(mark.metric, mark.at, mark.value) for mark in store.marks] == [(MARK, found.at, found.share)]
    assert [suffixes for _, suffixes in kept] == [[".html", ".json", ".json"]] * 2


def test_a_mark_that_the_store_did_not_take_is_made_by_the_next_comparison(
    world: tuple[FakeStore, Kept], compare: Callable[[], Result]
) -> None:
    store, kept = world
    store.add(END - DAY, loud=1.0)
    store.add(END, loud=5.0)
    store.takes_marks = False
    with pytest.raises(DependencyError):
        compare()
    store.takes_marks = True
    found = compare()
    assert found.drifted
    assert [mark.at for mark in store.marks] == [found.at]
    assert len(kept) == 1


def test_without_drift_nothing_is_marked_and_the_report_is_kept_all_the_same(
    world: tuple[FakeStore, Kept], compare: Callable[[], Result]
) -> None:
    store, kept = world
    for days in (2, 1, 0):
        store.add(END - days * DAY, loud=1.0)
    assert not compare().drifted
    compare()
    assert store.marks == []
    assert [suffixes for _, suffixes in kept] == [[".html", ".json", ".json"]] * 2
