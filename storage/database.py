"""Reads and writes as all tables do them: bounded in flight, repeated with back-off, counted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from cassandra.cluster import Session
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement
from prometheus_client import Counter, Histogram

from storage.connection import retried
from storage.failures import is_transient
from storage.pipeline import Request, send_all

_CHUNK = 4_096
"""Rows bound at once: what an endless iterable costs in memory, and the most that is repeated after a failure."""
_ROWS_A_REQUEST = 64
"""Rows of one partition sent together: some 20 KB of trend rows, far below Cassandra's 16 MiB for one mutation."""

ROWS_WRITTEN = Counter("trendscope_cassandra_rows_written_total", "Rows acknowledged by Cassandra", ["table"])
WRITES_REPEATED = Counter("trendscope_cassandra_writes_repeated_total", "Write requests sent again after a failure")
WRITE_SECONDS = Histogram(
    "trendscope_cassandra_write_seconds", "Time of one bulk write, repetitions included",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)  # fmt: skip

T = TypeVar("T")
Upsert = tuple[PreparedStatement, ...]
"""A prepared upsert: one statement a table, all of the same columns."""
Write = tuple[Upsert, Sequence[Any]]
"""An upsert and its values."""


class Database:
    """One session's reads and writes. Safe to use from several threads."""

    def __init__(self, session: Session, keyspace: str, patience: float) -> None:
        """Wrap a session.

        Args:
            session: connected.
            keyspace: holds the tables; a name that `storage.migrations` accepted.
            patience: seconds a read or a write is repeated before it is a `DependencyError`.
        """
        self._session = session
        self._keyspace = keyspace
        self._patience = patience

    def prepare(self, cql: str) -> PreparedStatement:
        """Prepare a statement; `{ks}` in it stands for the keyspace.

        Raises:
            DependencyError: Cassandra is away, or has no such table or column.
        """
        text = cql.replace("{ks}", self._keyspace)
        statement = self._patiently(lambda: self._session.prepare(text), "Cassandra did not prepare a statement")
        statement.is_idempotent = True  # every write names its own timestamp; a read changes nothing
        return statement

    def insert(self, tables: str | Sequence[str], columns: Sequence[str], ttl: bool = True) -> Upsert:
        """Prepare an upsert; its last values: the write timestamp (µs) and, with `ttl`, the TTL (s).

        Args:
            tables: one, or several that hold the same rows under other keys.
            columns: of each of them.
            ttl: whether rows expire.

        Raises:
            DependencyError: see `prepare`.
            ValueError: the tables' columns have different types.
        """
        using = "TIMESTAMP ? AND TTL ?" if ttl else "TIMESTAMP ?"
        marks = ", ".join("?" * len(columns))
        statements = tuple(
            self.prepare(f"INSERT INTO {{ks}}.{table} ({', '.join(columns)}) VALUES ({marks}) USING {using}")  # noqa: S608 - names from the code, values bound
            for table in ([tables] if isinstance(tables, str) else tables)
        )
        types = {tuple(c.type.cql_parameterized_type() for c in one.column_metadata) for one in statements}
        if len(types) > 1:
            raise ValueError(f"the columns of {', '.join(tables)} have different types: a row is bound for all at once")
        return statements

    def write(self, table: str, writes: Iterable[Write]) -> None:
        """Send upserts and wait until each is acknowledged; `table` is their name in metrics and errors.

        Raises:
            DependencyError: one was not acknowledged within the patience, or Cassandra refused it. Some of the rows
                may have been written: the caller repeats all of them.
        """
        for chunk in _chunks(writes):
            with WRITE_SECONDS.time():
                self._write_chunk(table, chunk)
            ROWS_WRITTEN.labels(table).inc(sum(len(upsert) for upsert, _ in chunk))

    def read(self, statement: PreparedStatement, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a query, its pages fetched one by one.

        Raises:
            DependencyError: Cassandra did not answer within the patience, or refused the query.
        """
        return self._patiently(lambda: list(self._session.execute(statement, values)), "Cassandra did not answer")

    def _write_chunk(self, table: str, chunk: list[Write]) -> None:
        pending: Sequence[Request] = _by_partition(chunk)

        def attempt() -> None:
            nonlocal pending
            pending, failures = send_all(self._session, pending)
            if failures:
                WRITES_REPEATED.inc(len(pending))
                raise next((error for error in failures if not is_transient(error)), failures[0])

        self._patiently(attempt, f"Cassandra did not take all rows of {table}")

    def _patiently(self, action: Callable[[], T], sentence: str) -> T:
        return retried(action, self._patience, f"{sentence} within {self._patience:.0f} s")


def _by_partition(writes: list[Write]) -> list[Request]:
    """Put rows of one partition into one request: to Cassandra that is a single mutation, so rows cost a tenth.

    Rows of different partitions never share a request: that would only move the work to a coordinator.
    """
    partitions: dict[tuple[PreparedStatement, bytes], list[BoundStatement]] = {}
    for upsert, values in writes:
        for bound in _bound(upsert, values):
            partitions.setdefault((bound.prepared_statement, bound.routing_key), []).append(bound)
    requests: list[Request] = []
    for rows in partitions.values():
        parts = (rows[start : start + _ROWS_A_REQUEST] for start in range(0, len(rows), _ROWS_A_REQUEST))
        requests += [_together(part) for part in parts]
    return requests


def _bound(upsert: Upsert, values: Sequence[Any]) -> Iterator[BoundStatement]:
    """One statement a table. Binding is the dearest step of a write, so it is done once for all of them."""
    first, *others = upsert
    bound = first.bind(values)
    yield bound
    for statement in others:
        copy = BoundStatement(statement)
        copy.values = bound.values
        yield copy


def _together(rows: list[BoundStatement]) -> Request:
    if len(rows) == 1:
        return rows[0]
    batch = BatchStatement(BatchType.UNLOGGED)
    batch.is_idempotent = True
    for row in rows:
        batch.add(row)
    return batch


def _chunks(writes: Iterable[Write]) -> Iterator[list[Write]]:
    rest = iter(writes)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
