"""The whole job on real Kafka, Spark and Cassandra, held against the plain recomputation."""

import base64
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import requests

from common.clock import system_clock
from configs.topics import DEAD_LETTER_STREAM
from contracts.events import DeadLetter, RedditComment
from tests.support.job_world import DEADLINE, FILMS, JobWorld, check_revisions, check_windows, windows
from tests.support.processor import processor
from tests.support.topics import read_topic
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.spark, pytest.mark.integration, pytest.mark.timeout(1800)]


def poison(now: datetime) -> list[bytes | None]:
    def with_body(body: str, created: datetime = now) -> bytes:
        return RedditComment(id="p", body=body, subreddit="movies", created_utc=created, fetched_at=now).encode()

    return [
        b"{broken",
        b'{"id": 5}',
        None,
        with_body("x").replace(b'"x"', rb'"\ud800"'),
        with_body("The Matrix " * 480_000),
        with_body("The Matrix", datetime(2100, 1, 1, tzinfo=UTC)),
        with_body("The Matrix", datetime(1970, 1, 1, tzinfo=UTC)),
    ]


def test_windows_equal_the_oracle_across_poison_lateness_and_a_restart(world: JobWorld) -> None:
    now = system_clock().replace(microsecond=0)
    world.films()
    world.comments(150, now - timedelta(minutes=20))
    world.set_aside(*poison(now))
    world.comment("The Matrix has a \x00 in it.", now - timedelta(minutes=20))
    world.found_by_search(now)
    batches = [list(world.sent)]
    with processor(world.settings) as job:
        world.wait_processed(job)
        shown = f'records_total{{category="dead_letter"}} {float(len(world.poison))}'
        address = f"http://127.0.0.1:{world.settings.processor_metrics_port}/metrics"
        wait_until(lambda: shown in requests.get(address, timeout=10).text, DEADLINE, what=shown)
        assert job.stop() == 0

    world.comments(100, now - timedelta(minutes=19))
    with processor(world.settings) as job:
        world.wait_processed(job)
        # The watermark is now at least two minutes behind `now - 20 minutes`; an hour-old comment is late for sure.
        batches.append(world.sent[len(batches[0]) :])
        world.comment("The Matrix again, an hour ago.", now - timedelta(minutes=80))
        world.comments(50, now - timedelta(minutes=10))
        world.wait_processed(job)
        batches.append(world.sent[len(batches[0]) + len(batches[1]) :])
        for _ in range(2):  # the first moves the watermark, the second makes it seen
            world.comment("Popcorn.", now - timedelta(minutes=1))
            world.wait_processed(job)
            batches.append([world.sent[-1]])
        assert job.stop() == 0

    check_windows(world, batches)
    updates = world.updates()
    check_revisions(updates)
    latest = windows(updates)
    assert all(u.is_final == (u.window_end <= now - timedelta(minutes=3)) for u in latest.values())
    assert any(u.movie_id == 1 and u.mentions == 0 for u in latest.values()), "a listed film nobody speaks of"
    assert {film.movie_id for film in world.store.movies.all()} == {film.movie_id for film in FILMS}
    assert world.store.mentions.latest(603, 1)[0].movie_id == 603
    letters = [
        letter for letter, _ in read_topic(world.settings.kafka_bootstrap_servers, DEAD_LETTER_STREAM, DeadLetter)
    ]
    assert Counter(base64.b64decode(letter.raw_base64) for letter in letters) == Counter(p or b"" for p in world.poison)
    assert Counter(letter.reason.value for letter in letters) == Counter(
        malformed_json=2, schema=2, too_large=1, event_time=2
    )
