"""A poll publishes, waits for Kafka, and only then moves its position: crashes at each step as data."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from common.dead_letters import MOST_RAW_BYTES
from configs.topics import DEAD_LETTER_STREAM, REDDIT_STREAM
from contracts.errors import DependencyError
from contracts.events import DeadLetterReason
from producers.metrics import ProducerMetrics
from producers.outbox import MAX_EVENT_BYTES, Outbox
from producers.reddit.author import AuthorHash
from producers.reddit.poll import RedditPoll
from producers.reddit.position import PositionStore
from producers.reddit.things import Page, fullname
from tests.unit.producers_support import FIXTURES, InstantStop, KeepingPublisher, SettableClock
from tests.unit.test_producers_reddit_records import thing
from tests.unit.test_producers_reddit_walk import MovingListing


def talk(number: int, **overrides: Any) -> dict[str, Any]:
    return thing(id=f"{number:06d}", name=f"t1_{number:06d}", **overrides)


def start(listing: Any, publisher: KeepingPublisher, folder: Path, **overrides: Any) -> RedditPoll:
    metrics, clock = ProducerMetrics("reddit"), SettableClock()
    return RedditPoll(
        listing,
        PositionStore(folder / "position.json", overrides.pop("subreddits", ("movies",))),
        Outbox(publisher, metrics, clock, "reddit_api"),
        metrics,
        author_hash=AuthorHash(b"key"),
        stop=InstantStop(clock),
        clock=clock,
        monotonic=clock.seconds,
        **{"max_bytes": 100_000, **overrides},
    )


def ids(publisher: KeepingPublisher) -> list[str]:
    return [comment.id for comment in publisher.events(REDDIT_STREAM)]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_restart_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    listing, publisher = MovingListing([talk(n) for n in range(1, 6)]), KeepingPublisher()
    start(listing, publisher, tmp_path)()
    listing.comments += [talk(n) for n in range(6, 9)]
    start(listing, publisher, tmp_path)()
    start(listing, publisher, tmp_path)()
    assert ids(publisher) == [f"{n:06d}" for n in range(1, 9)]


def test_kafka_away_leaves_the_position_and_the_comments_are_sent_again(tmp_path: Path) -> None:
    listing, publisher = MovingListing([talk(n) for n in range(1, 6)]), KeepingPublisher()
    start(listing, publisher, tmp_path)()
    saved = (tmp_path / "position.json").read_bytes()
    listing.comments += [talk(n) for n in range(6, 300)]
    publisher.fail_flushes = 1
    with pytest.raises(DependencyError):
        start(listing, publisher, tmp_path)()
    assert (tmp_path / "position.json").read_bytes() == saved
    start(listing, publisher, tmp_path)()
    assert ids(publisher) == [f"{n:06d}" for n in range(1, 300)]


def test_killed_between_sending_and_saving_the_same_ids_are_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing, publisher = MovingListing([talk(n) for n in range(1, 4)]), KeepingPublisher()

    class Killed(BaseException):
        """As SIGKILL: nothing runs after it."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PositionStore, "save", die)
        with pytest.raises(Killed):
            start(listing, publisher, tmp_path)()
    listing.comments.append(talk(4))
    start(listing, publisher, tmp_path)()
    assert ids(publisher) == ["000001", "000002", "000003", "000001", "000002", "000003", "000004"]
    assert {event.encode() for _, event in publisher.flushed[:3]} == {
        event.encode() for _, event in publisher.flushed[3:6]
    }


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    poll = start(MovingListing([talk(1)]), KeepingPublisher(), tmp_path)
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(DependencyError, match="No space left"):
        poll()


def test_other_subreddits_start_at_the_listings_end_without_sending_twice(tmp_path: Path) -> None:
    listing, publisher = MovingListing([talk(n) for n in range(3, 6)]), KeepingPublisher()
    start(listing, publisher, tmp_path)()
    listing.comments = [talk(n) for n in range(1, 8)]
    start(listing, publisher, tmp_path, subreddits=("movies", "TrueFilm"))()
    assert sorted(ids(publisher)) == [f"{n:06d}" for n in range(1, 8)]


def test_bad_records_are_set_aside_once_and_deleted_ones_counted(tmp_path: Path) -> None:
    before = value("trendscope_producer_dropped_total", source="reddit", why="deleted")
    odd: Any = {"kind": "t1", "data": "what is this"}
    listing = MovingListing([talk(1), talk(2, body="[deleted]"), talk(3, created_utc="yesterday"), talk(4)])
    publisher = KeepingPublisher()
    poll = start(listing, publisher, tmp_path)
    poll()
    listing.comments.append(talk(5))
    listing.comments.insert(0, odd)
    poll()
    poll()
    assert ids(publisher) == ["000001", "000004", "000005"]
    letters = publisher.dead_letters()
    assert [letter.source_key for letter in letters] == ["000003", None]
    assert {letter.reason for letter in letters} == {DeadLetterReason.SOURCE_RECORD}
    assert json.loads(base64.b64decode(letters[1].raw_base64)) == odd
    assert value("trendscope_producer_dropped_total", source="reddit", why="deleted") == before + 1


