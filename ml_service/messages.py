"""From forecasts to messages of predictions_stream."""

from datetime import datetime, timedelta
from functools import lru_cache

from common.clock import from_millis
from contracts.events import Prediction, TrendUpdate
from ml_service.model.forecaster import MODEL_VERSION, Forecast

_FIELDS = set(Prediction.model_fields) - {"schema_version"}


def version_of(configuration: str) -> str:
    """What the forecasts of a configuration carry as their model version."""
    return f"{MODEL_VERSION}-{configuration}"


class Messages:
    """Makes the messages of one grid of windows."""

    def __init__(self, window: timedelta, slide: timedelta) -> None:
        self._window, self._slide_ms = window, slide // timedelta(milliseconds=1)
        self._per_window = window // slide

    def start(self, step: int) -> datetime:
        """When the window of a step starts."""
        return _instant(step * self._slide_ms)

    def end(self, step: int) -> datetime:
        """When the window of a step ends."""
        return _instant(step * self._slide_ms) + self._window

    def prediction(self, update: TrendUpdate, forecast: Forecast, actual: float | None = None) -> Prediction:
        """The forecast as a message; with its outcome when that is known.

        Every value is of the right type and range by construction, so nothing is validated: pydantic's own
        `model_construct` of six messages a film would take a tenth of all the time. Whoever reads them validates.
        """
        target_start = self.start(forecast.target_step)
        values = {
            "schema_version": 1,
            "movie_id": update.movie_id,
            "title": update.title,
            "made_at": self.end(forecast.made_step),
            "horizon": forecast.horizon // self._per_window,
            "target_window_start": target_start,
            "target_window_end": target_start + self._window,
            "current": forecast.current,
            "predicted": forecast.predicted,
            "lower": forecast.lower,
            "upper": forecast.upper,
            "baselines": forecast.baselines,
            "model_version": version_of(forecast.made_by),
            "actual": actual,
            "error": None if actual is None else forecast.predicted - actual,
        }
        message = Prediction.__new__(Prediction)
        object.__setattr__(message, "__dict__", values)
        object.__setattr__(message, "__pydantic_fields_set__", _FIELDS)
        object.__setattr__(message, "__pydantic_extra__", None)
        object.__setattr__(message, "__pydantic_private__", None)
        return message


@lru_cache(maxsize=4_096)
def _instant(millis: int) -> datetime:
    return from_millis(millis)
