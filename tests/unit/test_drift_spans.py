"""Which windows are compared with which."""

from datetime import UTC, datetime, timedelta

from monitoring.drift.spans import FEWEST, choose, days_of

END = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def every_minute(length: timedelta, end: datetime = END) -> list[datetime]:
    return [end - number * MINUTE for number in range(length // MINUTE)]


def test_the_last_hour_is_compared_with_the_same_hour_of_the_week_before() -> None:
    spans = choose(every_minute(9 * DAY), HOUR)
    assert spans is not None
    assert spans.same_time_of_day
    assert all(END - HOUR < start <= END for start in spans.current)
    assert {(END - start) // DAY for start in spans.reference} == {1, 2, 3, 4, 5, 6, 7}
    assert all((END - start) % DAY < HOUR for start in spans.reference)
    assert len(spans.reference) == len(spans.current) == 60
    assert spans.current[-1] == END
    assert list(spans.reference) == sorted(spans.reference)


def test_a_day_of_history_is_enough_for_the_same_hour() -> None:
    spans = choose(every_minute(DAY + HOUR), HOUR)
    assert spans is not None
    assert spans.same_time_of_day
    assert spans.reference[-1] == END - DAY


def test_a_young_platform_compares_with_the_time_right_before() -> None:
    spans = choose(every_minute(45 * MINUTE), HOUR)
    assert spans is not None
    assert not spans.same_time_of_day
    assert len(spans.current) == 15
    assert spans.reference[-1] + MINUTE == spans.current[0]
    spans = choose(every_minute(10 * HOUR), HOUR)
    assert spans is not None
    assert spans.current[0] - spans.reference[0] >= HOUR
    assert max(spans.reference) < min(spans.current)


def test_a_few_windows_are_none() -> None:
    assert choose([], HOUR) is None
    assert choose(every_minute((2 * FEWEST - 1) * MINUTE), HOUR) is None
    assert choose(every_minute(2 * FEWEST * MINUTE), HOUR) is not None


def test_every_day_on_which_a_span_may_lie_is_read() -> None:
    midnight = datetime(2026, 3, 8, 0, 30, tzinfo=UTC)
    days = {instant.date() for instant in days_of(midnight, HOUR)}
    spans = choose(every_minute(9 * DAY, midnight), HOUR)
    assert spans is not None
    assert {start.date() for start in (*spans.reference, *spans.current)} <= days
    assert len(days) == 9
