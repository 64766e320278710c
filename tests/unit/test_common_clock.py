"""Milliseconds since the epoch, exactly."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import from_millis, system_clock, to_millis

YEAR_1 = -62_135_596_800_000
YEAR_9999 = 253_402_300_799_999


@given(st.integers(YEAR_1, YEAR_9999))
def test_milliseconds_survive(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=-7)))))
def test_an_instant_is_rounded_down(instant: datetime) -> None:
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    assert to_millis(instant) == since // timedelta(milliseconds=1)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_millis(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_the_systems_clock_is_in_utc() -> None:
    assert system_clock().tzinfo is UTC
    assert abs(system_clock() - datetime.now(UTC)) < timedelta(seconds=5)
