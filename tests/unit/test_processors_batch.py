"""Records to packets: what is parsed, what is set aside and why, what is linked with which catalogue."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import from_millis, to_millis
from contracts.errors import ContractError
from contracts.events import DeadLetter, DeadLetterReason, RedditComment, TmdbFilm
from processors.batch import BatchBuilder
from processors.catalogue_reader import CatalogueReader
from processors.excerpt import excerpt
from processors.linking.model import CommentText, Film, Links, Mention
from processors.parse import Limits, Record, dead_letter
from processors.records import DocumentKind, Packet
from processors.snapshots import Observation, Snapshot, SnapshotFiles
from storage.records import MentionExample

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPEND = to_millis(NOW)
LIMITS = Limits(body_bytes=1_000, future_skew=300_000)


class FakeLinker:
    """Finds the ids that a body names as `#7`, with `~7` as uncertain; knows only its films."""

    def __init__(self, films: Iterable[Film]) -> None:
        self.known = {film.movie_id for film in films}

    def link(self, comment: CommentText) -> Links:
        if "boom" in comment.body:
            raise RuntimeError("a bug")
        words = comment.body.split()
        named = {int(word[1:]): word for word in words if word[0] == "#" and int(word[1:]) in self.known}
        found = tuple(
            Mention(m, "text", comment.body.index(w), comment.body.index(w) + len(w), w, 1.0) for m, w in named.items()
        )
        return Links(found, tuple(Mention(int(w[1:]), "text", 0, 1, w, 0.3) for w in words if w[0] == "~"))


class FakeSentiment:
    """Half a point for each exclamation mark, over ten; fails on a comment without a film."""

    def score(self, body: str, links: Links) -> dict[int, float]:
        assert links.mentions, "a comment that names no film is not scored"
        return dict.fromkeys((mention.movie_id for mention in links.mentions), body.count("!") / 10)


@pytest.fixture
def files(tmp_path: Path) -> SnapshotFiles:
    files = SnapshotFiles(tmp_path / "catalogue")
    films = {movie: Film(movie, f"Film {movie}") for movie in (7, 8)}
    seen = {
        7: (Observation(APPEND - 9_000, 4.5, 3, listed=True), Observation(APPEND - 5_000, None, None, listed=False))
    }
    files.write(Snapshot(APPEND - 60_000, APPEND - 60_000, films, seen))
    return files


def builder(files: SnapshotFiles, buckets: int = 1) -> BatchBuilder:
    reader = CatalogueReader(files, FakeLinker)
    reader.refresh()
    return BatchBuilder(buckets, LIMITS, reader, FakeSentiment())


def comment(body: str = "I liked #7 !", **fields: Any) -> bytes:
    values: dict[str, Any] = {
        "id": "abc1", "body": body, "subreddit": "movies",
        "created_utc": NOW - timedelta(seconds=30), "fetched_at": NOW,
    }  # fmt: skip
    return RedditComment(**(values | fields)).encode()


def record(value: bytes | None, offset: int = 0, topic: str = "reddit_stream", append: int = APPEND) -> Record:
    return Record(topic, 0, offset, b"key", value, append)


def one_packet(files: SnapshotFiles, *values: bytes | None) -> Packet:
    batch = builder(files)
    for offset, value in enumerate(values):
        batch.add_comment(record(value, offset))
    return batch.packets()[0]


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(comment()) | fields).encode()


POISON = {
    "no JSON": (b"{nonsense", "malformed_json"),
    "no bytes": (b"", "malformed_json"),
    "a tombstone": (None, "schema"),
    "not an object": (b"[1, 2]", "schema"),
    "a body that is a number": (changed(body=5), "schema"),
    "no id": (changed(id=None), "schema"),
    "a time without zone": (changed(created_utc="2026-03-01T11:00:00"), "schema"),
    "a time that is a number": (changed(created_utc=1_700_000_000.5), "schema"),
    "broken UTF-8": (comment().replace(b"liked", b"li\xffed"), "malformed_json"),
    "a lone surrogate": (comment().replace(b"liked", rb"li\ud800ed"), "malformed_json"),
    "5 MB": (comment("x" * 5_000_000), "too_large"),
    "just too large, in two-byte letters": (comment("é" * 501), "too_large"),
    "the year 2100": (comment(created_utc=datetime(2100, 1, 1, tzinfo=UTC)), "event_time"),
    "six minutes ahead": (comment(created_utc=NOW + timedelta(minutes=6)), "event_time"),
    "1970": (comment(created_utc=datetime(1970, 1, 1, tzinfo=UTC)), "event_time"),
    "the last year there is": (changed(created_utc="9999-12-31T23:59:59-05:00"), "schema"),
    "a text that a step fails on": (comment("boom"), "processing"),
}


class TestPoison:
    @pytest.mark.parametrize(("value", "reason"), POISON.values(), ids=POISON)
    def test_is_set_aside_with_its_reason_and_the_rest_goes_on(
        self, files: SnapshotFiles, value: bytes | None, reason: str
    ) -> None:
        packet = one_packet(files, value, comment())
        assert packet.dead_letters == 1
        letter = DeadLetter.decode(packet.documents[DocumentKind.DEAD_LETTER].values[0])
        assert (letter.reason, letter.source_topic, letter.source_offset) == (reason, "reddit_stream", 0)
        assert base64.b64decode(letter.raw_base64) == (value or b"")
        assert packet.comments["order"].tolist() == [1]

    def test_does_not_move_the_watermark(self, files: SnapshotFiles) -> None:
        batch = builder(files)
        for value, _ in POISON.values():
            batch.add_comment(record(value))
        assert batch.newest_event == 0

    def test_a_film_in_the_future_is_set_aside_but_is_no_comment(self, files: SnapshotFiles) -> None:
        batch = builder(files)
        film = TmdbFilm(movie_id=9, title="Nine", fetched_at=NOW + timedelta(days=1))
        batch.add_film(record(film.encode(), topic="tmdb_stream"))
        batch.add_film(record(b"{}", 1, topic="tmdb_stream"))
        packet = batch.packets()[0]
        reasons = [DeadLetter.decode(v).reason for v in packet.documents[DocumentKind.DEAD_LETTER].values]
        assert reasons == [DeadLetterReason.EVENT_TIME, DeadLetterReason.SCHEMA]
        assert packet.dead_letters == 0, "the ledger is about comments"
        assert not len(packet.observations)

    @pytest.mark.parametrize("size", [6_000_000, 8_000_000])
    def test_a_dead_letter_always_fits_its_topic(self, size: int) -> None:

        letter = dead_letter(record(b"x" * size), ContractError("schema", "why"))
        assert len(letter.encode()) < 8 * 1024 * 1024
        assert ("only the first" in letter.detail) == (size > 6_500_000)

    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_comment_or_a_dead_letter(self, value: bytes) -> None:
        batch = BatchBuilder(1, LIMITS, CatalogueReader(SnapshotFiles(Path("/nowhere")), FakeLinker), FakeSentiment())
        batch.add_comment(record(value))
        assert batch.packets()[0].dead_letters == 1


class TestComments:
    def test_nul_is_a_character_like_any_other(self, files: SnapshotFiles) -> None:
        packet = one_packet(files, comment("a\x00b #7"))
        assert packet.mentions["movie"].tolist() == [7]

    def test_five_minutes_ahead_is_still_taken(self, files: SnapshotFiles) -> None:
        assert len(one_packet(files, comment(created_utc=NOW + timedelta(minutes=5))).comments) == 1

    def test_found_by_search_is_never_organic(self, files: SnapshotFiles) -> None:
        batch = builder(files)
        batch.add_comment(record(comment(origin="search")))
        packet = batch.packets()[0]
        assert (packet.not_organic, len(packet.comments), len(packet.mentions), batch.newest_event) == (1, 0, 0, 0)

    def test_a_comment_becomes_numbers(self, files: SnapshotFiles) -> None:
        packet = one_packet(files, comment("no film"), comment("#7 and #8 and ~9 !!"))
        created = APPEND - 30_000
        assert packet.comments[["time", "films"]].tolist() == [(created, 0), (created, 2)]
        assert packet.mentions.tolist() == [(1, 20_000_000_000, 7, 0), (1, 20_000_000_000, 8, 0)]
        assert (packet.uncertain, packet.last_append, packet.first_comment) == (1, APPEND, APPEND)

    def test_every_bucket_sees_every_comment_and_its_own_films(self, files: SnapshotFiles) -> None:
        batch = builder(files, buckets=2)
        batch.add_comment(record(comment("#7 #8 ~7")))
        batch.add_comment(record(b"bad", 1))
        even, odd = batch.packets()
        assert even.comments.tolist() == odd.comments.tolist()
        assert (even.mentions["movie"].tolist(), odd.mentions["movie"].tolist()) == ([8], [7])
        assert (even.dead_letters, odd.dead_letters, even.uncertain, odd.uncertain) == (1, 0, 1, 0)

    def test_the_catalogues_observations_come_along_once(self, files: SnapshotFiles) -> None:
        rows = one_packet(files, comment("#7"), comment("#7 #8")).observations
        assert rows[["movie", "fetched", "append", "rank", "listed"]].tolist() == [
            (7, APPEND - 9_000, 0, 3, APPEND - 9_000),
            (7, APPEND - 5_000, 0, 0, 0),
        ]
        assert rows["popularity"][0] == 4.5
        assert np.isnan(rows["popularity"][1])

    def test_few_examples_a_film_are_carried(self, files: SnapshotFiles) -> None:
        packet = one_packet(files, *[comment(f"#7 number {n}", id=f"c{n}") for n in range(9)])
        examples = [MentionExample.model_validate_json(v) for v in packet.documents[DocumentKind.EXAMPLE].values]
        assert [(e.movie_id, e.comment_id, e.excerpt, e.via) for e in examples] == [
            (7, "c0", "#7 number 0", "text"),
            (7, "c1", "#7 number 1", "text"),
        ]
        assert len(packet.mentions) == 9

    def test_a_record_is_linked_with_the_catalogue_of_its_append_time(self, files: SnapshotFiles) -> None:
        later = Snapshot(APPEND + 1_000, APPEND + 1_000, {8: Film(8, "Film 8")}, {})
        files.write(later)
        batch = builder(files)
        for offset, append in enumerate((APPEND, APPEND + 999, APPEND + 1_000, APPEND - 10**9)):
            batch.add_comment(record(comment("#7", created_utc=NOW - timedelta(days=30)), offset, append=append))
        assert batch.packets()[0].comments["films"].tolist() == [1, 1, 0, 1], "the oldest serves what is older still"


def test_a_film_is_an_observation_and_a_document(files: SnapshotFiles) -> None:
    batch = builder(files, buckets=2)
    films = [
        TmdbFilm(movie_id=5, title="Five", popularity=2.5, lists=("now_playing",), trending_rank=4, fetched_at=NOW),
        TmdbFilm(movie_id=6, title="Six", fetched_at=NOW),
    ]
    for offset, film in enumerate(films):
        batch.add_film(record(film.encode(), offset, topic="tmdb_stream"))
    even, odd = batch.packets()
    assert odd.observations.tolist() == [(5, APPEND, APPEND, 2.5, 4, APPEND)]
    assert even.observations[["movie", "rank", "listed"]].tolist() == [(6, 0, 0)]
    assert [TmdbFilm.decode(v) for p in (odd, even) for v in p.documents[DocumentKind.FILM].values] == films
    assert batch.newest_event == 0, "films never move the watermark"


class TestExcerpt:
    @given(st.text(max_size=900), st.integers(0, 900), st.integers(0, 50))
    def test_is_short_and_shows_the_name(self, body: str, start: int, length: int) -> None:
        start = min(start, len(body))
        end = min(start + length, len(body))
        shown = excerpt(body, start, end)
        assert len(shown) <= 302 + 50
        assert " ".join(body[start:end].split()) in shown or not body[start:end].strip()

    def test_cuts_at_words(self) -> None:
        body = "word " * 100 + "Heat was good. " + "more " * 100
        at = body.index("Heat")
        shown = excerpt(body, at, at + 4)
        assert shown.startswith("…word ")
        assert shown.endswith(" more…")

    def test_a_short_comment_is_whole(self) -> None:
        assert excerpt("I saw\n\nHeat.", 7, 11) == "I saw Heat."


def test_dead_letters_are_the_same_when_made_again() -> None:

    letters = {dead_letter(record(b"x"), ContractError("schema", "why")).encode() for _ in range(3)}
    assert len(letters) == 1
    assert DeadLetter.decode(letters.pop()).seen_at == from_millis(APPEND)
