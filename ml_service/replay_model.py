"""The MLflow model, logged as code: feeds updates to the saved engine and returns its forecasts.

Input: a table with the column `trend_update`, each a message of trend_stream as JSON. Output: one row a forecast.
Every call starts from the saved state, so the same updates always give the same forecasts.
"""

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from contracts.events import TrendUpdate
from ml_service.package import INPUT_COLUMN, replay


class ReplayModel(PythonModel):
    """Loads `artifacts["engine"]`."""

    def load_context(self, context: Any) -> None:
        """Read the saved engine; it is unpickled anew for every call."""
        self._state = Path(context.artifacts["engine"]).read_bytes()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """Forecasts in the order of the updates."""
        updates = [TrendUpdate.decode(text) for text in model_input[INPUT_COLUMN]]
        return replay(pickle.loads(self._state), updates)  # noqa: S301 - the run's own artifact, as all of MLflow's models


set_model(ReplayModel())
