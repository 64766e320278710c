"""What the service tells MLflow: metrics over time, events, and the models, registered."""

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from configs.logging import get_logger
from configs.settings import ROOT, Settings
from ml_service import retention
from ml_service.engine import EngineConfig
from ml_service.events import Kind, ModelEvent
from ml_service.fingerprint import LIBRARIES
from ml_service.items import Answer, Figures, Logged, ModelPackage, Request, Role
from ml_service.mlflow_run import RUNNING, begin, goes_on
from ml_service.package import package_state, table_of
from ml_service.registry import (
    EXPERIMENT,
    REGISTERED_MODEL,
    TAG_ANSWER,
    TAG_CONFIGURATION,
    TAG_LEARNER,
    TAG_LINEAGE,
    TAG_MODEL_VERSION,
    TAG_REQUEST,
    TAG_ROLE,
    Registry,
)

log = get_logger(__name__)

REQUIREMENTS = (*LIBRARIES, "mlflow", "pandas", "pydantic", "pydantic-settings", "structlog")
"""Distributions that the logged code imports, pinned in each model's environment."""
_CODE = ("ml_service", "storage", "contracts", "common", "configs")


def connector(settings: Settings, config: EngineConfig) -> Callable[[], "MlflowBackend"]:
    """What the tracker calls, in its own thread, until it answers; after an outage it goes on with the same run."""
    run: str | None = None

    def connect() -> MlflowBackend:
        nonlocal run
        backend = MlflowBackend(settings.mlflow_tracking_uri, config, run)
        run = backend.run_id
        return backend

    return connect


