"""Values on their way into CQL and back."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from cassandra.cqltypes import DateType, SimpleDateType
from cassandra.util import OrderedMap
from hypothesis import given
from hypothesis import strategies as st

from storage.codec import columns_of, from_cql, from_row, stored, to_cql, to_micros, values_of
from storage.predictions import write_timestamp as prediction_timestamp
from storage.records import ModelMetric
from storage.trends import write_timestamp
from tests.support.records import NOON, WINDOW, metric, prediction, update

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = st.datetimes(
    min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 - bounds
)  # fmt: skip


@given(instants)
def test_an_instant_survives_the_wire_to_the_millisecond(instant: datetime) -> None:
    wire = DateType.serialize(to_cql(instant), 5)
    read = from_cql(DateType.deserialize(wire, 5))
    assert read == stored(instant)
    assert timedelta() <= instant - read < timedelta(milliseconds=1)
    assert read.tzinfo is UTC


@given(instants)
def test_microseconds_are_exact_and_in_order(instant: datetime) -> None:
    assert to_micros(instant) == (instant - EPOCH) // timedelta(microseconds=1)
    assert to_micros(instant + timedelta(microseconds=1)) == to_micros(instant) + 1


def test_an_instant_means_the_same_in_any_zone() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    assert to_cql(east) == to_cql(NOON)
    assert to_micros(east) == to_micros(NOON)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_cql(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@given(st.dates(min_value=date(1850, 1, 1), max_value=date(2200, 1, 1)))
def test_a_date_survives_the_wire(day: date) -> None:
    assert from_cql(SimpleDateType.deserialize(SimpleDateType.serialize(day, 5), 5)) == day


def test_collections_become_what_the_models_want() -> None:
    assert to_cql(("a", "b")) == ["a", "b"]
    assert from_row({"names": ["a"], "by": OrderedMap([("x", 1.0)]), "none": None}) == {
        "names": ("a",),
        "by": {"x": 1.0},
        "none": None,
    }


def test_columns_are_the_fields_without_the_message_version() -> None:
    assert columns_of(ModelMetric) == ("model_version", "metric", "horizon", "at", "value")
    assert values_of(metric(), ("metric", "at")) == ["mae", to_cql(NOON)]
    assert "schema_version" not in columns_of(type(update()))


@given(revision=st.integers(1, 1_000), later=st.integers(1, 1_000))
def test_a_later_revision_has_a_later_write_timestamp(revision: int, later: int) -> None:
    early, late = update(revision=revision), update(revision=revision + later, processed_at=EPOCH)
    assert write_timestamp(early) < write_timestamp(late)
    assert write_timestamp(early) == to_micros(NOON + WINDOW) + revision


def test_an_outcome_is_later_than_its_forecast() -> None:
    assert prediction_timestamp(prediction()) == to_micros(NOON)
    assert prediction_timestamp(prediction(actual=50.0, error=8.5)) == to_micros(NOON + WINDOW)
