"""Reddit's JSON becomes a comment, is dropped, or is set aside with its reason."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.events import DeadLetterReason, RedditComment
from producers.reddit.author import AuthorHash, author_hash
from producers.reddit.records import Gone, Unusable, Usable, parse, without_names
from tests.unit.producers_support import NOW


def thing(**overrides: Any) -> dict[str, Any]:
    data = {
        "id": "k1",
        "name": "t1_k1",
        "body": "Heat is a great film.",
        "subreddit": "movies",
        "author": "somebody",
        "author_fullname": "t2_abc",
        "created_utc": 1_772_366_400.0,
        "score": 3,
        "score_hidden": False,
        "permalink": "/r/movies/comments/l1/_/k1/",
        "link_id": "t3_l1",
        "link_title": "Best heists",
        "body_html": "<p>Heat is a great film.</p>",
    }
    return {"kind": "t1", "data": {**data, **overrides}}


def read(raw: Any, max_bytes: int = 100_000) -> Usable | Gone | Unusable:
    return parse(raw, fetched_at=NOW, author_hash=AuthorHash(b"key"), max_bytes=max_bytes)


def test_every_field_is_where_the_contract_wants_it() -> None:
    parsed = read(thing())
    assert isinstance(parsed, Usable)
    assert parsed.comment == RedditComment(
        id="k1",
        body="Heat is a great film.",
        subreddit="movies",
        author=AuthorHash(b"key")("somebody"),
        created_utc=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        score=3,
        permalink="/r/movies/comments/l1/_/k1/",
        submission_id="l1",
        submission_title="Best heists",
        fetched_at=NOW,
    )
    assert RedditComment.decode(parsed.comment.encode()) == parsed.comment


@pytest.mark.parametrize("body", ["[deleted]", "[removed]", " [Removed] ", "[ Removed by Reddit ]"])
def test_what_was_taken_away_is_dropped(body: str) -> None:
    assert isinstance(read(thing(body=body, author="[deleted]")), Gone)


def test_a_comment_outlives_its_author() -> None:
    parsed = read(thing(author="[deleted]"))
    assert isinstance(parsed, Usable)
    assert parsed.comment.author is None


def test_missing_trimmings_are_null() -> None:
    raw = thing()
    for name in ("author", "score", "permalink", "link_id", "link_title"):
        del raw["data"][name]
    parsed = read(raw)
    assert isinstance(parsed, Usable)
    comment = parsed.comment
    assert (comment.author, comment.score, comment.permalink, comment.submission_id, comment.submission_title) == (
        None,
    ) * 5


@pytest.mark.parametrize("odd", [{"score": 1, "score_hidden": True}, {"score": "9"}, {"score": 10**20}, {"score": 2.5}])
def test_a_hidden_or_senseless_score_is_unknown(odd: dict[str, Any]) -> None:
    parsed = read(thing(**odd))
    assert isinstance(parsed, Usable)
    assert parsed.comment.score is None


def test_lone_surrogates_are_replaced_and_counted() -> None:
    parsed = read(thing(body="a\ud83d b \udc00", link_title="\ud800!"))
    assert isinstance(parsed, Usable)
    assert parsed.comment.body == "a� b �"
    assert parsed.comment.submission_title == "�!"
    assert parsed.repaired == 3
    assert RedditComment.decode(parsed.comment.encode()) == parsed.comment


@pytest.mark.parametrize("name", ["body", "subreddit", "author", "permalink", "link_id", "link_title"])
def test_no_surrogate_anywhere_stops_the_record(name: str) -> None:
    parsed = read(thing(**{name: "x\ud800"}))
    assert isinstance(parsed, Usable)
    assert RedditComment.decode(parsed.comment.encode()) == parsed.comment


def test_whole_surrogate_pairs_are_left_alone() -> None:
    parsed = read(thing(body="🎬 é 日本"))
    assert isinstance(parsed, Usable)
    assert (parsed.comment.body, parsed.repaired) == ("🎬 é 日本", 0)


def test_size_counts_bytes_not_characters() -> None:
    assert isinstance(read(thing(body="é" * 500), max_bytes=1_000), Usable)
    parsed = read(thing(body="é" * 501), max_bytes=1_000)
    assert isinstance(parsed, Unusable)
    assert (parsed.reason, parsed.key) == (DeadLetterReason.TOO_LARGE, "k1")
    assert "MAX_COMMENT_BYTES" in parsed.detail


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        [],
        {"kind": "t1"},
        {"kind": "t3", "data": {}},
        {"kind": "more", "data": {"children": ["a"]}},
        thing(body=None),
        thing(body=5),
        thing(id=None),
        thing(id=7),
        thing(id=""),
        thing(id="x" * 65),
        thing(id="\ud800"),
        thing(subreddit=None),
        thing(created_utc=None),
        thing(created_utc="1772366400"),
        thing(created_utc=True),
        thing(created_utc=math.nan),
        thing(created_utc=math.inf),
        thing(created_utc=1e18),
    ],
)
def test_what_is_no_comment_is_set_aside(raw: Any) -> None:
    parsed = read(raw)
    assert isinstance(parsed, Unusable)
    assert parsed.reason is DeadLetterReason.SOURCE_RECORD
    assert parsed.detail


def test_a_far_future_is_passed_on_for_the_processors_to_judge() -> None:
    parsed = read(thing(created_utc=4_102_444_800))
    assert isinstance(parsed, Usable)
    assert parsed.comment.created_utc.year == 2100


def test_dead_letters_hold_no_user_names_and_no_renderings() -> None:
    hashed = without_names(thing(body=None), AuthorHash(b"key"))
    assert "somebody" not in str(hashed)
    assert "t2_abc" not in str(hashed)
    assert "body_html" not in hashed["data"]
    assert hashed["data"]["id"] == "k1"
    assert without_names("odd", AuthorHash(b"key")) == "odd"


def test_the_hash_is_keyed_stable_and_short() -> None:
    assert AuthorHash(b"a")("somebody") == AuthorHash(b"a")("somebody")
    assert AuthorHash(b"a")("somebody") != AuthorHash(b"b")("somebody")
    assert AuthorHash(b"a")("somebody") != AuthorHash(b"a")("somebodx")
    assert len(AuthorHash(b"a")("x")) == 32


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    file = tmp_path / "author.key"
    first = author_hash(None, file)("somebody")
    assert author_hash(None, file)("somebody") == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert author_hash(SecretStr("mine"), file)("somebody") != first
    assert author_hash(SecretStr("mine"), tmp_path / "none")("somebody") == AuthorHash(b"mine")("somebody")
    assert not (tmp_path / "none").exists()
