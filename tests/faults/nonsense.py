"""Inputs for parsers: any bytes, any JSON, and records that are right but for a field or two."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.support import records

NASTY = st.sampled_from(
    [
        "", "\x00", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "é" * 300, "🪱" * 50, "[deleted]", "null", "NaN",
        "' OR 1=1; --", '"; DROP KEYSPACE trendscope; --', "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}",
        "%s%n%x", "../../etc/passwd", "x" * 70_000, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00",
    ]
)  # fmt: skip
NUMBERS = st.one_of(
    st.sampled_from([0, -1, 2**31, 2**63, -(2**63), 10**400, 1e308, -0.0, float("nan"), float("inf"), True]),
    st.integers(),
    st.floats(),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, NASTY, st.text(st.characters(), max_size=40))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)
"""Values as `json.loads` gives them: lone surrogates, NaN and huge numbers among them."""


def nearly(sound: Mapping[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """A sound record of which some fields are replaced by anything, or missing."""
    names = st.sampled_from(sorted(sound))
    return st.builds(
        lambda wrong, missing: {name: value for name, value in {**sound, **wrong}.items() if name not in missing},
        st.dictionaries(names, JSON, max_size=3),
        st.sets(names, max_size=2),
    )


def messages(sound: bytes) -> SearchStrategy[bytes | None]:
    """Message values: nearly right ones, any JSON, any bytes, a right one cut off, none."""
    fields: dict[str, Any] = json.loads(sound)
    return st.one_of(
        nearly(fields).map(encoded),
        JSON.map(encoded),
        st.binary(max_size=200),
        st.integers(0, len(sound)).map(lambda end: sound[:end]),
        st.none(),
    )


def encoded(value: Any) -> bytes:
    """JSON as any program might write it: a lone surrogate as an escape, a number of any size."""
    return json.dumps(value).encode()


def lines(sound: Mapping[str, Any]) -> SearchStrategy[bytes]:
    """JSON Lines of which some are nearly right, some are anything."""
    line = st.one_of(nearly(sound).map(encoded), JSON.map(encoded), st.binary(max_size=60))
    return st.lists(line, max_size=4).map(b"\n".join)


COMMENT_THING: dict[str, Any] = {
    "id": "abc123", "name": "t1_abc123", "body": "I loved Heat.", "subreddit": "movies", "author": "somebody",
    "created_utc": 1_760_000_000.0, "score": 3, "score_hidden": False, "permalink": "/r/movies/x", "link_id": "t3_xyz",
    "link_title": "Official Discussion", "body_html": "<p>",
}  # fmt: skip
FILM_ITEM: dict[str, Any] = {
    "id": 949, "title": "Heat", "original_title": "Heat", "original_language": "en", "release_date": "1995-12-15",
    "genre_ids": [28, 80], "genres": [{"id": 28, "name": "Action"}], "overview": "A film.", "popularity": 52.3,
    "vote_average": 7.9, "vote_count": 7_000, "poster_path": "/x.jpg",
    "alternative_titles": {"titles": [{"title": "Fuoco"}]},
}  # fmt: skip
RECORDED: dict[str, Any] = {
    "id": "x1", "created_utc": 1_700_000_000, "subreddit": "movies", "body": "recorded", "link_id": "t3_t",
    "link_title": "A thread", "score": 1, "author_hash": "a", "thread_movie": "Heat",
}  # fmt: skip
CATALOGUE_LINE: dict[str, Any] = {
    "movie_id": 949, "title": "Heat", "original_title": "Heat", "alternative_titles": ["Fuoco"], "year": 1995,
    "popularity": 52.3, "vote_count": 7_000,
}  # fmt: skip
POLL: dict[str, Any] = {"polled_utc": "2026-01-01T00:00:00Z", "lists": {"trending": [FILM_ITEM]}}
COMMENT: bytes = json.dumps(
    {
        "id": "abc", "body": "I loved Heat.", "subreddit": "movies", "author": "h", "score": 1, "origin": "stream",
        "created_utc": "2026-03-01T12:00:00Z", "fetched_at": "2026-03-01T12:00:05Z", "submission_title": "A thread",
    }
).encode()  # fmt: skip
FILM, UPDATE, PREDICTION = (one.encode() for one in (records.film(), records.update(), records.prediction()))
LETTER: bytes = json.dumps(
    {
        "source_topic": "reddit_stream",
        "raw_base64": "",
        "reason": "schema",
        "detail": "d",
        "seen_at": "2026-03-01T12:00:00Z",
    }
).encode()