class MlflowBackend:
    """One run. Made and used in one thread."""

    def __init__(self, tracking_uri: str, config: EngineConfig, run: str | None = None) -> None:
        """Go on with the lifetime's `run`, when it has one already that is there still; else begin one."""
        # The client's own patience (7 tries, minutes) would hold up the shutdown; the tracker has its own back-off.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
        import mlflow  # noqa: PLC0415 - takes seconds: only this thread waits for it

        self._mlflow: Any = mlflow
        self._client = mlflow.MlflowClient(tracking_uri=tracking_uri)
        mlflow.set_tracking_uri(tracking_uri)
        mlflow.set_registry_uri(tracking_uri)
        experiment = mlflow.set_experiment(EXPERIMENT)
        going = run if run and goes_on(self._client, run) else None
        self.run_id = going or begin(self._client, experiment.experiment_id, config)
        log.info("mlflow_run", run_id=self.run_id, uri=tracking_uri)

    def figures(self, item: Figures) -> None:
        """Log metrics, whose time and step are event time, and what data the lifetime has read so far."""
        millis = int(item.at.timestamp() * 1000)
        entity = self._mlflow.entities.Metric
        metrics = [entity(name, value, millis, millis // 1000) for name, value in sorted(item.values.items())]
        if metrics:
            self._client.log_batch(self.run_id, metrics=metrics)
        if item.data is not None:
            self._client.set_tag(self.run_id, "data_from", item.data.start.isoformat())
            self._client.set_tag(self.run_id, "data_to", item.data.end.isoformat())

    def model(self, item: ModelPackage) -> None:
        """Log and register both models, each with its example, and delete old ones; nothing is installed for them."""
        for model in item.models:
            number = self._log_model(item, model)
            # Logging takes seconds, in which somebody may ask: moving the alias now would take the request away.
            if model.role is Role.CHAMPION and self.request() is not None:
                log.warning("mlflow_alias_kept", version=number, reason="a rollback waits")
                continue
            self._client.set_registered_model_alias(REGISTERED_MODEL, model.role.value, number)
            log.info("mlflow_model", name=REGISTERED_MODEL, version=number, alias=model.role.value)
        retention.clean(self._client)

    def event(self, item: ModelEvent) -> None:
        """A mark in the run; a promotion moves the aliases and leaves its evidence at the version that leads now."""
        millis = int(item.at.timestamp() * 1000)
        self._client.log_metric(self.run_id, f"event_{item.kind}", item.value, millis, millis // 1000)
        self._client.set_tag(self.run_id, f"last_{item.kind}", json.dumps(item.facts))
        if item.kind is Kind.PROMOTION:
            self._promote(item)

    def answer(self, item: Answer) -> None:
        """Write at the version what became of the request for it; after a refusal the alias is where it was."""
        if item.followed_from is None:
            Registry(self._client).put_back(item.request.version)
        said = f"from {item.followed_from.isoformat()}" if item.followed_from else f"refused: {item.reason}"
        self._tag(item.request.version, {TAG_ANSWER: f"{item.request.requested_at} {said}"})

    def request(self) -> Request | None:
        """A rollback that was asked for and not answered yet."""
        found = self._version_of(Role.CHAMPION)
        if found is None:
            return None
        tags = found.tags
        asked = tags.get(TAG_REQUEST)
        if not asked or tags.get(TAG_ANSWER, "").startswith(asked):
            return None
        return Request(str(found.version), tags.get(TAG_CONFIGURATION, ""), tags.get(TAG_LEARNER, ""), asked)

    def close(self) -> None:
        """End the run."""
        self._client.set_terminated(self.run_id)

    def _promote(self, item: ModelEvent) -> None:
        """Also when it is told again, after a crash or an answer that was lost: by then the aliases have moved."""
        named = [self._version_of(role) for role in (Role.CHALLENGER, Role.CHAMPION)]
        new, old = (_first_of(named, model_version) for model_version in (item.champion, item.challenger))
        if new is None or self.request() is not None:
            return  # none was logged yet: the next model that is logged is the champion's
        self._tag(new.version, _evidence(item))
        self._client.set_registered_model_alias(REGISTERED_MODEL, Role.CHAMPION.value, new.version)
        if old is not None:
            self._client.set_registered_model_alias(REGISTERED_MODEL, Role.CHALLENGER.value, old.version)

    def _version_of(self, role: Role) -> Any:
        try:
            return self._client.get_model_version_by_alias(REGISTERED_MODEL, role.value)
        except self._mlflow.exceptions.MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None  # no such model, or no such alias: nothing was logged yet
            raise

    def _tag(self, version: str, tags: dict[str, str]) -> None:
        for name, value in tags.items():
            self._client.set_model_version_tag(REGISTERED_MODEL, str(version), name, value)

    def _log_model(self, item: ModelPackage, model: Logged) -> str:
        try:
            return self._register(item, model)
        finally:
            # MLflow logs models into an active run alone, and ends that run afterwards.
            self._client.update_run(self.run_id, status=RUNNING)

    def _register(self, item: ModelPackage, model: Logged) -> str:
        mlflow = self._mlflow
        inputs, outputs = table_of(item, model.role)
        with tempfile.TemporaryDirectory() as folder:
            state, evidence = Path(folder) / "engine.pickle", Path(folder) / "scored.json"
            state.write_bytes(package_state(item, model.role))
            evidence.write_text(json.dumps(outputs.to_dict(orient="records")), encoding="utf-8")
            with mlflow.start_run(run_id=self.run_id, log_system_metrics=False):
                info = mlflow.pyfunc.log_model(
                    name=model.role.value,
                    python_model=str(Path(__file__).with_name("replay_model.py")),
                    artifacts={"engine": str(state), "scored": str(evidence)},
                    code_paths=[str(ROOT / package) for package in _CODE],
                    signature=mlflow.models.infer_signature(inputs, outputs),
                    input_example=inputs,
                    pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
                    registered_model_name=REGISTERED_MODEL,
                    metadata={"model_version": model.model_version},
                )
        number = str(info.registered_model_version)
        self._tag(number, {
            TAG_MODEL_VERSION: model.model_version,
            TAG_ROLE: model.role.value,
            TAG_CONFIGURATION: model.configuration,
            TAG_LEARNER: model.learner,
            TAG_LINEAGE: str(item.lineage),
            "data_to": item.at.isoformat() if item.at else "",
            **(_evidence(item.led_since) if model.role is Role.CHAMPION else {}),
        })  # fmt: skip
        return number


def _first_of(versions: Iterable[Any], model_version: str) -> Any:
    return next((one for one in versions if one and one.tags.get(TAG_MODEL_VERSION) == model_version), None)


def _evidence(event: ModelEvent | None) -> dict[str, str]:
    """Tags of a version that leads: the promotion by which it does; none of the first, or of one rolled back to."""
    if event is None or event.kind is not Kind.PROMOTION:
        return {}
    return {f"promotion_{name}": value for name, value in event.facts.items()}
