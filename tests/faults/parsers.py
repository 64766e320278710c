"""Every parser of outside input: what it is fed with, and what it may answer."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from configs.settings import Settings, load_settings
from contracts.errors import ConfigurationError, ContractError
from contracts.events import DeadLetter, Prediction, RedditComment, TmdbFilm, TrendUpdate
from local.launch import read_starts
from local.status import Probe, pace_of
from ml_service import snapshot
from ml_service.engine import EngineConfig
from ml_service.errors import SnapshotError
from processors.crash import VARIABLE, CrashSwitch
from processors.excerpt import excerpt
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film
from processors.parse import Limits, Record, dead_letter, parse_comment
from processors.parse import parse_film as parse_film_record
from processors.sentiment.score import FilmSentiment
from producers.durable import load_json
from producers.errors import SourceUnavailableError
from producers.http import parse_retry_after
from producers.reddit import records as reddit
from producers.reddit.author import AuthorHash
from producers.reddit.client import _read_listing
from producers.reddit.position import PositionStore
from producers.reddit.things import created, fullname
from producers.tmdb import lists, records
from simulator.catalogue import load_catalogue
from simulator.replay import read_recording
from simulator.tmdb_world import read_polls
from storage.import_catalogue import read_catalogue
from tests.faults import nonsense
from tests.faults.nonsense import JSON, NASTY, encoded, lines, messages, nearly

_NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_LIMITS = Limits(body_bytes=100_000, future_skew=300_000)
_FILMS = [
    Film(949, "Heat", year=1995), Film(346_698, "Barbie", year=2023), Film(1, "It"), Film(2, "Up"), Film(3, "Her"),
    Film(4, "Official Competition", year=2021), Film(5, "12 Angry Men", year=1957),
]  # fmt: skip
_HASH = AuthorHash(b"a key")
_LINKER, _SENTIMENT = Linker(_FILMS), FilmSentiment()
_CONFIG = EngineConfig(timedelta(minutes=5), timedelta(minutes=1), (1,), 0.8)


@dataclass(frozen=True)
class Parser:
    """One parser."""

    name: str
    inputs: SearchStrategy[Any] = field(repr=False)
    read: Callable[[Any], object]
    refuses: tuple[type[Exception], ...] = ()


def _in_file(read: Callable[[Path], object], suffix: str = ".jsonl") -> Callable[[bytes], object]:
    """The parser of a file, fed with its bytes."""

    def parse(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"input{suffix}"
            path.write_bytes(data)
            return read(path)

    return parse


def _reddit_thing(data: Any) -> object:
    thing = {"kind": "t1", "data": data} if isinstance(data, dict) else data
    fullname(thing), created(thing), encoded(reddit.without_names(thing, _HASH))
    parsed = reddit.parse(thing, fetched_at=_NOW, author_hash=_HASH, max_bytes=100_000)
    return RedditComment.decode(parsed.comment.encode()) if isinstance(parsed, reddit.Usable) else parsed


def _tmdb_item(item: Any) -> object:
    film = records.parse_film(item, genres={28: "Action"}, fetched_at=_NOW)
    if isinstance(item, dict):
        records.alternative_titles(item), records.genre_names(item), lists.last_page(item)
    return TmdbFilm.decode(film.encode()) if isinstance(film, TmdbFilm) else film


def _job_record(parse: Callable[[bytes | None, int, Limits], object]) -> Callable[[bytes | None], object]:
    """What the job does with a record: use it, or set it aside as a message that itself keeps to its contract."""

    def read(value: bytes | None) -> object:
        try:
            return parse(value, 1_772_366_405_000, _LIMITS)
        except ContractError as error:
            letter = dead_letter(Record("reddit_stream", 0, 7, value, value, 1_772_366_405_000), error)
            return DeadLetter.decode(letter.encode())

    return read


def _link(text: tuple[str, str | None]) -> object:
    body, title = (part.encode("utf-8", "replace").decode() if part else part for part in text)
    links = _LINKER.link(CommentText(body or "", title, _NOW))
    scores = _SENTIMENT.score(body or "", links)
    assert all(-1 <= scores[mention.movie_id] <= 1 for mention in links.mentions)
    return [excerpt(body or "", 0, len(body or "")), scores]


def _setting(values: dict[str, str]) -> object:
    secret = "hunter2-and-more"
    try:
        return load_settings(_env_file=None, **{"tmdb_api_key": secret, **values})
    except ConfigurationError as error:
        if secret in str(error):
            raise AssertionError("the message tells a secret") from error
        raise


def _metrics(text: str) -> object:
    return pace_of(text, Probe(1, "lag", "event"))


_WORDS = st.sampled_from(
    [
        "I",
        "loved",
        "Heat",
        "it",
        "IT",
        "Up",
        "\n> ",
        "*Her*",
        "(1995)",
        "12",
        "angry men",
        "not!",
        "**",
        "http://x.y/It",
    ]
)
_TEXT = st.one_of(st.lists(st.one_of(_WORDS, NASTY), max_size=12).map(" ".join), st.text(max_size=200))
_SETTINGS = st.dictionaries(
    st.sampled_from(sorted(Settings.model_fields)),
    st.one_of(NASTY, st.integers().map(str), st.sampled_from(["5 minutes", "0 seconds", "1,2", "a,b", "-3", "1e400"])),
    min_size=1,
    max_size=3,
)
_EXPOSITION = st.lists(
    st.sampled_from(["lag 3", "lag NaN", 'lag{a="b"} 4', "event 1e9", "# TYPE lag gauge", "event -1", "x"])
).map("\n".join)
_POSITION = lines({"subreddits": ["movies"], "anchors": ["t1_a"], "seen": ["t1_a"]})
_STARTS = st.one_of(st.binary(), st.lists(st.floats()).map(lambda n: "\n".join(map(str, n)).encode()))

PARSERS: tuple[Parser, ...] = (
    *(
        Parser(f"contract {model.__name__}", messages(sound), model.decode, (ContractError,))
        for model, sound in (
            (TmdbFilm, nonsense.FILM),
            (RedditComment, nonsense.COMMENT),
            (TrendUpdate, nonsense.UPDATE),
            (Prediction, nonsense.PREDICTION),
            (DeadLetter, nonsense.LETTER),
        )
    ),
    Parser("a comment of Reddit's API", st.one_of(nearly(nonsense.COMMENT_THING), JSON), _reddit_thing),
    Parser(
        "a listing of Reddit's API",
        st.one_of(JSON, nearly({"kind": "Listing", "data": {"children": [], "after": None}})),
        _read_listing,
        (SourceUnavailableError,),
    ),
    Parser("a film of TMDB's API", st.one_of(nearly(nonsense.FILM_ITEM), JSON), _tmdb_item),
    Parser(
        "a list of TMDB's API",
        st.dictionaries(st.sampled_from(["results", "total_pages"]), JSON),
        lambda answer: lists.results(answer, "/x"),
        (SourceUnavailableError,),
    ),
    Parser(
        "the header Retry-After",
        st.one_of(NASTY, st.text(), st.floats().map(str)),
        lambda text: parse_retry_after(text, lambda: _NOW),
    ),
    Parser("a record of reddit_stream in the job", messages(nonsense.COMMENT), _job_record(parse_comment)),
    Parser("a record of tmdb_stream in the job", messages(nonsense.FILM), _job_record(parse_film_record)),
    Parser("linking, sentiment and excerpt", st.tuples(_TEXT, st.one_of(st.none(), _TEXT)), _link),
    Parser("settings", _SETTINGS, _setting, (ConfigurationError,)),
    Parser("a recording of comments", lines(nonsense.RECORDED), _in_file(read_recording), (ConfigurationError,)),
    Parser("a recording of polls", lines(nonsense.POLL), _in_file(read_polls), (ConfigurationError,)),
    Parser(
        "the simulator's catalogue",
        lines(nonsense.CATALOGUE_LINE),
        _in_file(load_catalogue),
        (ConfigurationError,),
    ),
    Parser(
        "a catalogue to import",
        lines(nonsense.CATALOGUE_LINE),
        _in_file(lambda path: list(read_catalogue(path, _NOW))),
        (ConfigurationError,),
    ),
    Parser(
        "a producer's position",
        st.one_of(_POSITION, JSON.map(encoded)),
        _in_file(lambda path: PositionStore(path, ("movies",)).load(), ".json"),
    ),
    Parser("a small file of JSON", st.one_of(st.binary(), JSON.map(encoded)), _in_file(load_json, ".json")),
    Parser(
        "the forecaster's snapshot",
        st.one_of(st.binary(), nearly({"format": 1, "model_version": "mixture-1", "offsets": {"0": 3}}).map(encoded)),
        lambda data: snapshot.parse(data, _CONFIG),
        (SnapshotError,),
    ),
    Parser("a list of starts", _STARTS, _in_file(read_starts)),
    Parser("another service's metrics", st.one_of(_EXPOSITION, st.text()), _metrics, (ValueError,)),
    Parser(
        "the crash switch",
        st.one_of(NASTY, st.sampled_from(["after_publish:batch=3", "x:batch=1", "after_publish:batch=-1"])),
        lambda text: CrashSwitch.from_environment({VARIABLE: text}),
        (ConfigurationError,),
    ),
)
"""By name. What the API of `serving` takes is tried by its own tests."""
