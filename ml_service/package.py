"""A logged model: the shared weights and the films of its example, and the example as tables."""

import pickle

import pandas as pd

from contracts.events import Prediction, TrendUpdate
from ml_service.engine import Batch, Engine
from ml_service.items import ModelPackage, Role
from ml_service.snapshot import engine_of

INPUT_COLUMN = "trend_update"
OUTPUT_COLUMNS = ("movie_id", "made_at", "horizon", "predicted", "lower", "upper")


def package_state(item: ModelPackage, role: Role) -> bytes:
    """The pickled engine with that role's learner in the lead, which decides nothing any more.

    It has only the example's films: any other film starts cold, with all that is learned shared.
    """
    engine = engine_of(item.state)
    engine.keep_only({update.movie_id for update in item.updates})
    engine.decide_nothing()
    if role is Role.CHALLENGER:
        engine.lead_with_challenger()
    return pickle.dumps(engine, protocol=5)


def table_of(item: ModelPackage, role: Role) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Input (one update a row, as JSON) and output (one forecast a row) of the example."""
    inputs = pd.DataFrame({INPUT_COLUMN: [update.encode().decode() for update in item.updates]})
    return inputs, _table(item.forecasts[role])


def replay(engine: Engine, updates: list[TrendUpdate]) -> pd.DataFrame:
    """Forecasts of an engine fed with updates, as the service would make them."""
    batch = Batch()
    for update in updates:
        engine.process(update, batch)
    return _table([prediction for prediction in batch.predictions if prediction.actual is None])


def _table(forecasts: list[Prediction]) -> pd.DataFrame:
    rows = [
        (row.movie_id, row.made_at.isoformat(), row.horizon, row.predicted, row.lower, row.upper) for row in forecasts
    ]
    return pd.DataFrame(rows, columns=list(OUTPUT_COLUMNS))
