"""The reports as artifacts of an MLflow run, one run a UTC day; the pages of the newest days, all of the JSON."""

import os
from pathlib import Path
from typing import Any

from configs.logging import get_logger
from monitoring.drift.evaluate import Result

log = get_logger(__name__)

EXPERIMENT = "trendscope-drift"
PAGES_DAYS = 2
"""Days whose pages are kept: 4 MB an hour are 100 MB a day, and what a page draws is in its JSON as well."""
_LOOKED_AT = PAGES_DAYS + 7
"""Days that are looked at, so that what an MLflow that was away has missed is made up for."""
_PAGES, _GONE = "pages", "deleted"


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
        experiment = _experiment(client)
        run_id = _run(client, experiment, f"{result.at:%Y-%m-%d}")
        for path in files:
            client.log_artifact(run_id, str(path), artifact_path=name)
        millis = int(result.at.timestamp() * 1000)
        values = {"share": result.share} | {f"drift_{name}": column.score for name, column in result.columns.items()}
        client.log_batch(
            run_id,
            metrics=[mlflow.entities.Metric(name, value, millis, millis // 1000) for name, value in values.items()],
        )
        _end_earlier_days(client, experiment, tracking_uri)
    except Exception as error:  # noqa: BLE001 - whatever the client raises means the same: not now
        log.warning("mlflow_away", error=repr(error)[:300])
        return None
    return run_id


def _experiment(client: Any) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    return str(known.experiment_id if known else client.create_experiment(EXPERIMENT))


def _run(client: Any, experiment: str, day: str) -> str:
    found = client.search_runs([experiment], f"attributes.run_name = '{day}'", max_results=1)
    run = found[0] if found else client.create_run(experiment, run_name=day)
    return str(run.info.run_id)


def _end_earlier_days(client: Any, experiment: str, tracking_uri: str) -> None:
    """End the runs of earlier days, and delete the pages of those before the newest."""
    runs = client.search_runs([experiment], order_by=["attributes.run_name DESC"], max_results=_LOOKED_AT)
    for number, run in enumerate(runs[1:], start=1):
        if run.info.status == "RUNNING":
            client.set_terminated(run.info.run_id)
        if number >= PAGES_DAYS and run.data.tags.get(_PAGES) != _GONE:
            _delete_pages(client, run, tracking_uri)


def _delete_pages(client: Any, run: Any, tracking_uri: str) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: PLC0415 - as above

    place = get_artifact_repository(run.info.artifact_uri, tracking_uri=tracking_uri)
    for report in client.list_artifacts(run.info.run_id):
        for file in client.list_artifacts(run.info.run_id, report.path):
            if file.path.endswith(".html"):
                place.delete_artifacts(file.path)
    client.set_tag(run.info.run_id, _PAGES, _GONE)
