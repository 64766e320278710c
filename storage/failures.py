"""Which of the driver's errors a repetition can mend, and how to say an error in one line."""

from cassandra import (
    AuthenticationFailed,
    DriverException,
    RequestValidationException,
    UnsupportedOperation,
)
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionBusy, ConnectionException
from cassandra.protocol import ErrorMessage
from cassandra.protocol import RequestValidationException as ServerValidation

_FINAL = (RequestValidationException, ServerValidation, AuthenticationFailed, UnsupportedOperation)
"""The request itself is wrong (no such table, a bad type, no right): Cassandra will say so again."""
_TRANSIENT = (NoHostAvailable, DriverException, ConnectionException, ConnectionBusy, ErrorMessage, OSError)
"""Timeouts, overload, a node or all nodes away. Every statement here is an upsert with its own timestamp,
so one that did reach the server before its answer got lost may be sent again."""
_LONGEST_SUMMARY = 300


def is_refused(error: BaseException) -> bool:
    """True when Cassandra answered that the request itself is wrong."""
    causes = list(error.errors.values()) if isinstance(error, NoHostAvailable) and error.errors else [error]
    return any(isinstance(cause, _FINAL) for cause in causes)


def is_transient(error: BaseException) -> bool:
    """True when the same request may succeed later."""
    return isinstance(error, _TRANSIENT) and not is_refused(error)


def summary(error: BaseException) -> str:
    """The error in one line of bounded length."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:_LONGEST_SUMMARY]
