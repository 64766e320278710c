"""The engine as bytes and back."""

import zlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from contracts.events import Breakout
from momentum.baseline import Baseline
from momentum.engine import Engine, Lengths

VERSION = 1
"""Counts up with every change of what is saved: an older state is then left aside and learned anew."""


def dump(engine: Engine) -> bytes:
    """Everything the engine knows; one that is made from it goes on bit for bit."""
    content = {
        "version": VERSION,
        "window": engine.lengths.window.total_seconds(),
        "slide": engine.lengths.slide.total_seconds(),
        "last": engine.last,
        "baseline": asdict(engine.baseline),
        "recent": [[at, counts] for at, counts in engine.recent.items()],
        "active": [breakout.model_dump(mode="json") for breakout in engine.active.values()],
        "echoes": [[film, at, peak] for film, (at, peak) in engine.echoes.items()],
        "hours": engine.hours.dump(),
    }
    return zlib.compress(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS), 3)


def load(payload: bytes, lengths: Lengths, false_alarms_per_film_day: float) -> Engine | None:
    """The engine that was saved; None when it is of another version, or of windows of other lengths."""
    try:
        saved: dict[str, Any] = orjson.loads(zlib.decompress(payload))
    except (zlib.error, orjson.JSONDecodeError):
        return None
    same = (VERSION, lengths.window.total_seconds(), lengths.slide.total_seconds())
    if (saved.get("version"), saved.get("window"), saved.get("slide")) != same:
        return None
    engine = Engine(lengths, false_alarms_per_film_day)
    engine.last = _instant(saved["last"])
    learned = saved["baseline"]
    engine.baseline = Baseline(**learned | {"mentions": _by_film(learned["mentions"])})
    engine.recent = {datetime.fromisoformat(at): _by_film(counts) for at, counts in saved["recent"]}
    known = [Breakout.decode(orjson.dumps(each)) for each in saved["active"]]
    engine.active = {breakout.movie_id: breakout for breakout in known}
    engine.echoes = {film: (datetime.fromisoformat(at), peak) for film, at, peak in saved["echoes"]}
    engine.hours.load(saved["hours"])
    return engine


def _by_film(values: dict[str, Any]) -> dict[int, Any]:
    return {int(film): value for film, value in values.items()}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
