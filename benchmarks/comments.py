"""Comments to measure with: bodies of real length, and a backlog of reddit_stream records made of them."""

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from common.clock import from_millis
from configs.settings import ROOT
from contracts.events import TmdbFilm
from simulator.catalogue import CatalogueFilm, load_catalogue
from simulator.phrases.threads import GENERAL, RELEASE
from simulator.writer import Writer
from storage.import_catalogue import read_catalogue

DATA = ROOT.parent / "shared" / "data"
REAL_BODIES = DATA / "comments" / "rmovies_discussion_dev.jsonl.gz"
REAL_CATALOGUE = DATA / "catalog" / "catalogue.jsonl.gz"

_THREAD_SHARE = 0.5
"""Of the invented comments, how many stand in the discussion of one film."""
_TALKED_ABOUT = 60
"""Films with a discussion at one time."""
_JITTER_MS = 5_000
"""Comments arrive out of order by this much at most."""
_DUPLICATE, _LATE, _BROKEN, _SEARCH = 0.01, 0.005, 0.002, 0.003
"""Shares of records that must not count, so that every category of the ledger is at work."""
_LATE_BY_MS = 900_000
_GONE = {"[deleted]", "[removed]"}


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, and where."""

    body: str
    title: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One record of the backlog, and what it is."""

    value: bytes
    id: str = ""
    created: int = 0
    """ms."""
    text: int = 0
    """Its text's place in the pool."""
    category: str = ""
    """`dead_letter` or `not_organic` when that is clear beforehand; else what it becomes depends on its neighbours."""


def real_texts(path: Path, count: int, seed: int = 1) -> list[Text]:
    """`count` comments drawn from a file of recorded ones, fewer if it has fewer."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = (json.loads(line) for line in lines)
        texts = [Text(line["body"], line.get("link_title") or "") for line in found if line["body"] not in _GONE]
    return random.Random(seed).sample(texts, min(count, len(texts)))


def invented_texts(count: int, seed: int = 1) -> list[Text]:
    """`count` comments by the simulator's writer, whose lengths are those of r/movies (median 21 words, mean 36)."""
    rng = random.Random(seed)
    films = load_catalogue()
    writer = Writer(films)
    return [_invent(rng, writer, films[:_TALKED_ABOUT][rng.randrange(_TALKED_ABOUT)]) for _ in range(count)]


def _invent(rng: random.Random, writer: Writer, film: CatalogueFilm) -> Text:
    own = rng.random() < _THREAD_SHARE
    title = rng.choice(RELEASE).format(title=film.title, year=film.year) if own else rng.choice(GENERAL)
    return Text(writer.write(rng, film, film if own else None).body, title)


def known_films(catalogue: Path | None, as_of: datetime) -> list[TmdbFilm]:
    """The films of a catalogue file, or those the simulator knows."""
    if catalogue is not None:
        return list({film.movie_id: film for film in read_catalogue(catalogue, as_of)}.values())
    return [
        TmdbFilm(
            movie_id=film.id,
            title=film.title,
            original_title=film.original_title,
            alternative_titles=film.alternative_titles,
            year=film.year,
            popularity=film.popularity,
            vote_count=film.vote_count,
            fetched_at=as_of,
        )
        for film in load_catalogue()
    ]


def polled(films: Sequence[TmdbFilm], count: int, fetched: datetime) -> list[TmdbFilm]:
    """A poll that found the `count` most popular films in TMDB's lists."""
    ranked = sorted(films, key=lambda film: (-(film.popularity or 0), film.movie_id))[:count]
    change = {"lists": ("trending_day",), "fetched_at": fetched}
    return [film.model_copy(update=change | {"trending_rank": rank}) for rank, film in enumerate(ranked, 1)]


def backlog(texts: Sequence[Text], count: int, rate: float, end: datetime, seed: int = 1) -> Iterator[Sent]:
    """`count` records in arrival order, `rate` a second of event time, the last one created at `end`.

    Some are duplicates, late, broken or found by a search; the texts come round and round in random order.
    """
    rng = random.Random(seed)
    start = int((end - timedelta(seconds=count / rate)).timestamp() * 1_000)
    recent: list[Sent] = []
    for number in range(count):
        now = start + int(number * 1_000 / rate)
        chance = rng.random()
        if recent and chance < _DUPLICATE:
            yield rng.choice(recent)
            continue
        sent = _record(rng, texts, number, now, chance - _DUPLICATE)
        if not sent.category:
            recent = [*recent[-99:], sent]
        yield sent


def _record(rng: random.Random, texts: Sequence[Text], number: int, now: int, chance: float) -> Sent:
    if chance < _BROKEN:
        return Sent(b'{"id": "broken"', category="dead_letter")
    search = chance < _BROKEN + _SEARCH
    late = _LATE_BY_MS if _BROKEN + _SEARCH < chance < _BROKEN + _SEARCH + _LATE else 0
    created = now - rng.randrange(_JITTER_MS) - late
    place = rng.randrange(len(texts))
    comment = to_event(texts[place], f"b{number:x}", created, from_millis(now), search=search)
    return Sent(comment, f"b{number:x}", created, place, "not_organic" if search else "")


def to_event(text: Text, comment_id: str, created: int, fetched: datetime, *, search: bool = False) -> bytes:
    """The message of reddit_stream, as the producer would write it."""
    return orjson.dumps(
        {
            "schema_version": 1,
            "id": comment_id,
            "body": text.body,
            "subreddit": "movies",
            "author": "5f2c9a1b7d3e4f60",
            "created_utc": from_millis(created),
            "score": 1,
            "permalink": f"/r/movies/comments/x/y/{comment_id}/",
            "submission_id": "x",
            "submission_title": text.title or None,
            "origin": "search" if search else "stream",
            "fetched_at": fetched.astimezone(UTC),
        }
    )


def lengths(texts: Iterable[Text]) -> dict[str, float]:
    """Median and mean number of words."""
    counts = sorted(len(text.body.split()) for text in texts)
    return {"median": counts[len(counts) // 2], "mean": round(sum(counts) / len(counts), 1)}
