"""Nothing notices that MLflow is away, and what is logged can be scored again."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.events import TrendUpdate
from ml_service import snapshot
from ml_service.engine import Batch, Engine, WindowClose
from ml_service.events import Kind, ModelEvent
from ml_service.items import Figures, ModelPackage, Role, Span
from ml_service.package import INPUT_COLUMN, package_state, replay, table_of
from ml_service.snapshot import Snapshot, engine_of
from ml_service.tracking import EXAMPLE_UPDATES, Known, Tracker
from ml_service.versions import Versions
from tests.support.ml import CONFIG, RIVALS, SLIDE, START, FakeBackend, regimes, updates

ROWS = [row for row in updates(3, 60) if row.is_final]


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def closes() -> list[WindowClose]:
    batch, engine = Batch(), Engine(CONFIG)
    for row in ROWS:
        engine.process(row, batch)
    return [close for close in batch.closes if close.scores]


def test_figures_reach_the_backend_named_by_horizon_and_not_too_often(
    closes: list[WindowClose], tmp_path: Path
) -> None:
    backend, ticks = FakeBackend(), Ticks()
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=600, monotonic=ticks)
    for close in closes[:10]:
        tracker.figures(close)
        ticks.now += 100
    tracker.close(10)
    assert backend.closed
    assert [item.at for item in backend.logged if isinstance(item, Figures)] == [closes[i].at for i in (0, 3, 6, 9)]
    first = backend.logged[0]
    assert isinstance(first, Figures)
    assert first.values["mae_h1"] == closes[0].scores[1].mae
    assert first.values["challenger_mae_h1"] == closes[0].shadow[1].mae
    assert "mae_persistence_h1" in first.values


def test_the_last_figures_and_the_whole_range_of_the_data_are_told_at_the_end(tmp_path: Path) -> None:
    """A backlog of days may be read between two figures."""
    backend, engine, batch = FakeBackend(), Engine(CONFIG), Batch()
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=600, monotonic=Ticks())
    for row in ROWS:
        known = Known.of(batch)
        engine.process(row, batch)
        tracker.processed(row, batch, known)
        for close in batch.closes[-1:]:
            tracker.figures(close)
    tracker.close(10)
    told = [item for item in backend.logged if isinstance(item, Figures)]
    first = next(close for close in batch.closes if close.scores)
    assert [item.at for item in told] == [first.at, batch.closes[-1].at]
    assert told[0].data == Span(START, first.at + SLIDE), "the row that closed the window is of the next one"
    assert told[-1].data == Span(START, ROWS[-1].window_end)
    assert told[-1].values["mae_h1"] == batch.closes[-1].scores[1].mae


def test_a_lifetime_without_an_outcome_has_the_range_of_its_data(tmp_path: Path) -> None:
    backend = FakeBackend()
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=600, monotonic=Ticks())
    feed(tracker, Engine(CONFIG), ROWS[:2])
    tracker.close(10)
    assert backend.logged == [Figures(ROWS[1].window_end, {}, Span(START, ROWS[1].window_end))]


def feed(tracker: Tracker, engine: Engine, rows: list[TrendUpdate]) -> None:
    for row in rows:
        batch = Batch()
        engine.process(row, batch)
        tracker.processed(row, batch, Known())


def saved(engine: Engine) -> tuple[bytes, Engine]:
    return snapshot.dump(Snapshot(engine, "topic", {0: 1})), engine


def packages(backend: FakeBackend) -> list[ModelPackage]:
    return [item for item in backend.logged if isinstance(item, ModelPackage)]


def test_a_model_is_the_state_and_the_updates_right_after_it(closes: list[WindowClose], tmp_path: Path) -> None:
    backend, ticks, engine = FakeBackend(), Ticks(), Engine(CONFIG)
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=600, monotonic=ticks)
    feed(tracker, engine, ROWS[:90])
    tracker.state_saved(*saved(engine))  # nothing learned that it knows of, and too early
    ticks.now = 130
    tracker.figures(closes[0])
    tracker.state_saved(*saved(engine))
    feed(tracker, engine, ROWS[90:130])
    tracker.state_saved(*saved(engine))  # the next one is due in ten minutes
    feed(tracker, engine, ROWS[130:])
    tracker.close(10)
    (package,) = packages(backend)
    assert package.updates == ROWS[90 : 90 + EXAMPLE_UPDATES]
    assert [model.configuration for model in package.models] == ["steady", "quick"]
    answers = []
    for role in Role:
        inputs, outputs = table_of(package, role)
        rows = [TrendUpdate.decode(text) for text in inputs[INPUT_COLUMN]]
        again = replay(engine_of(b"\n" + package_state(package, role)), rows)
        assert again.equals(outputs)
        assert len(outputs) == EXAMPLE_UPDATES * 2
        answers.append(outputs["predicted"].tolist())
    assert answers[0] != answers[1]
    kept = {path.stem for path in tmp_path.glob("*.learner")}
    assert kept == {model.learner for model in package.models}
    assert Versions(tmp_path)._leads() == {"0": package.models[0].learner}, "the champion's is spared"


def test_a_model_that_changed_during_its_example_is_not_logged(closes: list[WindowClose], tmp_path: Path) -> None:
    backend, ticks, engine = FakeBackend(), Ticks(), Engine(CONFIG)
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=600, monotonic=ticks)
    feed(tracker, engine, ROWS[:60])
    tracker.figures(closes[0])
    ticks.now = 130
    tracker.state_saved(*saved(engine))
    feed(tracker, engine, ROWS[60:65])
    event = ModelEvent(Kind.DRIFT, START, "a", "b", 2.0, {})
    tracker.event(event)
    feed(tracker, engine, ROWS[65:90])
    tracker.state_saved(*saved(engine))  # at once: the one that was given up is due
    feed(tracker, engine, ROWS[90:110])
    tracker.close(10)
    assert [package.updates for package in packages(backend)] == [ROWS[90:110]]
    assert event in backend.logged


def test_a_batch_in_which_the_lead_changes_gives_no_model_with_forecasts_of_both(
    closes: list[WindowClose], tmp_path: Path
) -> None:
    """One poll holds a promotion and more updates than an example has; the service tells events after it."""
    rows, engine = list(regimes(420)), Engine(RIVALS)
    turn = next(
        number
        for number, row in enumerate(rows)
        if any(event.kind is Kind.PROMOTION for event in fed(engine, [row]).events)
    )
    backend, ticks, engine = FakeBackend(), Ticks(), Engine(RIVALS)
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=600, monotonic=ticks)
    fed(engine, rows[: turn - 4])
    tracker.figures(closes[0])
    ticks.now = 130
    tracker.state_saved(*saved(engine))
    batch = Batch()
    for row in rows[turn - 4 : turn + 2 * EXAMPLE_UPDATES]:
        known = Known.of(batch)
        engine.process(row, batch)
        tracker.processed(row, batch, known)
    for event in batch.events:
        tracker.event(event)
    tracker.state_saved(*saved(engine))
    feed(tracker, engine, rows[turn + 2 * EXAMPLE_UPDATES :])
    tracker.close(10)
    (package,) = packages(backend)
    assert [model.configuration for model in package.models] == ["quick", "steady"]
    assert package.led_since == next(event for event in batch.events if event.kind is Kind.PROMOTION)
    for role in Role:
        again = replay(engine_of(b"\n" + package_state(package, role)), package.updates)
        assert again.equals(table_of(package, role)[1])


def fed(engine: Engine, rows: list[TrendUpdate]) -> Batch:
    batch = Batch()
    for row in rows:
        engine.process(row, batch)
    return batch


def test_a_learner_that_the_disk_does_not_take_is_tried_again_later(closes: list[WindowClose], tmp_path: Path) -> None:
    backend, ticks, engine = FakeBackend(), Ticks(), Engine(CONFIG)
    folder = tmp_path / "versions"
    folder.write_text("in the way")  # as a disk that is read-only: no file can be made in it
    tracker = Tracker(lambda: backend, versions=Versions(folder), model_seconds=600, monotonic=ticks)
    feed(tracker, engine, ROWS[:30])
    tracker.figures(closes[0])
    ticks.now = 130
    tracker.state_saved(*saved(engine))
    folder.unlink()
    tracker.state_saved(*saved(engine))  # too early
    assert not folder.exists()
    ticks.now = 251
    tracker.state_saved(*saved(engine))
    feed(tracker, engine, ROWS[30:33])
    tracker.close(10)
    assert [len(package.updates) for package in packages(backend)] == [3]


def test_the_end_hands_over_a_model_that_has_some_updates(closes: list[WindowClose], tmp_path: Path) -> None:
    backend, ticks, engine = FakeBackend(), Ticks(), Engine(CONFIG)
    tracker = Tracker(lambda: backend, versions=Versions(tmp_path), model_seconds=1, monotonic=ticks)
    tracker.figures(closes[0])
    feed(tracker, engine, ROWS[:30])
    ticks.now = 5
    tracker.state_saved(*saved(engine))
    feed(tracker, engine, ROWS[30:33])
    tracker.close(10)
    assert [len(package.updates) for package in packages(backend)] == [3]
    assert packages(backend)[0].updates[0].window_start - START < timedelta(hours=1)
    assert not Path("mlruns").exists()
