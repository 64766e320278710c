"""The learners of logged versions, kept in the service's own folder, so that a rollback can lead with one again.

MLflow holds the models for everybody to look at; what the service itself unpickles comes from here alone, by the digest
that the registered version names. Whoever can write to the tracking server can thereby choose among what this
service has logged, and nothing else.
"""

import hashlib
import json
import pickle
from pathlib import Path

from configs.logging import get_logger
from ml_service.engine import Engine
from ml_service.errors import VersionError
from ml_service.events import Order
from ml_service.fingerprint import code_fingerprint

log = get_logger(__name__)

KEPT = 60
"""Learners of about half a megabyte each: with two an hour more than a day, and 30 MB."""
LEADS = 11
"""The last learners of the present lead and of ten before it are kept, however old: a rollback goes back to one."""
_SUFFIX = ".learner"
_LEADS_FILE = "leads.json"


class Versions:
    """A folder of pickled learners, each named by its digest; its first line says which code it belongs to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, engine: Engine, number: int) -> str:
        """Write a learner of an engine; returns its digest. The oldest are deleted, but none that `spare` names.

        Raises:
            OSError: the disk does not take it.
        """
        data = code_fingerprint().encode() + b"\n" + pickle.dumps(engine.model.learners[number], protocol=5)
        digest = hashlib.sha256(data).hexdigest()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(f"{digest}{_SUFFIX}", data)
        known = sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        spared = set(self._leads().values())
        for path in known[:-KEPT]:
            if path.stem not in spared:
                path.unlink()
        return digest

    def spare(self, lineage: int, digest: str) -> None:
        """Note the last learner that was logged as champion while `lineage` others had led before it.

        Raises:
            OSError: the disk does not take it.
        """
        known = {name: kept for name, kept in self._leads().items() if name != str(lineage)}
        newest = [*known.items(), (str(lineage), digest)][-LEADS:]
        self._write(_LEADS_FILE, json.dumps(dict(newest)).encode())

    def _leads(self) -> dict[str, str]:
        """Digest by lineage, in the order in which they were noted last."""
        try:
            return dict(json.loads((self._folder / _LEADS_FILE).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return {}

    def _write(self, name: str, data: bytes) -> None:
        part = self._folder / f"{name}.part"
        part.write_bytes(data)
        part.replace(self._folder / name)

    def order(self, engine: Engine, configuration: str, digest: str, version: str) -> Order:
        """An order to lead with a kept learner from the engine's next step on.

        Raises:
            VersionError: it is not kept (any more), damaged, of other code, or of a configuration nobody has.
        """
        names = [one.name for one in engine.model.configurations]
        if configuration not in names:
            raise VersionError(f"version {version} has the configuration {configuration!r}, known are {names}")
        if not digest.isalnum():
            raise VersionError(f"version {version} names no learner")
        try:
            data = (self._folder / f"{digest}{_SUFFIX}").read_bytes()
        except OSError as error:
            raise VersionError(f"version {version}: its learner is not kept here: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise VersionError(f"version {version}: its learner is damaged")
        code, _, learner = data.partition(b"\n")
        if code.decode() != code_fingerprint():
            raise VersionError(f"version {version} was learned by {code.decode()}, this is {code_fingerprint()}")
        return Order(engine.next_step, names.index(configuration), learner, version)
