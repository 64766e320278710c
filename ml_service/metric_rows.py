"""The figures of a window close as named values: rows of `model_metrics`, and metrics of the MLflow run."""

from collections.abc import Iterable

from ml_service.engine import WindowClose
from ml_service.model.forecaster import MODEL_VERSION
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


def rows(closes: Iterable[WindowClose]) -> list[ModelMetric]:
    """One row a figure, horizon and window close; the same closes give the same rows."""
    return [
        ModelMetric(model_version=MODEL_VERSION, metric=name, horizon=horizon, at=close.at, value=value)
        for close in closes
        for horizon, score in close.scores.items()
        for name, value in named(score).items()
    ]
