"""The reports as artifacts of an MLflow run, one run a UTC day."""

import os
from pathlib import Path
from typing import Any

from configs.logging import get_logger
from monitoring.drift.evaluate import Result

log = get_logger(__name__)

EXPERIMENT = "trendscope-drift"


def keep(tracking_uri: str, name: str, result: Result, files: list[Path]) -> str | None:
    """Log a report's files in a folder of its name; returns the run's id, None when MLflow was away.

    The report is on disk all the same.
    """
    # The client's own patience (7 tries, minutes) would hold up the next comparison.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
    import mlflow  # noqa: PLC0415 - takes seconds

    try:
        client = mlflow.MlflowClient(tracking_uri=tracking_uri)
        run_id = _run(client, f"{result.at:%Y-%m-%d}")
        for path in files:
            client.log_artifact(run_id, str(path), artifact_path=name)
        millis = int(result.at.timestamp() * 1000)
        values = {"share": result.share} | {f"drift_{name}": column.score for name, column in result.columns.items()}
        client.log_batch(
            run_id,
            metrics=[mlflow.entities.Metric(name, value, millis, millis // 1000) for name, value in values.items()],
        )
    except Exception as error:  # noqa: BLE001 - whatever the client raises means the same: not now
        log.warning("mlflow_away", error=repr(error)[:300])
        return None
    return run_id


def _run(client: Any, day: str) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT)
    found = client.search_runs([experiment], f"attributes.run_name = '{day}'", max_results=1)
    run = found[0] if found else client.create_run(experiment, run_name=day)
    return str(run.info.run_id)
