"""Registered versions that nobody goes back to any more, deleted with their models: two an hour are 120 MB a day."""

from collections.abc import Sequence
from typing import Any

from configs.logging import get_logger
from ml_service.items import Role
from ml_service.registry import REGISTERED_MODEL, TAG_LEARNER, TAG_ROLE, Registry, Version
from ml_service.versions import KEPT, LEADS

log = get_logger(__name__)

_LOGGED_MODEL = "models:/"
"""A version's source is this and its logged model's id; the server gives no other way from one to the other."""
_MOST_AT_ONCE = 50
"""Some seconds of work; a store from before there was retention is clean after some days."""


def expired(versions: Sequence[Version], aliased: set[int]) -> list[Version]:
    """What can go, the oldest first: as many stay as the service keeps learners, and those that an alias names."""
    known = sorted(versions, key=lambda one: one.number)
    led = [one for one in known if one.tags.get(TAG_ROLE) == Role.CHAMPION.value and TAG_LEARNER in one.tags]
    last_of_each_lead = sorted({one.lineage: one.number for one in led}.values())
    stay = aliased | set(last_of_each_lead[-LEADS:])
    return [one for one in known[:-KEPT] if one.number not in stay]


def clean(client: Any) -> None:
    """Delete what is expired, from the registry and from the disk; what fails is tried again after the next model."""
    try:
        registry = Registry(client)
        found = expired(registry.versions(), set(registry.aliases().values()))[:_MOST_AT_ONCE]
        for one in found:
            _delete(client, str(one.number))
    except Exception as error:  # noqa: BLE001 - MLflow's client raises its own and those of three libraries
        log.warning("mlflow_not_cleaned", error=repr(error)[:300])
    else:
        if found:
            log.info("mlflow_cleaned", versions=[one.number for one in found])


def _delete(client: Any, number: str) -> None:
    """The files go first: a version without them is found again, files without a version are not."""
    source = client.get_model_version(REGISTERED_MODEL, number).source
    if source.startswith(_LOGGED_MODEL):
        _delete_model(client, source.removeprefix(_LOGGED_MODEL))
    client.delete_model_version(REGISTERED_MODEL, number)


def _delete_model(client: Any, model_id: str) -> None:
    """Deleting a logged model only marks it; `mlflow gc`, which nobody runs, frees its files in this way."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - takes seconds, see `MlflowBackend`
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository  # noqa: PLC0415

    try:
        place = client.get_logged_model(model_id).artifact_location
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return  # somebody deleted it before
        raise
    get_artifact_repository(place).delete_artifacts()
    client.delete_logged_model(model_id)
