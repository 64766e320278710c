"""The schema as numbered .cql files, each applied once, in order, and remembered with its checksum.

Two runs at once are safe: one holds a lock row (a compare-and-set), the other waits for it. Every statement says
IF NOT EXISTS as well, so a run that died in the middle of a file is simply run again.
"""

import hashlib
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cassandra import InvalidRequest
from cassandra.cluster import Session

from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import ConfigurationError, DependencyError
from storage.connection import retried

SCHEMA = Path(__file__).parent / "schema"
_FILE_NAME = re.compile(r"(\d{3})_[a-z0-9_]+\.cql")
_KEYSPACE_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_COMMENT = re.compile(r"--[^\n]*")
_LOCK_SECONDS = 120
"""A lock whose holder died ends by itself after this time; a whole run takes a few seconds."""
_LOCK_POLL_SECONDS = 0.5

log = get_logger("storage.migrations")


@dataclass(frozen=True, slots=True)
class Migration:
    """One .cql file."""

    version: int
    name: str
    checksum: str
    """SHA-256 of the file's text."""
    statements: tuple[str, ...]


def load(folder: Path = SCHEMA) -> list[Migration]:
    """The migrations of a folder in order.

    Raises:
        ConfigurationError: a file is not named like `001_what.cql`, or a number is missing or there twice.
    """
    found = [_read(path) for path in sorted(folder.glob("*.cql"))]
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise ConfigurationError(f"the migrations in {folder} are not numbered 1, 2, 3, ... without gap or repetition")
    return found


def _read(path: Path) -> Migration:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise ConfigurationError(f"{path}: a migration is named like 001_what_it_does.cql")
    text = path.read_text(encoding="utf-8")
    statements = (part.strip() for part in _COMMENT.sub("", text).split(";"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Migration(int(match[1]), path.name, digest, tuple(part for part in statements if part))


def migrate(session: Session, settings: Settings, folder: Path = SCHEMA) -> list[str]:
    """Bring the keyspace up to date.

    Returns:
        The names of the files applied by this run.

    Raises:
        ConfigurationError: a file that was applied has changed since, or the keyspace's name is no CQL name.
        DependencyError: Cassandra went away, or another run held the lock past the deadline.
    """
    migrations = load(folder)
    _prepare_keyspace(session, settings)
    with _lock(session, settings.startup_deadline):
        applied = _applied(session)
        _refuse_changes(migrations, applied)
        new = [migration for migration in migrations if migration.version not in applied]
        for migration in new:
            _apply(session, migration, settings.startup_deadline)
    return [migration.name for migration in new]


def pending(session: Session, keyspace: str, folder: Path = SCHEMA) -> list[str]:
    """The files of this version of the code that a keyspace, which may not exist, does not have yet."""
    try:
        done = _applied(session, f"{keyspace}.schema_migrations")
    except InvalidRequest:  # no such keyspace or table; listing them instead would see one before it can be read
        done = {}
    return [migration.name for migration in load(folder) if migration.version not in done]


def keyspace_of(settings: Settings) -> str:
    """The keyspace's name, checked: it is written into statements.

    Raises:
        ConfigurationError: it is no plain CQL name.
    """
    if not _KEYSPACE_NAME.fullmatch(settings.cassandra_keyspace):
        raise ConfigurationError(
            "CASSANDRA_KEYSPACE: lower-case letters, digits and _, starting with a letter, 48 at the most"
        )
    return settings.cassandra_keyspace


def _prepare_keyspace(session: Session, settings: Settings) -> None:
    keyspace = keyspace_of(settings)
    _run(
        session,
        f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = "
        f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {settings.cassandra_replication}}}",
        settings.startup_deadline,
    )
    session.set_keyspace(keyspace)
    for statement in (
        "CREATE TABLE IF NOT EXISTS schema_migrations "
        "(version int PRIMARY KEY, name text, checksum text, applied_at timestamp)",
        "CREATE TABLE IF NOT EXISTS schema_lock (id int PRIMARY KEY, holder uuid)",
    ):
        _run(session, statement, settings.startup_deadline)


def _applied(session: Session, table: str = "schema_migrations") -> dict[int, tuple[str, str]]:
    """(name, checksum) of each migration done, by version."""
    rows = session.execute(f"SELECT version, name, checksum FROM {table}")  # noqa: S608 - a checked name
    return {row["version"]: (row["name"], row["checksum"]) for row in rows}


def _refuse_changes(migrations: list[Migration], applied: dict[int, tuple[str, str]]) -> None:
    for migration in migrations:
        name, checksum = applied.get(migration.version, (migration.name, migration.checksum))
        if (name, checksum) != (migration.name, migration.checksum):
            raise ConfigurationError(
                f"{migration.name} is not the file that was applied as migration {migration.version} ({name}): "
                "an applied migration never changes. Restore it and put the change in a new file with the next number"
            )


def _apply(session: Session, migration: Migration, deadline: float) -> None:
    for statement in migration.statements:
        _run(session, statement, deadline)
    session.execute(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (%s, %s, %s, toTimestamp(now()))",
        (migration.version, migration.name, migration.checksum),
    )
    log.info("migration_applied", migration=migration.name, statements=len(migration.statements))


def _run(session: Session, statement: str, deadline: float) -> None:
    retried(lambda: session.execute(statement), deadline, "Cassandra did not take a schema change")


@contextmanager
def _lock(session: Session, deadline: float) -> Iterator[None]:
    holder = uuid.uuid4()
    waited_since = time.monotonic()
    while not _take(session, holder):
        if time.monotonic() - waited_since > deadline:
            raise DependencyError(
                f"another run of the migrations has held the lock for {deadline:.0f} s; "
                f"if it died, the lock ends by itself within {_LOCK_SECONDS} s: try again then"
            )
        time.sleep(_LOCK_POLL_SECONDS)
    try:
        yield
    finally:
        session.execute("DELETE FROM schema_lock WHERE id = 1 IF holder = %s", (holder,))


def _take(session: Session, holder: uuid.UUID) -> bool:
    insert = f"INSERT INTO schema_lock (id, holder) VALUES (1, %s) IF NOT EXISTS USING TTL {_LOCK_SECONDS}"  # noqa: S608
    return bool(session.execute(insert, (holder,)).was_applied)
