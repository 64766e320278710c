"""The table `breakouts`: films that were suddenly spoken of far more than normal, by the day it began."""

from collections.abc import Iterable
from datetime import datetime

from contracts.events import Breakout
from storage.codec import columns_of, from_cql, from_row, to_micros, values_of
from storage.database import Database

_COLUMNS = columns_of(Breakout)
_SERIES = "breakouts"
"""Its name in `days`."""
_MOST_DAYS = 4_000
"""Days looked back: more than any retention."""


class Breakouts:
    """Breakouts by (day, started_at, film); each is written again as it goes on and when it ends."""

    def __init__(self, database: Database, ttl: int) -> None:
        """Prepare the statements; `ttl` is in seconds, counted from the last write of a breakout."""
        self._database, self._ttl = database, ttl
        self._insert = database.insert("breakouts", ("day", *_COLUMNS))
        self._insert_day = database.insert("days", ("series", "day"))
        self._days = database.prepare(f"SELECT day FROM {{ks}}.days WHERE series = ? LIMIT {_MOST_DAYS}")  # noqa: S608
        names = ", ".join(_COLUMNS)
        self._of_day = database.prepare(f"SELECT {names} FROM {{ks}}.breakouts WHERE day = ?")  # noqa: S608

    def upsert(self, breakouts: Iterable[Breakout]) -> None:
        """Write breakouts; the state as of the later window wins, and an end over what it ended.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        known = list(breakouts)
        rows = [
            (self._insert, [each.started_at.date(), *values_of(each, _COLUMNS), write_timestamp(each), self._ttl])
            for each in known
        ]
        last = {each.started_at.date(): each.started_at for each in known}
        days = [(self._insert_day, [_SERIES, day, to_micros(at), self._ttl]) for day, at in last.items()]
        self._database.write("breakouts", [*rows, *days])

    def latest(self, limit: int = 100, since: datetime | None = None) -> list[Breakout]:
        """The newest breakouts by `started_at`, newest first; with `since`, none that started before it.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        found: list[Breakout] = []
        for row in self._database.read(self._days, [_SERIES]):
            day = from_cql(row["day"])
            if len(found) >= limit or (since is not None and day < since.date()):
                break
            found += [Breakout(**from_row(each)) for each in self._database.read(self._of_day, [row["day"]])]
        return [each for each in found if since is None or each.started_at >= since][:limit]


def write_timestamp(breakout: Breakout) -> int:
    """The Cassandra timestamp, microseconds: grows with the windows taken in, and once more at the end."""
    return to_micros(breakout.last_at) + breakout.total_mentions + (breakout.status == "ended")
