"""The index of instants writes each one once, and forgets none that was not written."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from contracts.errors import DependencyError
from storage.codec import to_cql
from storage.database import Database
from storage.days import Days
from tests.support.records import NOON


class Recorder:
    """A database that keeps what is written, and fails when told to."""

    def __init__(self) -> None:
        self.writes: list[list[Any]] = []
        self.away = False

    def insert(self, table: str, columns: object) -> str:
        return table

    def prepare(self, cql: str) -> str:
        return cql

    def write(self, table: str, writes: Iterable[tuple[str, list[Any]]]) -> None:
        if self.away:
            raise DependencyError("away")
        self.writes += [[statement, *values] for statement, values in writes]


@pytest.fixture
def database() -> Recorder:
    return Recorder()


@pytest.fixture
def days(database: Recorder) -> Days:
    return Days(cast(Database, database), "windows", "windows", "window_start", ttl=9)


def instants(database: Recorder) -> list[int]:
    return [write[2] for write in database.writes if write[0] == "windows"]


def test_an_instant_and_its_day_are_written_once(database: Recorder, days: Days) -> None:
    later = NOON + timedelta(minutes=1)
    days.add([later, NOON, NOON])
    days.add([NOON, later])
    assert instants(database) == [to_cql(NOON), to_cql(later)]
    assert [write[:3] for write in database.writes if write[0] == "days"] == [["days", "windows", NOON.date()]]
    assert {write[-1] for write in database.writes} == {9}, "each has the TTL"


def test_each_day_of_several_is_noted(database: Recorder, days: Days) -> None:
    days.add([NOON, NOON + timedelta(days=1)])
    assert [write[2] for write in database.writes if write[0] == "days"] == [
        NOON.date(),
        (NOON + timedelta(days=1)).date(),
    ]


def test_what_could_not_be_written_is_written_next_time(database: Recorder, days: Days) -> None:
    database.away = True
    with pytest.raises(DependencyError):
        days.add([NOON])
    database.away = False
    days.add([NOON])
    assert instants(database) == [to_cql(NOON)]


def test_memory_is_bounded_and_the_oldest_is_forgotten_first(
    database: Recorder, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.days._REMEMBERED", 2)
    known: list[datetime] = [NOON + timedelta(minutes=minute) for minute in range(3)]
    for instant in [*known, known[2], known[1], known[0]]:
        days.add([instant])
    assert instants(database) == [to_cql(instant) for instant in [*known, known[0]]]
