"""What Prometheus is told: by horizon and model version, of the model that leads, and nothing that is not known now."""

from dataclasses import replace

from prometheus_client import Counter, Gauge

from ml_service import telemetry
from ml_service.engine import Batch, Engine
from tests.support.ml import CONFIG, updates

FILMS, WINDOWS = 3, 40
FIGURES = (
    telemetry.MAE, telemetry.RMSE, telemetry.R2, telemetry.SKILL, telemetry.COVERAGE, telemetry.WIDTH,
)  # fmt: skip


def shown(metric: Gauge | Counter) -> dict[tuple[str, ...], float]:
    """Values by labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in metric.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def played() -> tuple[Engine, Batch]:
    engine, batch = Engine(CONFIG), Batch()
    for update in updates(FILMS, WINDOWS):
        engine.process(update, batch)
    return engine, batch


def test_forecasts_and_outcomes_are_counted_by_horizon_and_version() -> None:
    engine, batch = played()
    known = [shown(metric) for metric in (telemetry.PREDICTIONS, telemetry.OUTCOMES)]
    telemetry.show_batch(batch, engine)
    now = [shown(metric) for metric in (telemetry.PREDICTIONS, telemetry.OUTCOMES)]
    for horizon, steps in (("1", 5), ("3", 15)):
        key = (horizon, engine.champion)
        grown = [after[key] - before.get(key, 0.0) for before, after in zip(known, now, strict=True)]
        assert grown == [FILMS * WINDOWS, FILMS * (WINDOWS - steps)]


def test_the_figures_are_the_leading_versions_and_follow_the_lead() -> None:
    engine, _ = played()
    telemetry.show_state(engine)
    for gauge in FIGURES:
        assert shown(gauge).keys() == {("1", engine.champion), ("3", engine.champion)}
    first = shown(telemetry.MAE)
    assert first["1", engine.champion] == engine.scores()[1].mae
    assert shown(telemetry.CHALLENGER_MAE) == {(str(h),): score.mae for h, score in engine.shadow_scores().items()}
    engine.lead_with_challenger()
    telemetry.show_state(engine)
    assert shown(telemetry.MAE) == {(str(h), engine.champion): score.mae for h, score in engine.scores().items()}
    assert not shown(telemetry.MAE).keys() & first.keys()
    roles = {role: version for (version, role), value in shown(telemetry.MODEL).items() if value}
    assert roles == {"champion": engine.champion, "challenger": engine.challenger}


def test_a_figure_that_is_not_known_any_more_is_not_shown() -> None:
    engine, _ = played()
    telemetry.show_state(engine)
    scores = engine.scores()
    telemetry.show_scores(engine.champion, {1: replace(scores[1], r2=None), 3: scores[3]})
    assert shown(telemetry.R2).keys() == {("3", engine.champion)}
    assert len(shown(telemetry.MAE)) == 2
    engine.model.replace(engine.shadow, engine.model.new_learner(engine.shadow), forget_films=True)
    telemetry.show_state(engine)
    assert shown(telemetry.CHALLENGER_MAE) == {}, "the one that was reset has forecast nothing yet"
