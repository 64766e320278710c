"""The table `mentions`: example comments that explain a trend."""

from collections.abc import Iterable
from datetime import datetime

from storage.codec import FAR_FUTURE, columns_of, from_row, to_cql, to_micros, values_of
from storage.database import Database
from storage.records import MentionExample

_COLUMNS = columns_of(MentionExample)


class Mentions:
    """Comments by the film they mention."""

    def __init__(self, database: Database, ttl: int) -> None:
        """Prepare the statements; `ttl` is in seconds, counted from the write."""
        self._database, self._ttl = database, ttl
        self._insert = database.insert("mentions", _COLUMNS)
        self._latest = database.prepare(
            f"SELECT {', '.join(_COLUMNS)} FROM {{ks}}.mentions WHERE movie_id = ? AND created_utc < ? LIMIT ?"  # noqa: S608
        )

    def upsert(self, examples: Iterable[MentionExample]) -> None:
        """Write examples by (film, comment): the same one again changes nothing.

        Raises:
            DependencyError: Cassandra did not acknowledge every row.
        """
        self._database.write(
            "mentions",
            (
                (self._insert, [*values_of(example, _COLUMNS), to_micros(example.created_utc), self._ttl])
                for example in examples
            ),
        )

    def latest(self, movie_id: int, limit: int = 20, until: datetime | None = None) -> list[MentionExample]:
        """A film's newest examples, newest first; with `until`, of those written before it.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        before = FAR_FUTURE if until is None else to_cql(until)
        return [MentionExample(**from_row(row)) for row in self._database.read(self._latest, [movie_id, before, limit])]
