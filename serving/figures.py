"""The forecaster's figures as the model page shows them."""

from datetime import datetime
from typing import get_args

from configs.settings import Settings
from serving.models import EventKind, ModelEvent
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


def read_figures(store: Store, settings: Settings, ranking: Ranking | None, now: datetime) -> Figures:
    """The newest figures of the version whose forecasts are shown; empty ones before the first forecast.

    Raises:
        DependencyError: Cassandra did not answer.
    """
    forecasts = [film.forecast for film in ranking.films if film.forecast] if ranking else []
    versions = tuple(dict.fromkeys(forecast.model_version for forecast in forecasts))
    events = _events(store)
    if not versions:
        return Figures(None, (), (), (), events, None, now)
    baselines = tuple(forecasts[0].baselines)
    horizons = tuple(
        _horizon(store, settings, versions[0], horizon, baselines) for horizon in settings.forecast_horizons
    )
    series = tuple(_series(store, versions[0], horizon) for horizon in settings.forecast_horizons)
    as_of = max((figures.as_of for figures in horizons if figures.as_of), default=None)
    return Figures(versions[0], versions, horizons, series, events, as_of, now)


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
