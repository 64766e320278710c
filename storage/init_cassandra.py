"""`python -m storage.init_cassandra`: create or update the keyspace and its tables; safe to run again."""

import threading

from common.service import run_service
from configs.logging import get_logger
from configs.settings import Settings
from storage.connection import connect
from storage.migrations import migrate
from storage.roles import ensure_role

log = get_logger("init-cassandra")


def main(settings: Settings, _stop: threading.Event) -> None:
    """Wait for Cassandra and apply what is new.

    Raises:
        DependencyError: Cassandra was not there before `startup_deadline`.
        ConfigurationError: an applied migration has changed.
    """
    ensure_role(settings)
    session = connect(settings, settings.startup_deadline)
    try:
        applied = migrate(session, settings)
    finally:
        session.cluster.shutdown()
    log.info("schema_ready", keyspace=settings.cassandra_keyspace, applied=applied)


if __name__ == "__main__":
    run_service("init-cassandra", main)
