"""The figures of a window close as named values: rows of `model_metrics`, and metrics of the MLflow run."""

from collections.abc import Iterable

from ml_service.engine import WindowClose
from ml_service.events import ModelEvent
from ml_service.model.scores import Score
from storage.records import ModelMetric


def named(score: Score) -> dict[str, float]:
    """Every figure of one horizon by name; unknown ones are left out."""
    figures: dict[str, float | None] = {
        "mae": score.mae, "rmse": score.rmse, "r2": score.r2, "skill": score.skill,
        "coverage": score.coverage, "width": score.width, "labels": float(score.labels),
    }  # fmt: skip
    figures |= {f"mae_{name}": value for name, value in score.baseline_mae.items()}
    return {name: value for name, value in figures.items() if value is not None}


EVENTS_VERSION = "events"
"""Stands where a model version does in the rows of events, so that one query finds those of every version."""


def rows(closes: Iterable[WindowClose]) -> list[ModelMetric]:
    """One row a figure, horizon, model version and window close; the same closes give the same rows."""
    return [
        ModelMetric(model_version=version, metric=name, horizon=horizon, at=close.at, value=value)
        for close in closes
        for version, scores in ((close.champion, close.scores), (close.challenger, close.shadow))
        for horizon, score in scores.items()
        for name, value in named(score).items()
    ]


def event_rows(events: Iterable[ModelEvent]) -> list[ModelMetric]:
    """One row an event: a mark for the charts. Events are of a model, not of a horizon: it is 1 in all of them."""
    return [
        ModelMetric(model_version=EVENTS_VERSION, metric=event.kind.value, horizon=1, at=event.at, value=event.value)
        for event in events
    ]
