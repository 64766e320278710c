"""The MLflow run of one service lifetime: parameters, metrics over time, and the model, registered."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from configs.logging import get_logger
from configs.settings import ROOT, Settings
from ml_service.engine import EngineConfig
from ml_service.model.features import BASELINES
from ml_service.model.forecaster import EXPERTS, MODEL_VERSION
from ml_service.package import package_state, table_of
from ml_service.tracking import Figures, ModelPackage

log = get_logger(__name__)

EXPERIMENT = "trendscope"
REGISTERED_MODEL = "trendscope-forecaster"
_REQUIREMENTS = ("mlflow", "numpy", "pandas", "pydantic", "pydantic-settings", "river", "structlog")
_CODE = ("ml_service", "storage", "contracts", "common", "configs")


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


def connector(settings: Settings, config: EngineConfig) -> Callable[[], "MlflowBackend"]:
    """What the tracker calls, in its own thread, until it answers."""
    return lambda: MlflowBackend(settings.mlflow_tracking_uri, config)


class MlflowBackend:
    """One run. Made and used in one thread."""

    def __init__(self, tracking_uri: str, config: EngineConfig) -> None:
        # The client's own patience (7 tries, minutes) would hold up the shutdown; the tracker has its own back-off.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
        import mlflow  # noqa: PLC0415 - takes seconds: only this thread waits for it

        self._mlflow: Any = mlflow
        self._client = mlflow.MlflowClient(tracking_uri=tracking_uri)
        mlflow.set_tracking_uri(tracking_uri)
        mlflow.set_registry_uri(tracking_uri)
        experiment = mlflow.set_experiment(EXPERIMENT)
        run = self._client.create_run(experiment.experiment_id, run_name=MODEL_VERSION)
        self.run_id = str(run.info.run_id)
        self._first_at: str | None = None
        for name, value in _parameters(config).items():
            self._client.log_param(self.run_id, name, value)
        log.info("mlflow_run", run_id=self.run_id, uri=tracking_uri)

    def figures(self, item: Figures) -> None:
        """Log metrics; their time and step are event time."""
        millis = int(item.at.timestamp() * 1000)
        entity = self._mlflow.entities.Metric
        metrics = [entity(name, value, millis, millis // 1000) for name, value in sorted(item.values.items())]
        self._client.log_batch(self.run_id, metrics=metrics)
        if self._first_at is None:
            self._first_at = item.at.isoformat()
            self._client.set_tag(self.run_id, "data_from", self._first_at)
        self._client.set_tag(self.run_id, "data_to", item.at.isoformat())

    def model(self, item: ModelPackage) -> None:
        """Log and register the model with its example; nothing is installed or resolved for it."""
        mlflow = self._mlflow
        inputs, outputs = table_of(item)
        with tempfile.TemporaryDirectory() as folder:
            state, evidence = Path(folder) / "engine.pickle", Path(folder) / "scored.json"
            state.write_bytes(package_state(item))
            evidence.write_text(json.dumps(outputs.to_dict(orient="records")), encoding="utf-8")
            with mlflow.start_run(run_id=self.run_id, log_system_metrics=False):
                info = mlflow.pyfunc.log_model(
                    name="forecaster",
                    python_model=str(Path(__file__).with_name("replay_model.py")),
                    artifacts={"engine": str(state), "scored": str(evidence)},
                    code_paths=[str(ROOT / package) for package in _CODE],
                    signature=mlflow.models.infer_signature(inputs, outputs),
                    input_example=inputs,
                    pip_requirements=[f"{name}=={version(name)}" for name in _REQUIREMENTS],
                    registered_model_name=REGISTERED_MODEL,
                    metadata={"model_version": MODEL_VERSION},
                )
        number = str(info.registered_model_version)
        self._client.set_registered_model_alias(REGISTERED_MODEL, "champion", number)
        log.info("mlflow_model", name=REGISTERED_MODEL, version=number)

    def close(self) -> None:
        """End the run."""
        self._client.set_terminated(self.run_id)


def _parameters(config: EngineConfig) -> dict[str, str]:
    return {
        "model_version": MODEL_VERSION,
        "code_version": code_version(),
        "window": str(config.window),
        "slide": str(config.slide),
        "horizons": ",".join(map(str, config.horizons)),
        "coverage": str(config.coverage),
        "experts": ",".join(EXPERTS),
        "baselines": ",".join(BASELINES),
        **{f"version_{name}": version(name) for name in ("river", "numpy", "mlflow")},
    }
