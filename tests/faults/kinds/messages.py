"""Faults 8, 9 and 14: records nobody can use, records twice and in no order, records of older forms."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from common.clock import system_clock
from configs.topics import DEAD_LETTER_STREAM, REDDIT_STREAM, TMDB_STREAM, TREND_STREAM
from tests.faults.fault import Details, Fault, Grade, register
from tests.faults.topics import TopicReader
from tests.faults.world import World

_DEAD, _JUDGED = "dead_letter", ""


def comment(name: str, body: str, created: datetime, **changes: Any) -> bytes:
    """A message of reddit_stream; `changes` replace fields, None takes one away."""
    fields = {
        "schema_version": 1,
        "id": name,
        "body": body,
        "subreddit": "movies",
        "created_utc": created.isoformat(),
        "origin": "stream",
        "fetched_at": created.isoformat(),
    }
    kept = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    return json.dumps(kept).encode()


def poison(now: datetime, tag: str) -> list[tuple[bytes | None, str]]:
    """Records of reddit_stream and what must become of each."""
    sound = comment(f"{tag}_ok", "A comment as any other.", now)
    return [
        (None, _DEAD),
        (b"", _DEAD),
        (b"\x00\xff\xfe", _DEAD),
        (b"not json", _DEAD),
        (sound[:-9], _DEAD),
        (b"[" * 2_000, _DEAD),
        (b"[1, 2]", _DEAD),
        (b'{"id": "x", "body": "\\ud800 alone", "subreddit": "m"}', _DEAD),
        (comment(f"{tag}_a", "Wrong type.", now, created_utc="yesterday"), _DEAD),
        (comment(f"{tag}_b", "Naive.", now, created_utc="2026-01-01T00:00:00"), _DEAD),
        (comment(f"{tag}_c", "Wrong type.", now, score="many"), _DEAD),
        (comment(f"{tag}_d", "No such origin.", now, origin="rumour"), _DEAD),
        (comment(f"{tag}_e", "No id.", now, id=""), _DEAD),
        (comment(f"{tag}_f", "No version we know.", now, schema_version=99), _DEAD),
        (comment(f"{tag}_g", "In 1970.", datetime.fromisoformat("1970-01-01T00:00:01Z")), _DEAD),
        (comment(f"{tag}_h", "In 2100.", datetime.fromisoformat("2100-01-01T00:00:00Z")), _DEAD),
        (comment(f"{tag}_i", "x" * 5_000_000, now), _DEAD),
        (comment(f"{tag}_j", "Searched for.", now, origin="search"), "not_organic"),
        (comment(f"{tag}_k", "NUL \x00 in the text, and 'quotes' \"; DROP TABLE movies; --", now), _JUDGED),
        (comment(f"{tag}_l", "A Film That No Catalogue Has was great!", now), _JUDGED),
        (comment(f"{tag}_m", "<script>alert(1)</script> {{7*7}} %s ${HOME}", now, subreddit="x" * 300), _JUDGED),
        (sound, _JUDGED),
    ]


@register
class Poison(Fault):
    """Bad JSON, wrong types, NUL, lone surrogates, 5 and 7 MB, null keys, unknown films, dates of 1970 and 2100."""

    name, number = "poison", 8

    def __init__(self) -> None:
        self._told: set[int] = set()

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Into three topics past the producers, and through the source's API."""
        now, tag = system_clock(), f"p{rng.randrange(10**9)}"
        records = poison(now, tag)
        rng.shuffle(records)
        world.plant(REDDIT_STREAM, records, key=rng.choice((None, b"", b"\xff\x00", b"planted")))
        films: list[bytes | None] = [None, b"{}", b"nonsense", b'{"movie_id": -5, "title": "x"}', b"\xff" * 100]
        films.append(json.dumps({"movie_id": 1, "title": "", "fetched_at": now.isoformat()}).encode())
        world.plant(TMDB_STREAM, [(value, _DEAD) for value in films])
        updates: list[bytes | None] = [b"{", b'{"movie_id": "x"}', None]
        updates.append(b"x" * 7 * 1024 * 1024)  # as a dead letter it would be larger than the topic takes
        self._told = set(world.plant(TREND_STREAM, [(value, _DEAD) for value in updates]))
        orders: tuple[dict[str, Any], ...] = (
            {"body": "Wrong type.", "title": "t", "extra": {"created_utc": "soon"}},
            {"body": "No body.", "title": "t", "extra": {"body": 5}},
            {"body": "b" * 200_000, "title": "t"},
            {"body": "lone \ud800 surrogate", "title": "\udfff"},
        )
        for order in orders:
            world.simulator("POST", "comments", **order)
        return {"records": len(records), "films": len(films), "updates": len(self._told), "api": len(orders)}

    def aftermath(self, world: World) -> list[str]:
        """The forecaster has set its share aside."""
        reader = TopicReader(world.settings.kafka_bootstrap_servers, DEAD_LETTER_STREAM)
        letters = [json.loads(record.value) for record in reader.read()]
        told = {letter["source_offset"] for letter in letters if letter["source_topic"] == TREND_STREAM}
        return [f"offset {offset} of {TREND_STREAM} is no dead letter" for offset in sorted(self._told - told)]


@register
class Disorder(Fault):
    """A fifth of the comments twice, all in no order, one in twenty too late."""

    name, number = "disorder", 9

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """Comments that name films of the catalogue, within the watermark's delay and beyond it."""
        now, tag = system_clock(), f"d{rng.randrange(10**9)}"
        titles = [film.title for film in world.store.movies.all()]
        delay = world.settings.watermark_delay.total_seconds()
        values: list[bytes] = []
        for number in range(int(grade.pick(400, 4_000))):
            late = rng.random() < 0.05
            age = rng.uniform(2 * delay, 20 * delay) if late else rng.uniform(0, 0.8 * delay)
            body = rng.choice(("I loved {}!", "{} was a terrible bore.", "Saw {} last night.", "Popcorn.")).format(
                rng.choice(titles)
            )
            value = comment(f"{tag}_{number}", body, now - timedelta(seconds=age))
            values += [value] * (2 if rng.random() < 0.2 else 1)
        rng.shuffle(values)
        world.plant(REDDIT_STREAM, [(value, _JUDGED) for value in values])
        return {"records": len(values)}


@register
class OldMessages(Fault):
    """Messages as an older producer wrote them, and as a newer one might: missing optional fields, unknown ones."""

    name, number = "old_messages", 14

    def inject(self, world: World, rng: Random, grade: Grade) -> Details:
        """All of them must count like any other."""
        now, tag = system_clock(), f"o{rng.randrange(10**9)}"
        titles = [film.title for film in world.store.movies.all()]
        values = [
            comment(
                f"{tag}_{number}", f"I watched {rng.choice(titles)} yesterday.", now, schema_version=None, origin=None
            )
            for number in range(20)
        ]
        values += [
            comment(f"{tag}_n{number}", f"Seen {rng.choice(titles)}?", now, depth=number, flair={"text": "new"})
            for number in range(20)
        ]
        world.plant(REDDIT_STREAM, [(value, _JUDGED) for value in values])
        return {"records": len(values)}
