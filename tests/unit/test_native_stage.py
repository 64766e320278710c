"""The extension against the Python code: linker, analyzer, and whole batches of records, good and bad, to the bit."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.comments import DATA, invented_texts, known_films, real_texts, to_event
from benchmarks.native import compare, said
from benchmarks.stages import linkable
from common.clock import from_millis, to_millis
from contracts.events import RedditComment
from processors.batch import BatchBuilder
from processors.catalogue_reader import CatalogueReader
from processors.linking import native as linking
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film
from processors.linking.thread import Thread
from processors.native import NativeLinker, analyzer, extension
from processors.native_batch import NativeBatchBuilder
from processors.parse import Limits
from processors.records import Packet
from processors.sentiment.score import FilmSentiment
from processors.snapshots import Observation, Snapshot, SnapshotFiles
from processors.stage import collect
from tests.support.arrow import NOW, arrow

pytestmark = pytest.mark.skipif(extension() is None, reason="the extension is not built here")

APPEND = to_millis(NOW)
LIMITS = Limits(body_bytes=1_000, future_skew=300_000)
FILMS = linkable(known_films(None, NOW))
BODIES = DATA / "comments" / "rmovies_discussion_dev.jsonl.gz"


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(FILMS)


@pytest.fixture(scope="module")
def native(linker: Linker) -> NativeLinker:
    return NativeLinker(linker, extension())


@pytest.fixture(scope="module")
def native_analyzer() -> Any:
    return analyzer(extension())


@pytest.fixture(scope="module")
def sentiment() -> FilmSentiment:
    return FilmSentiment()


def titles() -> Iterator[str]:
    for film in FILMS:
        yield film.title
        yield f"Official Discussion - {film.title} [SPOILERS]"


PIECES = st.one_of(
    st.sampled_from([film.title for film in FILMS]),
    st.sampled_from([film.title.lower() for film in FILMS]),
    st.sampled_from(
        ["watched", "the original", "(1984)", "’99", "1982's", "*", '"', "“", "”", "> ", "\n", "\n\n", "\n> "]
    ),
    st.sampled_from(["&gt; ", "&amp;", "&#39;", ", ", " and ", "; but ", ". ", "?!", "!!! ", "http://x.y/(a)b"]),
    st.sampled_from(["www.z.z", "/r/movies", " u/me ", "2", "II", "part two", "TDK", "LOTR", "BR2049", "- ", "1. "]),
    st.sampled_from(
        ["movie", "trilogy", "is out", "’s ", "'s ", "GREAT", "bad ass", "not", "never so good", "kind of"]
    ),
    st.sampled_from(
        ["soundtrack", "came out", "came out of", "coming out ", "movies", "he died", "film", "[", "](", "I "]
    ),
    st.sampled_from(["the bomb", "least", "😀", "…", "é", "ﬁ", "Σ", "İ", "٣"]),
    st.text(max_size=12),
)
BODY = st.lists(PIECES, max_size=14).map(" ".join)


class TestTexts:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=BODY, title=st.none() | st.sampled_from(list(titles())), year=st.integers(1980, 2026))
    def test_any_text_is_understood_as_python_does(  # noqa: PLR0917 - fixtures and what is generated
        self, linker: Linker, native: NativeLinker, native_analyzer: Any, sentiment: FilmSentiment, body: str,
        title: str | None, year: int,
    ) -> None:  # fmt: skip
        found = native.native.understand(native_analyzer, body, title, year)
        if found is not None:
            text = CommentText(body, title, datetime(year, 6, 1, tzinfo=UTC))
            assert found == said(linker, sentiment, text)

    def test_written_comments_need_no_help(self, linker: Linker) -> None:
        texts = invented_texts(500)
        if BODIES.is_file():
            texts += real_texts(BODIES, 500)
        result = compare([CommentText(text.body, text.title or None, NOW) for text in texts], linker)
        assert result["different"] == 0
        assert result["left_to_python"] < len(texts) / 100, "the extension leaves next to nothing to Python"

    @pytest.mark.parametrize("body", ["ΣΑΣ Heat", "İstanbul", "٣ films"])
    def test_characters_of_unclear_case_are_left_to_python(
        self, native: NativeLinker, native_analyzer: Any, body: str
    ) -> None:
        assert native.native.understand(native_analyzer, body, None, 2020) is None

    @pytest.mark.parametrize(
        "body",
        [
            "> www.a.b\nWww.Heat.com Heat",  # only what is quoted asks for a look at addresses
            "see www.a.b/Heat or WWW.Heat.com or Www.Heat.com",
            "http:/Heat ://Heat r/Heat er/Heat u/Heat .r/Heat",
            "&amp; &lt;Heat&gt; & Heat",
            "&gt; Heat\n&gt;!Heat",
        ],
    )
    def test_what_is_not_the_writers_own(
        self, linker: Linker, native: NativeLinker, native_analyzer: Any, sentiment: FilmSentiment, body: str
    ) -> None:
        found = native.native.understand(native_analyzer, body, None, NOW.year)
        assert found == said(linker, sentiment, CommentText(body, None, NOW))


LONG = [
    "Supercalifragil",
    "Supercalifragili",
    "Supercalifragilis",
    "Ab\0cd",
    "\0Abcd",
    "Amélie",
    "Ame\u0301lie",
    "Élégie",
]
"""Of 15 bytes and more, with what counts as nothing, with letters of several bytes."""


@pytest.mark.parametrize("word", LONG)
def test_words_of_any_length_keep_apart(word: str, sentiment: FilmSentiment, native_analyzer: Any) -> None:
    titles = [f"{title}{tail}" for title in LONG for tail in ("", " Returns Twice")]
    films = [Film(number, title, year=2001, vote_count=9_000) for number, title in enumerate(titles, 1)]
    linker = Linker(films)
    native = NativeLinker(linker, extension())
    for body in (f"I watched {word} last night.", f"I loved {word} Returns Twice, not {word} Returns.", word.lower()):
        found = native.native.understand(native_analyzer, body, None, NOW.year)
        assert found == said(linker, sentiment, CommentText(body, None, NOW))


@pytest.mark.parametrize("word", LONG)
def test_tokens_of_any_length_keep_apart(word: str, sentiment: FilmSentiment, native_analyzer: Any) -> None:
    for text in (f"{word} is GREAT", f"{word.upper()} is great", f"not {word}", f"{word} {word[:-1]} {word}!"):
        assert native_analyzer.compound(text) == sentiment._compound(text)


VADER_PIECES = st.one_of(
    st.sampled_from(
        ["good", "GOOD", "bad", "horrible!", "no", "or", "nor", "but", "BUT", "very", "VERY", "at", "least"]
    ),
    st.sampled_from(["kind", "of", "kind of", "never", "so", "this", "without", "doubt", "isn't", "ISN'T", "won't"]),
    st.sampled_from(["the shit", "the bomb", "bad ass", "bus stop", "yeah right", "kiss of death", "to die for", ":)"]),
    st.sampled_from(
        ["?", "??", "????", "!", "!!!!!", "😀", "💔x", "x💔", "sort of", "hella", "barely", "É", "ok", "\u2028"]
    ),
    st.text(max_size=6),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(VADER_PIECES, max_size=20).map(" ".join))
def test_the_analyzer_is_the_python_one(native_analyzer: Any, sentiment: FilmSentiment, text: str) -> None:
    found = native_analyzer.compound(text)
    assert found is None or found == sentiment._compound(text)


@settings(max_examples=300)
@given(st.characters(exclude_categories=["Cs"]))
def test_of_every_character_its_folded_form_and_lower_case_are_single(char: str) -> None:
    fold, lower, _ = linking.character(char)
    assert len(fold) == len(lower) == 1


GOOD = RedditComment(
    id="abc1", body="Heat is great", subreddit="movies", created_utc=NOW, permalink="/r/movies/1", fetched_at=NOW
)


def variants() -> Iterator[bytes]:
    """Messages that differ in one field, good and bad."""
    document = json.loads(GOOD.encode())
    odd: list[Any] = [
        None,
        "",
        0,
        1,
        -1,
        1.0,
        1.5,
        10**30,
        True,
        [],
        {},
        "x",
        "x" * 70,
        'é\u0000"\\\n\t/',
        "\ud83d\ude00",
    ]
    instants = [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00.5Z",
        "2026-03-01T12:00:00.123456789Z",
        "2026-03-01 12:00:00Z",
    ]
    instants += [
        "2026-03-01T12:00:00+00:00",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T12:00:00",
        "2026-02-30T12:00:00Z",
    ]
    instants += [
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00Z",
        "1999-01-01T00:00:00Z",
        "20260301",
    ]
    instants += [
        "2027-01-01T00:00:00Z",
        "2024-02-29T23:59:59.999Z",
        "2026-03-01T12:00:00-00:00",
        "2026-03-01t12:00:00z",
    ]
    for name in [*document, "unknown"]:
        for value in [*odd, *instants, "stream", "search", "Stream", 2]:
            text = json.dumps(document | {name: value}, ensure_ascii=name < "c")  # both ways of writing é
            yield text.encode("utf-8", "surrogatepass")
        yield json.dumps({key: value for key, value in document.items() if key != name}).encode()
    good = GOOD.encode()
    yield from (b"", b"{}", b"[]", b"null", good + b" ", b" " + good, good + b"x", good[:-1], good[:-1] + b",}")
    yield good.replace(b'"body"', b'"b\\u006fdy"')
    yield good.replace(b"Heat", b"Heat\\ud800") + b""
    yield good.replace(b"Heat", b"Heat\\ud83d\\ude00 \\u0041\\/\\b\\f")
    yield good.replace(b"Heat", b"Heat\x01")
    yield good.replace(b"Heat", b"Heat\xff")
    yield good[:-1] + b',"body":"twice"}'
    yield good[:-1] + b',"score":-0}'
    yield good[:-1] + b',"score":007}'
    yield good[:-1] + b',"score":1e3}'
    yield good.replace(b"Heat is great", b"x" * 1_001)
    yield good.replace(b"Heat is great", "é".encode() * 501)


class TestBatches:
    @pytest.fixture
    def reader(self, tmp_path: Path, native: NativeLinker) -> CatalogueReader:
        films = {film.movie_id: film for film in FILMS}
        rows = {movie: (Observation(APPEND - 5_000, 3.5, 2, listed=True),) for movie in list(films)[:40]}
        files = SnapshotFiles(tmp_path / "catalogue")
        for since in (APPEND - 60_000, APPEND + 5_000):
            files.write(Snapshot(since, APPEND - 60_000, films, rows))
        reader = CatalogueReader(files, lambda _films: native)
        reader.refresh()
        return reader

    def both(
        self, reader: CatalogueReader, native_analyzer: Any, sentiment: FilmSentiment, values: Sequence[bytes | None]
    ) -> list[list[Packet]]:
        """The packets of the extension's way and of the Python way."""
        module = extension()
        builders = [
            NativeBatchBuilder(3, LIMITS, reader, sentiment, module, native_analyzer),
            BatchBuilder(3, LIMITS, reader, sentiment),
        ]
        batch = arrow(values).slice(1)
        return [[Packet.decode(p.encode()) for p in packets_of(builder, batch)] for builder in builders]

    def test_comments_good_and_bad(
        self, reader: CatalogueReader, native_analyzer: Any, sentiment: FilmSentiment
    ) -> None:
        values: list[bytes | None] = []
        for number, text in enumerate(invented_texts(300)):
            created = APPEND - number * 7
            values.append(to_event(text, f"c{number:x}", created, from_millis(created), search=number % 50 == 3))
        values[10:10] = [None, *variants()]
        native, python = self.both(reader, native_analyzer, sentiment, values)
        assert sum(len(packet.mentions) for packet in python) > 150
        assert python[0].dead_letters > 100
        assert python[0].not_organic > 4
        for one, other in zip(native, python, strict=True):
            same(one, other)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_damaged_messages_are_judged_by_the_contract(
        self, reader: CatalogueReader, native_analyzer: Any, sentiment: FilmSentiment, data: st.DataObject
    ) -> None:
        values: list[bytes | None] = [GOOD.encode()]
        for _ in range(20):
            raw = bytearray(GOOD.encode())
            for _ in range(data.draw(st.integers(1, 3))):
                raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
            values.append(bytes(raw))
        native, python = self.both(reader, native_analyzer, sentiment, values)
        for one, other in zip(native, python, strict=True):
            same(one, other)

    def test_a_failure_is_python_s_to_judge(
        self,
        reader: CatalogueReader,
        native_analyzer: Any,
        sentiment: FilmSentiment,
        linker: Linker,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        read = linker.thread

        def fails(title: str | None, created: datetime | None) -> Thread:
            if title == "boom":
                raise RuntimeError("a bug")
            return read(title, created)

        monkeypatch.setattr(linker, "thread", fails)
        titles = ["pad", "boom", "Official Discussion - Heat"]
        values = [GOOD.model_copy(update={"submission_title": title}).encode() for title in titles]
        native, python = self.both(reader, native_analyzer, sentiment, values)
        assert python[0].dead_letters == 1
        assert len(python[0].comments) == 1
        same(native[0], python[0])

    def test_an_id_that_is_no_number_of_reddit_s_is_hashed_by_python(
        self, reader: CatalogueReader, native_analyzer: Any, sentiment: FilmSentiment
    ) -> None:
        ids = ["A1", "zzzzzzzzzzz", "zzzzzzzzzzzz", "0a", "a", "ü", "x_y"]
        values = [GOOD.model_copy(update={"id": name}).encode() for name in ("pad", *ids)]
        native, python = self.both(reader, native_analyzer, sentiment, values)
        assert len(python[0].comments) == len(ids)
        same(native[0], python[0])


def packets_of(builder: BatchBuilder, batch: pa.RecordBatch) -> list[Packet]:
    collect(batch, builder)
    return builder.packets()


def same(one: Packet, other: Packet) -> None:
    """Equal in every bit that the fold sees."""
    for name in ("comments", "mentions", "observations"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype
        assert np.array_equal(left.view("u1"), right.view("u1")), name
    assert one.documents == other.documents
    for name in ("last_append", "first_comment", "dead_letters", "not_organic", "uncertain"):
        assert getattr(one, name) == getattr(other, name), name
