"""The Kafka clients against a real broker: nothing acknowledged is lost, nothing lost is silent."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from common.kafka import Publisher, open_consumer
from common.topics import create_topics
from configs.topics import DEAD_LETTER_STREAM, MAX_MESSAGE_BYTES, PREDICTIONS_STREAM, REDDIT_STREAM, TMDB_STREAM
from contracts.errors import DependencyError
from contracts.events import Event, RedditComment, TmdbFilm
from local.nodes.kafka import KafkaNode
from tests.support.ports import free_port, free_ports
from tests.support.records import NOON, film, prediction
from tests.support.topics import read_topic

pytestmark = pytest.mark.integration

E = TypeVar("E", bound=Event)


@pytest.fixture
def publisher(kafka: str) -> Iterator[Publisher]:
    opened = Publisher(kafka, client_id="test", deadline=30)
    yield opened
    opened.close()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[KafkaNode]:
    """A broker with the platform's topics that a test may kill."""
    port, controller_port = free_ports(2)
    with KafkaNode(tmp_path, port=port, controller_port=controller_port).running() as node:
        create_topics(node.bootstrap_servers, deadline=60)
        yield node


def read(servers: str, topic: str, model: type[E]) -> list[E]:
    """All events of a topic."""
    return [event for event, _ in read_topic(servers, topic, model)]


def comment(body: str) -> RedditComment:
    return RedditComment(id="c", body=body, subreddit="movies", created_utc=NOON, fetched_at=NOON)


def test_what_is_flushed_is_read_in_order_and_whole(kafka: str, publisher: Publisher) -> None:
    sent = [film(number, overview="Ж🪱\u0000") for number in range(1, 501)]
    for event in sent:
        publisher.send(TMDB_STREAM, event)
    publisher.flush()
    assert read(kafka, TMDB_STREAM, TmdbFilm) == sent


def test_a_comment_of_five_megabytes_passes(kafka: str, publisher: Publisher) -> None:
    large = comment("x" * 5_000_000)
    publisher.send(REDDIT_STREAM, large)
    publisher.flush()
    assert read(kafka, REDDIT_STREAM, RedditComment) == [large]


@pytest.mark.parametrize(
    ("topic", "event"), [(DEAD_LETTER_STREAM, comment("x" * MAX_MESSAGE_BYTES)), ("no_such_topic", film())]
)
def test_what_cannot_be_sent_fails_one_flush(
    publisher: Publisher, topic: str, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher._producer.config["max_block_ms"] = 2_000
    publisher.send(topic, event)
    publisher.send(DEAD_LETTER_STREAM, film())
    with pytest.raises(DependencyError, match="1 Kafka writes failed"):
        publisher.flush()
    publisher.send(DEAD_LETTER_STREAM, film())
    publisher.flush()


def test_a_reader_commits_only_when_told_to(kafka: str, publisher: Publisher) -> None:
    for horizon in (1, 2, 3):
        publisher.send(PREDICTIONS_STREAM, prediction(horizon=horizon))
    publisher.flush()

    def first_offsets(commit: bool) -> list[int]:
        consumer = open_consumer(kafka, PREDICTIONS_STREAM, group="readers", client_id="test", deadline=30)
        offsets: list[int] = []
        end = time.monotonic() + 30
        while not offsets and time.monotonic() < end:
            polled = consumer.poll(timeout_ms=500)
            offsets = [record.offset for records in polled.values() for record in records]
        if commit:
            consumer.commit()
        consumer.close()
        return offsets

    assert first_offsets(commit=False) == [0, 1, 2]
    assert first_offsets(commit=True) == [0, 1, 2], "what was not committed comes again"
    publisher.send(PREDICTIONS_STREAM, prediction(horizon=4))
    publisher.flush()
    assert first_offsets(commit=True) == [3]


def test_a_killed_broker_fails_the_flush_and_then_takes_writes_again(
    mortal: KafkaNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.kafka._SEND_DEADLINE_SECONDS", 35.0)  # the least a request timeout of 30 s allows
    publisher = Publisher(mortal.bootstrap_servers, client_id="test", deadline=30)
    acknowledged = [film(number) for number in range(1, 201)]
    for event in acknowledged:
        publisher.send(TMDB_STREAM, event)
    publisher.flush()
    mortal.kill()
    publisher.send(TMDB_STREAM, film(900))
    with pytest.raises(DependencyError, match="Kafka writes failed"):
        publisher.flush()
    mortal.start()
    again = [film(900), film(901)]
    for event in again:
        publisher.send(TMDB_STREAM, event)
    publisher.flush()
    publisher.close()
    assert read(mortal.bootstrap_servers, TMDB_STREAM, TmdbFilm) == acknowledged + again


def test_a_short_absence_is_bridged(mortal: KafkaNode) -> None:
    publisher = Publisher(mortal.bootstrap_servers, client_id="test", deadline=30)
    publisher.send(TMDB_STREAM, film(1))
    publisher.flush()
    mortal.kill()
    with ThreadPoolExecutor(1) as pool:
        publisher.send(TMDB_STREAM, film(2))
        flushing = pool.submit(publisher.flush)
        time.sleep(1)
        assert not flushing.done()
        mortal.start()
        flushing.result(60)
    publisher.close()
    assert read(mortal.bootstrap_servers, TMDB_STREAM, TmdbFilm) == [film(1), film(2)]


def test_no_broker_is_an_error_within_the_deadline() -> None:
    servers = f"127.0.0.1:{free_port()}"
    began = time.monotonic()
    with pytest.raises(DependencyError, match=rf"{servers} for 2 s.*KAFKA_BOOTSTRAP_SERVERS"):
        Publisher(servers, client_id="test", deadline=2)
    with pytest.raises(DependencyError, match=servers):
        open_consumer(servers, TMDB_STREAM, group=None, client_id="test", deadline=2)
    assert time.monotonic() - began < 20
