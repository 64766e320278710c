"""A message survives the wire exactly; any other bytes are a ContractError with a stable reason."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import ContractError
from contracts.events import (
    DeadLetter,
    DeadLetterReason,
    Event,
    Prediction,
    RedditComment,
    TmdbFilm,
    TrendUpdate,
)
from tests.support.records import NOON, film, prediction, quiet, update

MODELS: tuple[type[Event], ...] = (TmdbFilm, RedditComment, TrendUpdate, Prediction, DeadLetter)

text = st.text(max_size=30)
instants = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - bounds are naive
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5, minutes=45))]),
)
finite = st.floats(min_value=0, max_value=1e300)
score = st.floats(min_value=0, max_value=100)
count = st.integers(0, 2**31 - 1)
movie_id = st.integers(1, 2**31 - 1)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


films = st.builds(
    TmdbFilm, movie_id=movie_id, title=st.text(min_size=1), original_title=maybe(text), original_language=maybe(text),
    alternative_titles=st.lists(text).map(tuple), release_date=maybe(st.dates()), year=maybe(st.integers(1800, 2200)),
    genres=st.lists(text).map(tuple), overview=maybe(text), popularity=maybe(finite), vote_average=maybe(finite),
    vote_count=maybe(count), poster_path=maybe(text), lists=st.lists(text).map(tuple),
    trending_rank=maybe(st.integers(1, 1000)), fetched_at=instants,
)  # fmt: skip
comments = st.builds(
    RedditComment, id=st.text(min_size=1, max_size=64), body=st.text(), subreddit=text, author=maybe(text),
    created_utc=instants, score=maybe(st.integers(-(10**9), 10**9)), permalink=maybe(text), submission_id=maybe(text),
    submission_title=maybe(text), origin=st.sampled_from(["stream", "search"]), fetched_at=instants,
)  # fmt: skip
predictions = st.builds(
    Prediction, movie_id=movie_id, title=text, made_at=instants, horizon=st.integers(1, 1000),
    target_window_start=instants, target_window_end=instants, current=score, predicted=score, lower=score, upper=score,
    baselines=st.dictionaries(text, score), model_version=text, actual=maybe(score),
    error=maybe(st.floats(-100, 100)),
)  # fmt: skip
letters = st.builds(
    DeadLetter, source_topic=text, source_partition=maybe(count), source_offset=maybe(count), source_key=maybe(text),
    raw_base64=text, reason=st.sampled_from(DeadLetterReason), detail=text, seen_at=instants,
)  # fmt: skip
updates = st.builds(
    update, movie_id=movie_id, window_start=instants, title=text, popularity=maybe(finite), mentions=count,
    sentiment=maybe(st.floats(-1, 1)), sentiment_sum=st.floats(-1e9, 1e9), trend_score=score, is_final=st.booleans(),
)  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@given(st.one_of(films, comments, predictions, letters, updates))
def test_a_message_survives_the_wire_exactly(event: Event) -> None:
    wire = event.encode()
    read = type(event).decode(wire)
    assert read == event
    assert read.encode() == wire
    assert isinstance(event.key, bytes)


@given(st.one_of(films, comments))
def test_instants_are_utc_whatever_zone_they_came_in(event: TmdbFilm | RedditComment) -> None:
    assert event.fetched_at.tzinfo is UTC


@pytest.mark.parametrize("model", MODELS)
@given(value=st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_contract_error(model: type[Event], value: bytes) -> None:
    with pytest.raises(ContractError) as caught:  # no 200 random bytes are a whole message
        model.decode(value)
    assert caught.value.reason in {DeadLetterReason.MALFORMED_JSON, DeadLetterReason.SCHEMA}


def decoded(model: type[Event], value: str) -> Event | ContractError:
    try:
        return model.decode(value)
    except ContractError as error:
        return error


@settings(max_examples=200)
@given(data=st.data())
def test_a_field_of_any_other_value_is_a_message_or_a_contract_error(data: st.DataObject) -> None:
    known = data.draw(st.sampled_from([film(), update(), quiet(), prediction()]))
    message = json.loads(known.encode())
    message[data.draw(st.sampled_from(sorted(message)))] = data.draw(json_values)
    read = decoded(type(known), json.dumps(message))
    if isinstance(read, ContractError):
        assert read.reason == DeadLetterReason.SCHEMA
        assert read.detail
    else:
        assert type(known).decode(read.encode()) == read


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"id": "\\ud800"}', "malformed_json"),
        (b"NaN", "schema"),
        (b"[]", "schema"),
        (b"null", "schema"),
        (b"{}", "schema"),
        (None, "schema"),
    ],
)
def test_broken_messages_have_their_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(ContractError) as caught:
        RedditComment.decode(value)
    assert caught.value.reason == reason


COMMENT = {"id": "a", "body": "hi", "subreddit": "movies", "created_utc": "2026-03-01T12:00:00Z", "fetched_at": "2026-03-01T12:00:01Z"}  # fmt: skip # noqa: E501


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""), ("id", "x" * 65), ("id", 7), ("body", None), ("created_utc", "2026-03-01T12:00:00"),
        ("created_utc", "yesterday"), ("created_utc", "0001-01-01T00:00:00+14:00"), ("origin", "guess"),
        ("score", "12"), ("score", 1.5), ("schema_version", 2),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_its_value_is_not(field: str, value: object) -> None:
    RedditComment.decode(json.dumps(COMMENT))
    with pytest.raises(ContractError) as caught:
        RedditComment.decode(json.dumps(COMMENT | {field: value}))
    assert caught.value.reason == "schema"
    assert caught.value.detail.startswith(f"{field}: ")


def test_an_error_does_not_repeat_somebodys_text() -> None:
    with pytest.raises(ContractError) as caught:
        RedditComment.decode(json.dumps(COMMENT | {"score": "my private words"}))
    assert "private" not in str(caught.value)


def test_a_field_a_newer_producer_adds_is_ignored() -> None:
    read = RedditComment.decode(json.dumps(COMMENT | {"flair": "Spoilers"}))
    assert read == RedditComment.decode(json.dumps(COMMENT))


@pytest.mark.parametrize("fields", [{"movie_id": 0}, {"movie_id": 2**31}, {"vote_count": 2**31}, {"vote_count": -1},
                                    {"popularity": float("inf")}, {"popularity": float("nan")}, {"trending_rank": 0},
                                    {"title": ""}, {"fetched_at": datetime(2026, 1, 1)}])  # fmt: skip # noqa: DTZ001
def test_what_cannot_be_stored_cannot_be_said(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        film(**fields)


def test_a_message_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        film().title = "Another"  # type: ignore[misc]


def test_keys_are_the_natural_ids() -> None:
    letter = DeadLetter(source_topic="t", raw_base64="", reason=DeadLetterReason.SCHEMA, detail="d", seen_at=NOON)
    assert (film(7).key, update(7).key, prediction(7).key) == (b"7", b"7", b"7")
    assert RedditComment.decode(json.dumps(COMMENT)).key == b"a"
    assert (letter.key, letter.model_copy(update={"source_key": "k"}).key) == (b"", b"k")
