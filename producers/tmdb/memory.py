"""What the producer keeps on disk: which films it has met, their details, and how far the daily walk has come."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from common.clock import from_millis, to_millis
from configs.logging import get_logger
from contracts.errors import DependencyError

DETAILS_AGE = timedelta(days=7)
"""Alternative titles hardly ever change: a week keeps them fresh at a few requests an hour."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS film (
    movie_id INTEGER PRIMARY KEY,
    detailed_at INTEGER,              -- milliseconds since the epoch; NULL: not yet
    titles TEXT NOT NULL DEFAULT '[]' -- a JSON list
);
CREATE INDEX IF NOT EXISTS film_by_age ON film (detailed_at);
CREATE TABLE IF NOT EXISTS walk (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    started_at INTEGER NOT NULL,
    next_page INTEGER NOT NULL        -- index into the walk's plan
);
CREATE TABLE IF NOT EXISTS genre (id INTEGER PRIMARY KEY, name TEXT NOT NULL, seen_at INTEGER NOT NULL);
"""

log = get_logger(__name__)


class Memory:
    """A small SQLite database; each method is one transaction, on disk when it returns.

    Writing raises `DependencyError` when the disk does not take it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the database. A damaged one is set aside under `.damaged`: all of it can be fetched again.

        Raises:
            DependencyError: the disk does not take it.
        """
        try:
            return cls(_connect(path))
        except sqlite3.OperationalError as error:
            raise DependencyError(f"cannot open {path}: {error}") from error
        except sqlite3.DatabaseError:
            path.replace(path.with_name(path.name + ".damaged"))
            log.error("damaged_file_set_aside", path=str(path))
            return cls(_connect(path))

    @contextmanager
    def _write(self) -> Iterator[None]:
        try:
            with self._db:
                yield
        except sqlite3.Error as error:
            raise DependencyError(f"cannot write the producer's memory: {error}") from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def note(self, movie_ids: Iterable[int]) -> None:
        """Remember films whose details are wanted."""
        with self._write():
            self._db.executemany("INSERT OR IGNORE INTO film (movie_id) VALUES (?)", [(each,) for each in movie_ids])

    def titles(self, movie_id: int) -> tuple[str, ...]:
        """The alternative titles as far as known."""
        row = self._db.execute("SELECT titles FROM film WHERE movie_id = ?", (movie_id,)).fetchone()
        return tuple(json.loads(row[0])) if row else ()

    def save_details(self, movie_id: int, titles: Iterable[str], at: datetime) -> None:
        """Keep a film's alternative titles."""
        with self._write():
            self._db.execute(
                "INSERT INTO film (movie_id, detailed_at, titles) VALUES (?, ?, ?) ON CONFLICT (movie_id) "
                "DO UPDATE SET detailed_at = excluded.detailed_at, titles = excluded.titles",
                (movie_id, to_millis(at), json.dumps(list(titles))),
            )

    def is_due(self, movie_id: int, now: datetime) -> bool:
        """True when this film has no details younger than `DETAILS_AGE`."""
        row = self._db.execute("SELECT detailed_at FROM film WHERE movie_id = ?", (movie_id,)).fetchone()
        return row is None or row[0] is None or row[0] < to_millis(now - DETAILS_AGE)

    def next_due(self, now: datetime) -> int | None:
        """A film without details, else the one with the oldest when they are older than `DETAILS_AGE`."""
        row = self._db.execute(
            "SELECT movie_id FROM film WHERE detailed_at IS NULL OR detailed_at < ? ORDER BY detailed_at LIMIT 1",
            (to_millis(now - DETAILS_AGE),),
        ).fetchone()
        return int(row[0]) if row else None

    def walk(self) -> tuple[datetime, int] | None:
        """When the current or last walk of the wider catalogue began, and its next page; None before the first."""
        row = self._db.execute("SELECT started_at, next_page FROM walk").fetchone()
        return (from_millis(row[0]), int(row[1])) if row else None

    def save_walk(self, started_at: datetime, next_page: int, movie_ids: Iterable[int] = ()) -> None:
        """Move the walk on, together with the films of the page."""
        with self._write():
            self._db.execute(
                "INSERT INTO walk VALUES (1, ?, ?) ON CONFLICT (only_row) "
                "DO UPDATE SET started_at = excluded.started_at, next_page = excluded.next_page",
                (to_millis(started_at), next_page),
            )
            self._db.executemany("INSERT OR IGNORE INTO film (movie_id) VALUES (?)", [(each,) for each in movie_ids])

    def genres(self, now: datetime) -> tuple[dict[int, str], bool]:
        """The genre names by id, and whether they are younger than `DETAILS_AGE`."""
        rows = self._db.execute("SELECT id, name, seen_at FROM genre").fetchall()
        fresh = bool(rows) and min(row[2] for row in rows) >= to_millis(now - DETAILS_AGE)
        return {row[0]: row[1] for row in rows}, fresh

    def save_genres(self, names: dict[int, str], at: datetime) -> None:
        """Replace the genre names."""
        with self._write():
            self._db.execute("DELETE FROM genre")
            rows = [(number, name, to_millis(at)) for number, name in names.items()]
            self._db.executemany("INSERT INTO genre VALUES (?, ?, ?)", rows)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        with closing(connection.cursor()) as cursor:
            cursor.executescript(_SCHEMA)
            _check(cursor)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(cursor: sqlite3.Cursor) -> None:
    """Damage that making the tables does not meet would else end the first read of it, at every start."""
    found = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
