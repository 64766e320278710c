"""The newest knowledge wins, whatever the order of the writes and whatever the host's clock says."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from cassandra.cluster import Session

from configs.settings import Settings
from local.nodes.cassandra import CassandraNode
from storage.codec import to_micros
from storage.connection import connect
from storage.database import Database
from storage.store import Store
from tests.support.cassandra import migrated, settings_for
from tests.support.records import NOON, entry, example, film, metric, prediction, quiet, update

pytestmark = pytest.mark.integration

DAY = 86_400


@pytest.fixture(scope="module")
def settings(cassandra_node: CassandraNode) -> Settings:
    return migrated(
        settings_for(cassandra_node, trend_ttl_days=2, mention_ttl_days=3, prediction_ttl_days=4),
    )


@pytest.fixture(scope="module")
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def session(settings: Settings) -> Iterator[Session]:
    opened = connect(settings, 30)
    opened.set_keyspace(settings.cassandra_keyspace)
    yield opened
    opened.cluster.shutdown()


def test_an_older_revision_written_later_does_not_win(store: Store) -> None:
    newer = update(1, revision=7, mentions=9, processed_at=NOON - timedelta(hours=1))  # the clock stepped back
    store.trends.upsert([newer])
    store.trends.upsert([quiet(1, revision=6, processed_at=NOON)])
    assert store.trends.history(1) == [newer]
    assert store.trends.window(NOON) == [newer]


def test_a_newer_revision_replaces_every_value_the_unknown_ones_included(store: Store) -> None:
    start = NOON + timedelta(days=1)
    newer = quiet(2, start, revision=2)
    store.trends.upsert([update(2, start)])
    store.trends.upsert([newer])
    assert store.trends.history(2) == [newer]


def test_of_two_revisions_in_one_call_the_higher_wins(store: Store) -> None:
    start = NOON + timedelta(days=2)
    revisions = [update(3, start, revision=number, mentions=number) for number in (3, 1, 2)]
    store.trends.upsert(revisions)
    assert store.trends.history(3) == [revisions[0]]


def test_an_older_poll_written_later_does_not_win(store: Store) -> None:
    newer = film(1, fetched_at=NOON, popularity=2.0)
    store.movies.upsert([newer])
    store.movies.upsert([film(1, fetched_at=NOON - timedelta(microseconds=1), popularity=1.0, overview="old")])
    assert store.movies.get(1) == newer


def test_a_poll_without_details_keeps_the_facts_and_replaces_the_figures(store: Store) -> None:
    store.movies.upsert([film(2)])
    bare = film(2).model_copy(
        update={
            "original_title": None, "alternative_titles": (), "release_date": None, "genres": (), "overview": None,
            "popularity": None, "vote_count": None, "lists": (), "trending_rank": None,
            "fetched_at": NOON + timedelta(minutes=5),
        }
    )  # fmt: skip
    store.movies.upsert([bare])
    unknown_now = {
        name: getattr(bare, name) for name in ("popularity", "vote_count", "lists", "trending_rank", "fetched_at")
    }
    assert store.movies.get(2) == film(2).model_copy(update=unknown_now)


def test_a_forecast_replayed_after_its_outcome_erases_nothing(store: Store) -> None:
    forecast = prediction(1)
    outcome = forecast.model_copy(update={"actual": 50.0, "error": 8.5})
    store.predictions.upsert([outcome])
    store.predictions.upsert([forecast])
    assert store.predictions.for_movie(1) == [outcome]
    assert store.predictions.latest() == [outcome]


LATER = NOON + timedelta(days=10)
"""Nothing else in this module is written at this instant: its write timestamps are this test's."""


@pytest.mark.parametrize(
    ("where", "days", "written_at"),
    [
        ("movie_trends.trend_score", 2, LATER + timedelta(minutes=5, microseconds=1)),
        ("trends_by_window.trend_score", 2, LATER + timedelta(minutes=5, microseconds=1)),
        ("mentions.excerpt", 3, LATER),
        ("predictions.predicted", 4, LATER),
        ("predictions_by_time.predicted", 4, LATER),
        ("predictions.actual", 4, LATER + timedelta(minutes=15)),
        ("predictions_by_time.actual", 4, LATER + timedelta(minutes=15)),
        ("model_metrics.value", 4, LATER),
    ],
)
def test_rows_expire_and_carry_event_time(
    store: Store, session: Session, where: str, days: int, written_at: datetime
) -> None:
    store.trends.upsert([update(11, LATER)])
    store.mentions.upsert([example("x", 11, created_utc=LATER)])
    store.predictions.upsert([prediction(11, LATER), prediction(11, LATER, 3, actual=50.0, error=8.5)])
    store.metrics.upsert([metric(LATER)])
    table, column = where.split(".")
    rows = session.execute(f"SELECT TTL({column}) AS ttl, WRITETIME({column}) AS at FROM {table}")
    ttl = {row["at"]: row["ttl"] for row in rows}[to_micros(written_at)]
    assert days * DAY - 300 < ttl <= days * DAY


def test_films_stay_and_the_ledgers_clock_is_the_batch_number(store: Store, session: Session) -> None:
    store.movies.upsert([film(3)])
    store.ledger.upsert([entry(41)])
    kept = session.execute("SELECT TTL(title) AS ttl, WRITETIME(title) AS at FROM movies WHERE movie_id = 3").one()
    assert (kept["ttl"], kept["at"]) == (None, to_micros(NOON) + 123_000)
    row = session.execute("SELECT TTL(count) AS ttl, WRITETIME(count) AS at FROM ledger").one()
    assert row["at"] == 42
    assert 2 * DAY - 300 < row["ttl"] <= 2 * DAY


def test_rows_of_tables_with_other_types_are_refused(session: Session, settings: Settings) -> None:
    session.execute("CREATE TABLE other_films (movie_id bigint PRIMARY KEY)")
    database = Database(session, settings.cassandra_keyspace, 5)
    with pytest.raises(ValueError, match="movies, other_films have different types"):
        database.insert(("movies", "other_films"), ("movie_id",), ttl=False)
