"""Champion and challenger in the engine: who leads is decided from the stream, and replays to the same."""

import pickle
from pathlib import Path

import pytest

from contracts.events import Prediction, TrendUpdate
from ml_service.engine import Batch, Engine
from ml_service.errors import VersionError
from ml_service.events import Kind, ModelEvent, Order
from ml_service.messages import version_of
from ml_service.versions import KEPT, Versions
from tests.support.ml import RIVALS, SLIDE, START, regimes

STEADY, QUICK = version_of("steady"), version_of("quick")
ROWS = list(regimes(420))


def run(rows: list[TrendUpdate], engine: Engine) -> Batch:
    batch = Batch()
    for row in rows:
        engine.process(row, batch)
    return batch


def forecasts(batch: Batch) -> list[Prediction]:
    return [row for row in batch.predictions if row.actual is None]


@pytest.fixture(scope="module")
def whole() -> Batch:
    return run(ROWS, Engine(RIVALS))


def first(batch: Batch, kind: Kind) -> ModelEvent:
    return next(event for event in batch.events if event.kind is kind)


def test_a_better_challenger_leads_from_the_next_window_on(whole: Batch) -> None:
    promotion = first(whole, Kind.PROMOTION)
    assert (promotion.champion, promotion.challenger) == (QUICK, STEADY)
    assert float(promotion.evidence["p"]) < 0.01
    assert promotion.value < 1
    leads = {row.made_at: row.model_version for row in forecasts(whole)}
    assert {version for at, version in leads.items() if at <= promotion.at} == {STEADY}
    assert leads[promotion.at + SLIDE] == QUICK


def test_the_engine_keeps_the_evidence_by_which_its_champion_leads(whole: Batch) -> None:
    changes = [event for event in whole.events if event.kind in {Kind.PROMOTION, Kind.ROLLBACK}]
    engine = Engine(RIVALS)
    assert engine.led_since is None
    run(ROWS, engine)
    assert pickle.loads(pickle.dumps(engine)).led_since == changes[-1]
    assert changes[-1].champion == engine.champion


def test_the_evidence_is_what_both_said_of_the_same_targets(whole: Batch) -> None:
    promotion = first(whole, Kind.PROMOTION)
    said = {STEADY: [0.0, 0], QUICK: [0.0, 0]}
    actual = {
        (row.movie_id, row.target_window_start): row.actual for row in whole.predictions if row.actual is not None
    }
    for row in [*forecasts(whole), *whole.shadow]:
        came = actual.get((row.movie_id, row.target_window_start))
        if (
            came is not None
            and promotion.evidence["from"] <= row.target_window_end.isoformat() <= promotion.evidence["to"]
        ):
            said[row.model_version][0] += abs(row.predicted - came)
            said[row.model_version][1] += 1
    assert said[STEADY][1] == said[QUICK][1] == int(promotion.evidence["forecasts"])
    assert said[STEADY][0] / said[STEADY][1] == pytest.approx(float(promotion.evidence["champion_mae"]), abs=1e-6)
    assert said[QUICK][0] / said[QUICK][1] == pytest.approx(float(promotion.evidence["challenger_mae"]), abs=1e-6)


def test_an_outcome_repeats_the_forecast_that_was_published_whoever_leads_by_then(whole: Batch) -> None:
    published = {(row.movie_id, row.made_at): row for row in forecasts(whole)}
    outcomes = [row for row in whole.predictions if row.actual is not None]
    assert {row.model_version for row in outcomes} == {STEADY, QUICK}
    for row in outcomes:
        said = published[row.movie_id, row.made_at]
        assert (row.predicted, row.lower, row.upper, row.model_version) == (
            said.predicted, said.lower, said.upper, said.model_version,
        )  # fmt: skip


@pytest.mark.parametrize("cut", [401, 902, 1_234])
def test_an_interrupted_run_decides_the_same(whole: Batch, cut: int) -> None:
    engine = Engine(RIVALS)
    before = run(ROWS[:cut], engine)
    after = run(ROWS[cut:], pickle.loads(pickle.dumps(engine)))
    assert before.predictions + after.predictions == whole.predictions
    assert before.shadow + after.shadow == whole.shadow
    assert before.events + after.events == whole.events


def test_when_the_error_grows_the_challenger_starts_anew(whole: Batch) -> None:
    drift = first(whole, Kind.DRIFT)
    assert 200 < (drift.at - START) / SLIDE < 230  # not before the world changes
    assert drift.value == pytest.approx(float(drift.evidence["error_growth"]), abs=1e-4)
    assert drift.value > 1
    engine = Engine(RIVALS)
    number = next(
        number for number, row in enumerate(ROWS) if Kind.DRIFT in {event.kind for event in run([row], engine).events}
    )
    learner = engine.model.learners[engine.shadow]
    assert learner.scores.life(0) is None
    assert engine.model.scores.life(0) is not None
    later = run(ROWS[number + 1 : number + 41], engine)  # it learns again, from nothing
    assert len(later.shadow) == 40
    assert learner.scores.life(0) is not None


