"""What the Spark job is fed and what must come of it, for tests on real servers."""

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaProducer

from common.clock import from_millis, system_clock, to_millis
from configs.settings import Settings
from configs.topics import REDDIT_STREAM, TMDB_STREAM, TREND_STREAM
from contracts.events import RedditComment, TmdbFilm, TrendUpdate
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film
from processors.sentiment.score import FilmSentiment
from storage.store import Store
from tests import oracle
from tests.oracle import OracleComment
from tests.support.processor import Processor
from tests.support.topics import read_topic
from tests.support.waiting import wait_until

DEADLINE = 400.0
"""Seconds for a JVM to start and a batch to be done on a machine that is busy with other tests."""
FILMS = (
    TmdbFilm(movie_id=603, title="The Matrix", release_date=date(1999, 3, 30), popularity=60.0, lists=("trending_day",),
             trending_rank=1, vote_count=24_000, fetched_at=system_clock()),
    TmdbFilm(movie_id=27205, title="Inception", release_date=date(2010, 7, 15), popularity=80.0, vote_count=35_000,
             fetched_at=system_clock()),
    TmdbFilm(movie_id=157336, title="Interstellar", release_date=date(2014, 11, 5), popularity=90.0, vote_count=33_000,
             fetched_at=system_clock()),
    TmdbFilm(movie_id=1, title="A Film Nobody Speaks Of", popularity=None, lists=("now_playing",),
             fetched_at=system_clock()),
)  # fmt: skip
BODIES = (
    "I watched {film} last night and loved it!",
    "Honestly, {film} was a boring, terrible mess.",
    "Not as good as {film}, but {other} is worse.",
    "Popcorn is too expensive these days.",
)


class JobWorld:
    """Topics to write to, a store to look into, and all comments sent, as the oracle wants them."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.sent: list[OracleComment] = []
        self.poison: list[bytes | None] = []
        self.not_organic = 0
        self._producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, max_request_size=8_000_000)
        self._linker = Linker(
            Film(f.movie_id, f.title, year=f.release_date.year if f.release_date else None,
                 popularity=f.popularity, vote_count=f.vote_count)
            for f in FILMS
        )  # fmt: skip
        self._sentiment = FilmSentiment()
        self._names = itertools.count()
        self._random = random.Random(7)

    def films(self) -> None:
        for film in FILMS:
            self._producer.send(TMDB_STREAM, key=film.key, value=film.encode())
        self._producer.flush()

    def comments(self, count: int, start: datetime, seconds: int = 60) -> None:
        """Send comments created within some seconds of `start`, in no order, with a duplicate now and then."""
        for _ in range(count):
            created = start + timedelta(milliseconds=self._random.randrange(seconds * 1_000))
            film, other = self._random.sample([film.title for film in FILMS[:3]], 2)
            body = self._random.choice(BODIES).format(film=film, other=other)
            self.comment(body, created, copies=self._random.choice((1, 1, 1, 1, 2)))
        self._producer.flush()

    def comment(self, body: str, created: datetime, copies: int = 1) -> None:
        name = f"c{next(self._names)}"
        comment = RedditComment(id=name, body=body, subreddit="movies", created_utc=created, fetched_at=system_clock())
        links = self._linker.link(CommentText(body, None, created))
        scores = self._sentiment.score(body, links)
        films = tuple((mention.movie_id, mention.via, scores[mention.movie_id]) for mention in links.mentions)
        for _ in range(copies):
            self.raw(comment.encode())
            self.sent.append(OracleComment(name, to_millis(created), films))
        self._producer.flush()

    def raw(self, value: bytes | None, topic: str = REDDIT_STREAM) -> None:
        self._producer.send(topic, key=b"k", value=value)

    def set_aside(self, *values: bytes | None) -> None:
        for value in values:
            self.raw(value)
            self.poison.append(value)
        self._producer.flush()

    def found_by_search(self, created: datetime) -> None:
        found = RedditComment(
            id="searched", body="The Matrix", subreddit="movies", created_utc=created, origin="search",
            fetched_at=system_clock(),
        )  # fmt: skip
        self.raw(found.encode())
        self._producer.flush()
        self.not_organic += 1

    def wait_processed(self, job: Processor) -> None:
        """Until the ledger holds every record sent so far."""

        def done() -> bool:
            assert job.alive, "the job died"
            return sum(self.store.ledger.totals().values()) >= len(self.sent) + len(self.poison) + self.not_organic

        wait_until(done, DEADLINE, what="the ledger to hold every record")

    def updates(self) -> list[TrendUpdate]:
        servers = self.settings.kafka_bootstrap_servers
        return [update for update, _ in read_topic(servers, TREND_STREAM, TrendUpdate)]


def windows(updates: Sequence[TrendUpdate]) -> dict[tuple[int, int], TrendUpdate]:
    """The last revision of each (film, window start)."""
    return {
        (update.movie_id, to_millis(update.window_start)): update
        for update in sorted(updates, key=lambda update: update.revision)
    }


def check_windows(world: JobWorld, batches: Sequence[Sequence[OracleComment]]) -> None:
    """Topic and store hold the same windows, and they are the oracle's."""
    accepted, ledger = oracle.sift(batches, delay=120_000)
    ledger.update(dead_letter=len(world.poison), not_organic=world.not_organic)
    assert {name: count for name, count in world.store.ledger.totals().items() if count} == {
        name: count for name, count in ledger.items() if count
    }
    expected = oracle.totals(accepted, size=300_000, slide=60_000)
    latest = windows(world.updates())
    assert expected.keys() <= latest.keys()
    levels = {film.movie_id: [(to_millis(film.fetched_at), film.popularity)] for film in FILMS}
    for (movie, start), update in latest.items():
        wanted = expected.get((movie, start), oracle.Totals())
        assert (update.mentions_text, update.mentions_thread) == (wanted.text, wanted.thread)
        assert (update.positive, update.negative) == (wanted.positive, wanted.negative)
        assert update.sentiment == pytest.approx(wanted.mean, abs=1e-9)
        level = oracle.popularity(levels[movie], start + 300_000)
        assert update.popularity == level
        assert update.trend_score == pytest.approx(oracle.trend_score(wanted, level), abs=1e-9)
        (stored,) = [row for row in world.store.trends.window(from_millis(start)) if row.movie_id == movie]
        same = {"processed_at"}
        assert stored.model_dump(exclude=same) == update.model_dump(exclude=same)


def check_revisions(updates: Sequence[TrendUpdate]) -> None:
    """A revision is the same however often it is published; they count up, and a final one is the last."""
    rows: dict[tuple[int, datetime], dict[int, dict[str, Any]]] = defaultdict(dict)
    for update in updates:
        content = update.model_dump(exclude={"processed_at"})
        revisions = rows[update.movie_id, update.window_start]
        assert revisions.setdefault(update.revision, content) == content
    for revisions in rows.values():
        assert sorted(revisions) == list(range(1, len(revisions) + 1))
        finals = [number for number, content in revisions.items() if content["is_final"]]
        assert finals in ([], [len(revisions)])