def test_a_comment_of_5_mb_is_a_whole_dead_letter_without_a_name(tmp_path: Path) -> None:
    body = "é" * 2_500_000
    publisher = KeepingPublisher()
    start(MovingListing([talk(1, body=body, body_html=body), talk(2)]), publisher, tmp_path)()
    (letter,) = publisher.dead_letters()
    assert letter.reason is DeadLetterReason.TOO_LARGE
    assert letter.source_topic == "reddit_api"
    raw = json.loads(base64.b64decode(letter.raw_base64))
    assert raw["data"]["body"] == body
    assert "somebody" not in base64.b64decode(letter.raw_base64).decode()
    assert len(letter.encode()) < 8 * 1024 * 1024
    assert ids(publisher) == ["000002"]


def test_odd_names_are_no_position_and_no_crash(tmp_path: Path) -> None:
    odd = [thing(id=name, name=f"t1_{name}") for name in ("\ud800", "a b&after=x", "x" * 10_000)]
    listing, publisher = MovingListing([talk(1), *odd]), KeepingPublisher()
    poll = start(listing, publisher, tmp_path)
    poll()
    poll()
    assert len(publisher.flushed) == 4
    saved = json.loads((tmp_path / "position.json").read_bytes())
    assert saved["anchors"] == ["t1_000001"]
    assert len(saved["seen"]) == 4


def test_what_kafka_could_never_take_is_cut_and_says_so(tmp_path: Path) -> None:
    publisher = KeepingPublisher()
    start(MovingListing([talk(1, body="x" * 9_000_000)]), publisher, tmp_path)()
    (letter,) = publisher.dead_letters()
    assert f"first {MOST_RAW_BYTES} of" in letter.detail
    assert len(letter.encode()) < 8 * 1024 * 1024


def test_no_setting_lets_a_giant_through(tmp_path: Path) -> None:
    publisher = KeepingPublisher()
    listing = MovingListing([talk(1, body="x" * (MAX_EVENT_BYTES + 1)), talk(2)])
    start(listing, publisher, tmp_path, max_bytes=50_000_000)()
    assert [letter.reason for letter in publisher.dead_letters()] == [DeadLetterReason.TOO_LARGE]
    assert ids(publisher) == ["000002"]


def test_surrogates_in_a_dead_letter_survive_as_escapes(tmp_path: Path) -> None:
    publisher = KeepingPublisher()
    start(MovingListing([talk(1, created_utc=None, body="\ud800")]), publisher, tmp_path)()
    (letter,) = publisher.dead_letters()
    assert json.loads(base64.b64decode(letter.raw_base64))["data"]["body"] == "\ud800"


def test_counts_are_of_what_kafka_has(tmp_path: Path) -> None:
    name = "trendscope_producer_published_total"
    before = value(name, source="reddit", topic=REDDIT_STREAM), value(name, source="reddit", topic=DEAD_LETTER_STREAM)
    publisher = KeepingPublisher()
    publisher.fail_flushes = 1
    poll = start(MovingListing([talk(1), talk(2, body=None)]), publisher, tmp_path)
    with pytest.raises(DependencyError):
        poll()
    assert value(name, source="reddit", topic=REDDIT_STREAM) == before[0]
    start(MovingListing([talk(1), talk(2, body=None)]), publisher, tmp_path)()
    assert value(name, source="reddit", topic=REDDIT_STREAM) == before[0] + 1
    assert value(name, source="reddit", topic=DEAD_LETTER_STREAM) == before[1] + 1
    newest = value("trendscope_producer_last_event_timestamp_seconds", source="reddit")
    assert newest == publisher.events(REDDIT_STREAM)[0].created_utc.timestamp()


def test_a_gap_is_counted(tmp_path: Path) -> None:
    before = value("trendscope_reddit_gaps_total")
    listing = MovingListing([talk(n) for n in range(1, 10)])
    poll = start(listing, KeepingPublisher(), tmp_path)
    poll()
    listing.comments += [talk(n) for n in range(10, 1_200)]
    poll()
    assert value("trendscope_reddit_gaps_total") == before + 1


@pytest.mark.data
@pytest.mark.skipif(not FIXTURES.is_dir(), reason="no recorded responses beside the project")
def test_reddits_own_overlapping_polls_give_each_comment_once(tmp_path: Path) -> None:
    """21 recorded polls of /r/all, in whatever order the walk asks for pages."""
    path = FIXTURES / "reddit" / "praw_TestSubredditStreams.test_comments.json.gz"
    with gzip.open(path, "rt") as file:
        bodies = [exchange["response"]["body"]["data"] for exchange in json.load(file)[1:]]
    pages = [Page(body["children"]) for body in bodies if body["children"]]
    everything = {fullname(child) for page in pages for child in page.things}

    class Recorded:
        def page(self, *, before: str | None = None, after: str | None = None) -> Page:
            if before is not None or after is not None:
                return Page([])
            return pages.pop(0)

    publisher = KeepingPublisher()
    poll = start(Recorded(), publisher, tmp_path)
    while pages:
        poll()
    sent = [f"t1_{each}" for each in ids(publisher)]
    assert len(sent) == len(set(sent))
    assert set(sent) == everything
