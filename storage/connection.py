"""Opening a session, with a deadline: services start in any order, so Cassandra may come later than they do."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from cassandra import AuthenticationFailed, ConsistencyLevel, ProtocolVersion
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import ExponentialReconnectionPolicy, RoundRobinPolicy, TokenAwarePolicy
from cassandra.query import dict_factory
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_exponential, wait_random

from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import ConfigurationError, DependencyError
from storage.failures import is_refused, is_transient, summary

REQUEST_SECONDS = 15.0
"""One request's own limit, a little above the 10 s after which the local node gives up by itself."""
_CONNECT_SECONDS = 5.0
_HEARTBEAT_SECONDS = 10
"""An idle connection to a node that vanished is noticed this soon."""
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
"""Back-off between attempts, seconds: quick enough for a hiccup, rare enough for a node that is starting."""

_REFUSED_HINT = "does the schema fit? `python -m storage.init_cassandra` brings it up to date"

Role: TypeAlias = tuple[str, str]
"""Name and password."""

T = TypeVar("T")
log = get_logger("storage")


def _cluster(settings: Settings, request_seconds: float, role: Role | None) -> Cluster:
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(RoundRobinPolicy()),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        request_timeout=request_seconds,
        row_factory=dict_factory,
    )
    return Cluster(
        settings.cassandra_hosts,
        port=settings.cassandra_port,
        protocol_version=ProtocolVersion.V5,  # said outright: else the driver tries its way down, with a warning a step
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        reconnection_policy=ExponentialReconnectionPolicy(0.5, _LONGEST_WAIT),
        connect_timeout=_CONNECT_SECONDS,
        control_connection_timeout=_CONNECT_SECONDS,
        idle_heartbeat_interval=_HEARTBEAT_SECONDS,
        auth_provider=PlainTextAuthProvider(*role) if role else None,
    )


def role_of(settings: Settings) -> Role | None:
    """The configured role; None without `SECURE=1`.

    Raises:
        ConfigurationError: its password is missing.
    """
    if not settings.secure:
        return None
    if settings.cassandra_password is None:
        raise ConfigurationError("SECURE=1 wants CASSANDRA_PASSWORD: set it in .env")
    return settings.cassandra_username, settings.cassandra_password.get_secret_value()


def connect(
    settings: Settings, deadline: float, request_seconds: float = REQUEST_SECONDS, *, role: Role | None = None
) -> Session:
    """A session without keyspace; `session.cluster.shutdown()` ends it.

    Args:
        settings: hosts, port, and the role when `SECURE=1`.
        deadline: seconds to wait for a node.
        request_seconds: how long one request may take.
        role: another than the configured one.

    Raises:
        DependencyError: no node answered within `deadline` seconds, or none knew the role.
        ConfigurationError: `SECURE=1`, and a password is missing.
    """
    known = role or role_of(settings)

    def attempt() -> Session:
        cluster = _cluster(settings, request_seconds, known)
        try:
            return cluster.connect()
        except BaseException:
            cluster.shutdown()
            raise

    where = ", ".join(f"{host}:{settings.cassandra_port}" for host in settings.cassandra_hosts)
    with _quiet_driver():
        return retried(
            attempt,
            deadline,
            f"no Cassandra answered at {where} for {deadline:.0f} s: "
            "is it running, are CASSANDRA_HOSTS and CASSANDRA_PORT right?",
            also=(NoHostAvailable, AuthenticationFailed) if known else (),  # the init step makes the role
        )


def retried(action: Callable[[], T], deadline: float, sentence: str, also: tuple[type[Exception], ...] = ()) -> T:
    """Call `action` until it succeeds; what a repetition cannot mend ends it at once.

    Args:
        action: idempotent.
        deadline: seconds after which no new attempt is made.
        sentence: what to tell people when it never succeeded.
        also: further errors that a repetition may mend.

    Raises:
        DependencyError: the deadline passed, or Cassandra refused the request itself.
    """

    def may_pass(error: BaseException) -> bool:
        return is_transient(error) or isinstance(error, also)

    attempts = Retrying(
        retry=retry_if_exception(may_pass),
        stop=stop_after_delay(deadline),
        wait=wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT) + wait_random(0, _FIRST_WAIT),
        before_sleep=_log_retry,
        reraise=True,
    )
    try:
        return attempts(action)
    except Exception as error:
        if may_pass(error):
            raise DependencyError(f"{sentence} (last error: {summary(error)})") from error
        if is_refused(error):
            raise DependencyError(f"Cassandra refused a request ({summary(error)}): {_REFUSED_HINT}") from error
        raise


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning(
        "cassandra_retry", attempt=state.attempt_number, seconds=round(state.seconds_since_start or 0, 1),
        error=summary(error) if error else None,
    )  # fmt: skip


@contextmanager
def _quiet_driver() -> Iterator[None]:
    """Keep the driver from logging a stack trace for each attempt that `retried` reports in a line of its own."""
    driver = logging.getLogger("cassandra")
    before = driver.level
    driver.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        driver.setLevel(before)
