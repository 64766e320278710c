"""Whose checkpoint it is: refused before anything is touched when it was made by an incompatible job.

`<data_dir>/checkpoint/job.json` says what the state beside it means; Spark's own files are in `checkpoint/spark`.
"""

import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from common.files import write_atomically
from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import ConfigurationError
from processors.state import STATE_VERSION, WHAT_TO_DO
from processors.windows import WindowRule

log = get_logger("processors.checkpoint")


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """What a checkpoint depends on."""

    job_id: str
    """Made with the checkpoint, and the ledger's key: the batches of another checkpoint are others."""
    state_version: int
    kafka_cluster: str
    """Offsets mean nothing in another cluster."""
    slide: int
    """ms, as the window: panes and windows in the state are numbered by it."""
    panes: int
    buckets: int
    """Spark keeps a checkpoint's number of state partitions, and so does the job."""


class Checkpoint:
    """The folder of the query's progress and state."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "checkpoint"

    @property
    def spark(self) -> Path:
        """Spark's `checkpointLocation`."""
        return self._folder / "spark"

    def claim(self, settings: Settings, kafka_cluster: str) -> JobIdentity:
        """The identity to run with: a new one when there is no checkpoint, else the checkpoint's.

        Raises:
            ConfigurationError: the checkpoint was made by an incompatible job, or for other windows or servers.
        """
        windows = WindowRule.from_settings(settings)
        wanted = JobIdentity(
            job_id=uuid.uuid4().hex,
            state_version=STATE_VERSION,
            kafka_cluster=kafka_cluster,
            slide=windows.slide,
            panes=windows.panes,
            buckets=settings.spark_shuffle_partitions,
        )
        file = self._folder / "job.json"
        if not file.exists():
            if self.spark.exists():
                raise ConfigurationError(f"the checkpoint in {self._folder} has no job.json: {WHAT_TO_DO}")
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(file, orjson.dumps(asdict(wanted)))
            return wanted
        return _compatible(_read(file), wanted)


def _read(file: Path) -> JobIdentity:
    try:
        return JobIdentity(**orjson.loads(file.read_bytes()))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}): {WHAT_TO_DO}") from error


def _compatible(found: JobIdentity, wanted: JobIdentity) -> JobIdentity:
    if found.buckets != wanted.buckets:
        log.warning("buckets_kept", setting="SPARK_SHUFFLE_PARTITIONS", checkpoint=found.buckets, wanted=wanted.buckets)
    adopted = replace(wanted, job_id=found.job_id, buckets=found.buckets)
    different = [
        f"{name} {getattr(found, name)} there, {getattr(adopted, name)} here" for name in _differences(found, adopted)
    ]
    if different:
        raise ConfigurationError(f"the checkpoint belongs to another job ({'; '.join(different)}): {WHAT_TO_DO}")
    return found


def _differences(found: JobIdentity, adopted: JobIdentity) -> list[str]:
    values: dict[str, Any] = asdict(adopted)
    return [name for name, value in asdict(found).items() if values[name] != value]
