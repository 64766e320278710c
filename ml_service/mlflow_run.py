"""The MLflow run of one service lifetime: its beginning, with its parameters, and whether it goes on."""

import json
import os
import subprocess
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from configs.settings import ROOT
from ml_service.engine import CONFIGURATIONS, EngineConfig
from ml_service.fingerprint import LIBRARIES, code_fingerprint
from ml_service.model.configuration import STEADY
from ml_service.model.experts import learned_names
from ml_service.model.features import BASELINES, SIMPLE_EXPERTS
from ml_service.model.forecaster import MODEL_VERSION

RUNNING = "RUNNING"
_TAG_SERVICE = "service"
"""Of a run: who it belongs to."""
_SERVICE = "ml_service"


def code_version() -> str:
    """The commit the code is of, from CODE_VERSION or git; `unknown` where there is neither."""
    given = os.environ.get("CODE_VERSION")
    if given:
        return given
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def begin(client: Any, experiment: str, config: EngineConfig) -> str:
    """A new run's id. A service that was killed could not end its own, which would seem to go on for ever."""
    from mlflow.entities import Param  # noqa: PLC0415 - takes seconds, see `MlflowBackend`

    for run in client.search_runs(
        [experiment], f"attributes.status = '{RUNNING}' and tags.{_TAG_SERVICE} = '{_SERVICE}'"
    ):
        client.set_terminated(run.info.run_id, "KILLED")
    made = client.create_run(experiment, run_name=MODEL_VERSION, tags={_TAG_SERVICE: _SERVICE})
    parameters = [Param(name, value) for name, value in _parameters(config).items()]
    client.log_batch(made.info.run_id, params=parameters)  # at once: what fails half-way leaves half a run
    return str(made.info.run_id)


def goes_on(client: Any, run: str) -> bool:
    """Let a run of this lifetime go on; False when it is not there any more, because somebody has deleted it."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

    try:
        stage = client.get_run(run).info.lifecycle_stage
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    if stage != "active":
        return False
    client.update_run(run, status=RUNNING)
    return True


def _parameters(config: EngineConfig) -> dict[str, str]:
    return {
        "model_version": MODEL_VERSION,
        "code_version": code_version(),
        "code_fingerprint": code_fingerprint(),
        "window": str(config.window),
        "slide": str(config.slide),
        "horizons": ",".join(map(str, config.horizons)),
        "coverage": str(config.coverage),
        **{f"configuration_{one.name}": json.dumps(asdict(one)) for one in CONFIGURATIONS},
        "experts": ",".join((*SIMPLE_EXPERTS, *learned_names(STEADY))),
        "contest_blocks": str(config.contest_blocks),
        "contest_pairs": str(config.contest_pairs),
        "baselines": ",".join(BASELINES),
        **{f"version_{name}": version(name) for name in (*LIBRARIES, "mlflow")},
    }