def test_shadow_forecasts_do_not_know_the_future(whole: Batch) -> None:
    cut = 4 * 250
    other = ROWS[:cut] + [row.model_copy(update={"trend_score": 100 - row.trend_score}) for row in ROWS[cut:]]
    changed = run(other, Engine(RIVALS))
    assert changed.shadow[:cut] == whole.shadow[:cut]
    assert changed.predictions[: cut * 2 - 4] == whole.predictions[: cut * 2 - 4]
    assert changed.shadow != whole.shadow


def ordered(digest_of: Engine, versions: Versions, engine: Engine, number: int) -> Order:
    return versions.order(engine, "quick", versions.keep(digest_of, number), "12")


def test_a_rollback_leads_with_the_logged_learner_from_the_next_window_and_replays(
    tmp_path: Path,
) -> None:
    versions, past = Versions(tmp_path), Engine(RIVALS)
    run(ROWS[:160], past)
    live = Engine(RIVALS)
    before = run(ROWS[:202], live)  # in the middle of a window
    order = ordered(past, versions, live, 1)
    live.order(order)
    after = run(ROWS[202:300], pickle.loads(pickle.dumps(live)))
    event = first(after, Kind.ROLLBACK)
    assert (event.champion, event.value) == (QUICK, 12.0)
    assert {row.model_version for row in forecasts(after) if row.made_at < event.at} == {STEADY}
    assert {row.model_version for row in forecasts(after) if row.made_at >= event.at} == {QUICK}
    replayed = Engine(RIVALS)
    replayed.order(order)  # known from the beginning, in force at its time
    again = run(ROWS[:300], replayed)
    assert again.predictions == before.predictions + after.predictions
    assert again.shadow == before.shadow + after.shadow
    usual = run(ROWS[:300], Engine(RIVALS))
    assert forecasts(usual)[-4:] != forecasts(again)[-4:]


def test_a_restored_learner_says_what_it_said_then(tmp_path: Path) -> None:
    """Rolled back at once, the version leads as if it had led all along."""
    versions, engine = Versions(tmp_path), Engine(RIVALS)
    run(ROWS[:400], engine)
    shadow = pickle.loads(pickle.dumps(engine))
    order = ordered(engine, versions, engine, 1)
    engine.order(order)
    led, followed = run(ROWS[400:404], engine), run(ROWS[400:404], shadow)
    assert [row.predicted for row in forecasts(led)] == [row.predicted for row in followed.shadow]


def test_what_cannot_lead_again_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path
    versions, engine = Versions(folder), Engine(RIVALS)
    digest = versions.keep(engine, 0)
    with pytest.raises(VersionError, match="bold"):
        versions.order(engine, "bold", digest, "3")
    with pytest.raises(VersionError, match="not kept"):
        versions.order(engine, "steady", "0" * 64, "3")
    with monkeypatch.context() as upgrade:
        upgrade.setattr("ml_service.versions.code_fingerprint", lambda: "mixture-9:1")
        with pytest.raises(VersionError, match="mixture-9"):
            versions.order(engine, "steady", digest, "3")
    file = folder / f"{digest}.learner"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(VersionError, match="damaged"):
        versions.order(engine, "steady", digest, "3")


def test_only_the_newest_learners_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, engine = tmp_path, Engine(RIVALS)
    monkeypatch.setattr("ml_service.versions.KEPT", 3)
    digests = []
    for number in range(5):
        run(ROWS[8 * number : 8 * number + 8], engine)
        digests.append(Versions(folder).keep(engine, 0))
    assert {path.stem for path in folder.iterdir()} == set(digests[-3:])
    assert KEPT > 24


def test_the_last_learner_of_each_of_the_newest_leads_is_never_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions, engine = Versions(tmp_path), Engine(RIVALS)
    monkeypatch.setattr("ml_service.versions.KEPT", 1)
    monkeypatch.setattr("ml_service.versions.LEADS", 2)
    digests = []
    for number, lineage in enumerate((0, 1, 1, 2, 2, 2)):
        run(ROWS[8 * number : 8 * number + 8], engine)
        digests.append(versions.keep(engine, 0))
        versions.spare(lineage, digests[-1])
    digests.append(versions.keep(engine, 1))
    assert {path.stem for path in tmp_path.glob("*.learner")} == {digests[2], digests[5], digests[6]}
    assert versions.order(engine, "steady", digests[2], "3").version == "3"
