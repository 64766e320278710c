"""The table `mentions`: example comments that explain a trend."""

from collections.abc import Iterable

from storage.codec import columns_of, from_row, to_micros, values_of
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
            f"SELECT {', '.join(_COLUMNS)} FROM {{ks}}.mentions WHERE movie_id = ? LIMIT ?"  # noqa: S608
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

    def latest(self, movie_id: int, limit: int = 20) -> list[MentionExample]:
        """A film's newest examples, newest first.

        Raises:
            DependencyError: Cassandra did not answer.
        """
        return [MentionExample(**from_row(row)) for row in self._database.read(self._latest, [movie_id, limit])]
