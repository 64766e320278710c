"""Cassandra's role of this platform: made once, after which the role that every installation has is shut."""

from cassandra.cluster import Session

from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import ConfigurationError, DependencyError
from storage.connection import connect, role_of

log = get_logger("storage.roles")

_FIRST = "cassandra"
"""Name and password of the role that a new Cassandra begins with."""
_KNOWN_SECONDS = 3.0
"""How long one name is tried before the other: the node answers within milliseconds once it serves."""


def ensure_role(settings: Settings) -> None:
    """With `SECURE=1`: make the configured role when it is not there, and take the first role's rights away.

    Raises:
        DependencyError: Cassandra was not there, or knows neither the configured role nor the first one.
        ConfigurationError: the name is no plain one.
    """
    role = role_of(settings)
    if role is None:
        return
    name, password = role
    if not name.isidentifier() or not name.isascii() or name == _FIRST:
        raise ConfigurationError("CASSANDRA_USERNAME: letters, digits and _, and not the name every Cassandra has")
    try:
        connect(settings, _KNOWN_SECONDS).cluster.shutdown()
    except DependencyError:
        first = connect(settings, settings.startup_deadline, role=(_FIRST, _FIRST))
        try:
            _run(first, f"CREATE ROLE IF NOT EXISTS {name} WITH PASSWORD = {_text(password)} AND LOGIN = true "
                        "AND SUPERUSER = true")  # fmt: skip
        finally:
            first.cluster.shutdown()
        log.info("role_made", role=name)
    own = connect(settings, settings.startup_deadline)
    try:
        _run(own, f"ALTER ROLE {_FIRST} WITH SUPERUSER = false AND LOGIN = false")
    finally:
        own.cluster.shutdown()


def _run(session: Session, statement: str) -> None:
    session.execute(statement)


def _text(value: str) -> str:
    """A CQL string; roles are managed by statements that take no bound values."""
    return "'" + value.replace("'", "''") + "'"
