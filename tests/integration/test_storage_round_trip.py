"""What is written is what is read, field by field."""

from datetime import date, timedelta

import pytest

from contracts.events import TmdbFilm
from storage.codec import stored
from storage.records import LedgerEntry
from storage.store import Store
from tests.support.records import NOON, WINDOW, entry, example, film, metric, prediction, quiet, update

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "known",
    [
        film(101),
        TmdbFilm(movie_id=102, title="M", fetched_at=NOON),
        film(103, release_date=date(1888, 10, 14), alternative_titles=(), lists=()),
        film(104, title="'; DROP TABLE movies; --", popularity=0.0, vote_count=0, overview=""),
    ],
)
def test_a_film_comes_back_as_it_was(store: Store, known: TmdbFilm) -> None:
    store.movies.upsert([known])
    assert store.movies.get(known.movie_id) == known
    assert known in store.movies.all()


def test_an_unknown_film_is_none(store: Store) -> None:
    assert store.movies.get(999_999) is None


def test_microseconds_are_rounded_down_to_cassandras_milliseconds(store: Store) -> None:
    at = NOON + timedelta(microseconds=123_999)
    store.movies.upsert([film(105, fetched_at=at)])
    read = store.movies.get(105)
    assert read is not None
    assert read.fetched_at == stored(at) == NOON + timedelta(milliseconds=123)


def test_updates_come_back_by_film_and_by_window(store: Store) -> None:
    busy = update(201)
    silent = quiet(202)
    store.trends.upsert([silent, busy])
    assert store.trends.history(201) == [busy]
    assert store.trends.history(202) == [silent]
    assert store.trends.window(NOON) == [busy, silent], "the highest TrendScore first"


def test_a_history_is_newest_first_and_its_end_is_open(store: Store) -> None:
    windows = [update(203, NOON + timedelta(minutes=minute)) for minute in range(6)]
    store.trends.upsert(windows)
    newest_first = windows[::-1]
    assert store.trends.history(203) == newest_first
    assert store.trends.history(203, limit=2) == newest_first[:2]
    start, end = windows[1].window_start, windows[4].window_start
    assert store.trends.history(203, start, end) == newest_first[2:5]
    assert store.trends.history(203, start) == newest_first[:5]


def test_windows_are_found_by_day_and_across_midnight(store: Store) -> None:
    midnight = NOON.replace(hour=0) + timedelta(days=400)
    starts = [midnight + timedelta(minutes=minute) for minute in (-2, -1, 0, 1)]
    store.trends.upsert(update(204, start) for start in starts)
    assert store.trends.windows(3) == starts[:0:-1]
    assert store.trends.windows(midnight.date()) == [starts[3], starts[2]]
    assert store.trends.windows(midnight.date() + timedelta(days=1)) == []


def test_more_updates_than_one_chunk_are_all_there(store: Store) -> None:
    many = [update(movie_id, NOON + timedelta(days=30)) for movie_id in range(1, 5_001)]
    store.trends.upsert(iter(many))
    assert [row.movie_id for row in store.trends.window(NOON + timedelta(days=30))] == list(range(1, 5_001))


def test_examples_come_back_newest_first(store: Store) -> None:
    known = [
        example("a", 301),
        example("b", 301, created_utc=NOON + timedelta(seconds=1), submission_title=None, permalink=None, via="thread"),
        example("c", 301, created_utc=NOON + timedelta(seconds=2), excerpt="x" * 5_000, sentiment=-1.0),
    ]
    store.mentions.upsert(known)
    store.mentions.upsert(known)
    assert store.mentions.latest(301) == known[::-1]
    assert store.mentions.latest(301, limit=1) == [known[2]]
    assert store.mentions.latest(301, until=NOON + timedelta(seconds=2)) == known[1::-1]
    assert store.mentions.latest(302) == []


def test_forecasts_come_back_by_film_horizon_and_instant(store: Store) -> None:
    earlier = [prediction(401, NOON - WINDOW, horizon) for horizon in (1, 3, 12)]
    latest = [prediction(movie_id, NOON, horizon) for horizon in (1, 3, 12) for movie_id in (401, 402)]
    store.predictions.upsert(earlier + latest)
    assert store.predictions.for_movie(401) == [*latest[::2], *earlier]
    assert store.predictions.for_movie(401, horizon=3) == [latest[2], earlier[1]]
    assert store.predictions.for_movie(401, horizon=12, limit=1) == [latest[4]]
    assert store.predictions.latest() == latest
    assert store.predictions.latest(horizon=3) == latest[2:4]
    assert store.predictions.at(NOON - WINDOW) == earlier
    assert store.predictions.times(5) == [NOON, NOON - WINDOW]


def test_an_outcome_joins_its_forecast(store: Store) -> None:
    forecast = prediction(403, NOON - timedelta(hours=1), baselines={})
    outcome = forecast.model_copy(update={"actual": 60.5, "error": -2.0})
    store.predictions.upsert([forecast])
    store.predictions.upsert([outcome])
    assert store.predictions.for_movie(403) == [outcome]
    assert store.predictions.at(forecast.made_at) == [outcome]


def test_a_metric_series_is_newest_first(store: Store) -> None:
    values = [metric(NOON + timedelta(minutes=minute), value=float(minute)) for minute in range(4)]
    others = [metric(horizon=3), metric(metric="rmse"), metric(model_version="8")]
    store.metrics.upsert(values + others)
    assert store.metrics.series("7", "mae", 1) == values[::-1]
    assert store.metrics.series("7", "mae", 1, limit=2) == values[:1:-1]
    assert store.metrics.series("8", "mae", 1) == [others[2]]
    assert store.metrics.series("9", "mae", 1) == []


def test_the_ledger_adds_up_by_job_and_over_all(store: Store) -> None:
    first: list[LedgerEntry] = [entry(0), entry(0, "late", count=1), entry(9_999), entry(10_000), entry(123_456)]
    second = [entry(5, job_id="other", count=7)]
    store.ledger.upsert(first + second)
    store.ledger.upsert(first)
    assert store.ledger.totals("job") == {"counted": 40, "late": 1}
    assert store.ledger.totals("other") == {"counted": 7}
    assert store.ledger.totals() == {"counted": 47, "late": 1}
    assert store.ledger.totals("nobody") == {}
    assert store.ledger.entries("job") == first
