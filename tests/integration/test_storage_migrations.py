"""The schema is applied once, in order, whoever asks and however often."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cassandra.cluster import Session

from configs.settings import ROOT, Settings
from contracts.errors import ConfigurationError, DependencyError
from local.nodes.cassandra import CassandraNode
from storage.connection import connect
from storage.migrations import load, migrate, pending
from storage.store import Store
from tests.support.cassandra import settings_for

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(cassandra_node: CassandraNode) -> Settings:
    return settings_for(cassandra_node)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    opened = connect(settings, 30)
    yield opened
    opened.execute(f"DROP KEYSPACE IF EXISTS {settings.cassandra_keyspace}")
    opened.cluster.shutdown()


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A small schema of one table that a test may change."""
    (tmp_path / "001_first.cql").write_text("CREATE TABLE IF NOT EXISTS first (id int PRIMARY KEY); -- one; table\n")
    return tmp_path


def init(settings: Settings) -> subprocess.CompletedProcess[str]:
    """`python -m storage.init_cassandra` as a user runs it."""
    own = {
        "CASSANDRA_PORT": str(settings.cassandra_port),
        "CASSANDRA_KEYSPACE": settings.cassandra_keyspace,
        "STARTUP_DEADLINE": str(settings.startup_deadline),
    }
    return subprocess.run(
        [sys.executable, "-m", "storage.init_cassandra"],
        cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_command_creates_everything_and_can_be_run_again(settings: Settings, session: Session) -> None:
    assert pending(session, settings.cassandra_keyspace) == [migration.name for migration in load()]
    first, second = init(settings), init(settings)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert '"applied": []' in second.stderr
    assert pending(session, settings.cassandra_keyspace) == []
    Store.open(settings).close()


def test_four_runs_at_once_apply_each_file_once(settings: Settings) -> None:
    def run(_: int) -> list[str]:
        session = connect(settings, 30)
        try:
            return migrate(session, settings)
        finally:
            session.cluster.shutdown()

    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(run, range(4)) for name in names]
    assert applied == [migration.name for migration in load()]


def test_a_new_file_is_applied_after_the_old_ones(settings: Settings, session: Session, schema: Path) -> None:
    assert migrate(session, settings, schema) == ["001_first.cql"]
    (schema / "002_second.cql").write_text("ALTER TABLE first ADD IF NOT EXISTS name text;")
    assert migrate(session, settings, schema) == ["002_second.cql"]
    session.execute("INSERT INTO first (id, name) VALUES (1, 'x')")


def test_a_changed_file_is_refused_with_what_to_do(settings: Settings, session: Session, schema: Path) -> None:
    migrate(session, settings, schema)
    (schema / "001_first.cql").write_text("CREATE TABLE IF NOT EXISTS other (id int PRIMARY KEY);")
    (schema / "002_second.cql").write_text("CREATE TABLE IF NOT EXISTS second (id int PRIMARY KEY);")
    with pytest.raises(ConfigurationError, match=r"001_first\.cql .* put the change in a new file"):
        migrate(session, settings, schema)
    assert pending(session, settings.cassandra_keyspace, schema) == ["002_second.cql"], "nothing was applied"


def test_a_run_that_failed_in_a_file_is_finished_by_the_next(
    settings: Settings, session: Session, schema: Path
) -> None:
    good = "CREATE TABLE IF NOT EXISTS second (id int PRIMARY KEY);\n"
    (schema / "002_second.cql").write_text(good + "CREATE TABLE third (id int);")
    with pytest.raises(DependencyError, match="refused"):
        migrate(session, settings, schema)
    assert pending(session, settings.cassandra_keyspace, schema) == ["002_second.cql"]
    (schema / "002_second.cql").write_text(good)
    assert migrate(session, settings, schema) == ["002_second.cql"], "the failed run has let the lock go"


def test_a_lock_that_stays_is_an_error_with_a_deadline(settings: Settings, session: Session, schema: Path) -> None:
    migrate(session, settings, schema)
    session.execute("INSERT INTO schema_lock (id, holder) VALUES (1, uuid()) IF NOT EXISTS USING TTL 5")
    hasty = settings.model_copy(update={"startup_deadline": 1})
    with pytest.raises(DependencyError, match="held the lock for 1 s"):
        migrate(session, hasty, schema)
    assert migrate(session, settings, schema) == [], "a dead holder's lock ends by itself"


def test_a_store_waits_for_the_schema(settings: Settings, session: Session) -> None:
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(Store.open, settings)
        migrate(session, settings)
        opening.result(60).close()


def test_a_store_without_schema_says_which_command_makes_it(settings: Settings) -> None:
    with pytest.raises(DependencyError, match=r"python -m storage\.init_cassandra"):
        Store.open(settings.model_copy(update={"startup_deadline": 1}))


def test_a_keyspace_that_is_no_name_is_refused(settings: Settings, session: Session) -> None:
    odd = settings.model_copy(update={"cassandra_keyspace": "a; DROP KEYSPACE system"})
    with pytest.raises(ConfigurationError, match="CASSANDRA_KEYSPACE"):
        migrate(session, odd)
