"""The instants at which a series has rows, found without a clock: series → days → instants, newest first."""

from collections.abc import Iterable
from datetime import date, datetime

from storage.codec import from_cql, to_cql, to_micros
from storage.database import Database

_MOST_DAYS = 4_000
"""Days looked back: more than any retention."""
_REMEMBERED = 4_096
"""Instants known to be in the index, so that a revision of a window does not write it again: some three days."""


class Days:
    """One index: table `days` and a table of instants by day."""

    def __init__(self, database: Database, series: str, table: str, column: str, ttl: int) -> None:
        """Prepare an index.

        Args:
            database: where.
            series: its name in `days`.
            table: partition `day`, clustering `column` descending.
            column: the instant.
            ttl: seconds, as the rows it points at.
        """
        self._database, self._series, self._table, self._ttl = database, series, table, ttl
        self._column = column
        self._written: dict[datetime, None] = {}  # in order of writing
        self._insert_day = database.insert("days", ("series", "day"))
        self._insert = database.insert(table, ("day", column))
        self._days = database.prepare(f"SELECT day FROM {{ks}}.days WHERE series = ? LIMIT {_MOST_DAYS}")  # noqa: S608
        self._instants = database.prepare(f"SELECT {column} FROM {{ks}}.{table} WHERE day = ? LIMIT ?")  # noqa: S608

    def add(self, instants: Iterable[datetime]) -> None:
        """Note instants that have rows; one that this process has added already is not written again.

        So its time to live counts from the first row of an instant, minutes before the last one's.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        distinct = sorted(set(instants) - self._written.keys())
        last_of_day = {instant.date(): instant for instant in distinct}
        self._database.write(
            self._table,
            [
                *((self._insert, [at.date(), to_cql(at), to_micros(at), self._ttl]) for at in distinct),
                *((self._insert_day, [self._series, day, to_micros(at), self._ttl]) for day, at in last_of_day.items()),
            ],
        )
        self._remember(distinct)

    def _remember(self, instants: Iterable[datetime]) -> None:
        self._written |= dict.fromkeys(instants)
        while len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]

    def of_day(self, day: date, limit: int = 2**31 - 1) -> list[datetime]:
        """The instants of one UTC day, newest first."""
        return [from_cql(row[self._column]) for row in self._database.read(self._instants, [day, limit])]

    def latest(self, count: int) -> list[datetime]:
        """The newest `count` instants, newest first."""
        found: list[datetime] = []
        for row in self._database.read(self._days, [self._series]):
            if len(found) >= count:
                break
            found += self.of_day(from_cql(row["day"]), count - len(found))
        return found
