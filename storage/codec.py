"""Between the models' values and CQL's.

A Cassandra `timestamp` counts milliseconds: instants are rounded down to them on the way in. Window times and
Reddit's times are whole seconds, so they come back exactly; `fetched_at` and `processed_at` lose their microseconds.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from cassandra.util import Date, OrderedMap, OrderedMapSerializedKey
from pydantic import BaseModel

from common.clock import from_millis, to_millis

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
FAR_PAST = -(2**62)
FAR_FUTURE = 2**62
"""Milliseconds before and after any instant that can be stored: the open ends of a range."""


def to_micros(instant: datetime) -> int:
    """Whole microseconds since the epoch: the unit of `USING TIMESTAMP`.

    Raises:
        ValueError: the instant is naive.
    """
    return to_millis(instant) * 1_000 + instant.microsecond % 1_000


def to_cql(value: Any) -> Any:
    """A model's value as the driver binds it: an instant as milliseconds, a tuple as a list."""
    if isinstance(value, datetime):
        return to_millis(value)
    if isinstance(value, tuple):
        return list(value)
    return value


def from_cql(value: Any) -> Any:
    """A value as the driver returns it, as the models want it."""
    convert = _CONVERSIONS.get(type(value))
    return value if convert is None else convert(value)


_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    datetime: lambda value: value.replace(tzinfo=UTC),
    Date: lambda value: date.fromordinal(_EPOCH_ORDINAL + value.days_from_epoch),
    list: tuple,
    OrderedMap: dict,
    OrderedMapSerializedKey: dict,
}
"""By the driver's exact types: rows have a dozen values each, and this is the hot spot of reading them."""


def from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as keyword arguments of its model."""
    return {name: from_cql(value) for name, value in row.items()}


def columns_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The columns of a table that holds `model`: its fields, except the version of its message form."""
    return tuple(name for name in model.model_fields if name != "schema_version")


def values_of(record: BaseModel, columns: Iterable[str]) -> list[Any]:
    """A record's values in the order of `columns`, ready to bind."""
    return [to_cql(getattr(record, name)) for name in columns]


def stored(instant: datetime) -> datetime:
    """What an instant reads like after a round trip: whole milliseconds."""
    return from_millis(to_millis(instant))
