"""The forecaster's figures as the model page shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from configs.settings import Settings
from contracts.events import Prediction
from serving.models import EventKind, Forecast, ModelEvent
from serving.platform_models import HorizonFigures, HorizonSeries, MetricPoint
from serving.state import Figures, Ranking
from storage.store import Store

SERIES_POINTS = 240
"""Four hours of windows that close each minute."""
MOST_EVENTS = 60
"""A contest ends every few hours and drifts are rarer: some days."""
_EVENTS = "events"
"""Stands where a model version does: the forecaster and the drift service write their marks under it, horizon 1."""
_OWN = ("labels", "mae", "rmse", "r2", "skill", "coverage", "width")


def read_figures(
    store: Store, settings: Settings, ranking: Ranking | None, now: datetime, before: Figures | None = None
) -> Figures:
    """The newest figures of the version whose forecasts are the newest; empty ones before the first forecast.

    Args:
        store: where to read.
        settings: the horizons.
        ranking: the newest closed window. Without forecasts, because the forecaster is late or stands still, those of
            the last window that has some count.
        now: the present instant.
        before: what this gave last.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    versions, baselines = _forecaster(store, settings, ranking, before)
    events = _events(store)
    if not versions:
        return Figures(None, (), (), (), events, None, now)
    horizons = tuple(
        _horizon(store, settings, versions[0], horizon, baselines) for horizon in settings.forecast_horizons
    )
    series = tuple(_series(store, versions[0], horizon) for horizon in settings.forecast_horizons)
    as_of = max((figures.as_of for figures in horizons if figures.as_of), default=None)
    return Figures(versions[0], versions, horizons, series, events, as_of, now)


def _forecaster(
    store: Store, settings: Settings, ranking: Ranking | None, before: Figures | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The versions of the newest forecasts, newest first, and the baselines beside them."""
    forecasts: Sequence[Forecast | Prediction]
    forecasts = [film.forecast for film in ranking.films if film.forecast] if ranking else []
    if not forecasts and before is not None and before.versions:
        return before.versions, tuple({name: None for each in before.horizons for name in each.baseline_mae})
    if not forecasts:
        forecasts = store.predictions.latest(min(settings.forecast_horizons))
    versions = tuple(dict.fromkeys(forecast.model_version for forecast in forecasts))
    return versions, tuple(forecasts[0].baselines) if forecasts else ()


def _horizon(
    store: Store, settings: Settings, version: str, horizon: int, baselines: tuple[str, ...]
) -> HorizonFigures:
    latest = {
        name: rows[0]
        for name in (*_OWN, *(f"mae_{baseline}" for baseline in baselines))
        if (rows := store.metrics.series(version, name, horizon, 1))
    }
    own: dict[str, float | None] = {name: latest[name].value if name in latest else None for name in _OWN}
    labels = own.pop("labels")
    return HorizonFigures(
        horizon=horizon,
        ahead_seconds=int(horizon * settings.trend_window_duration.total_seconds()),
        as_of=max((row.at for row in latest.values()), default=None),
        labels=None if labels is None else int(labels),
        baseline_mae={name: latest[f"mae_{name}"].value for name in baselines if f"mae_{name}" in latest},
        **own,
    )


def _events(store: Store) -> tuple[ModelEvent, ...]:
    """What happened to the forecaster, newest first."""
    kinds: tuple[EventKind, ...] = get_args(EventKind)
    found = [
        ModelEvent(kind=kind, at=row.at, value=row.value)
        for kind in kinds
        for row in store.metrics.series(_EVENTS, kind, 1, MOST_EVENTS)
    ]
    return tuple(sorted(found, key=lambda event: event.at, reverse=True)[:MOST_EVENTS])


def _series(store: Store, version: str, horizon: int) -> HorizonSeries:
    def course(metric: str) -> tuple[MetricPoint, ...]:
        rows = store.metrics.series(version, metric, horizon, SERIES_POINTS)
        return tuple(MetricPoint(at=row.at, value=row.value) for row in reversed(rows))

    return HorizonSeries(horizon=horizon, skill=course("skill"), mae=course("mae"))
