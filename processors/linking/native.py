"""The linker's tables for the optional extension `trendscope_native`, which links as `linker.py` does, faster.

Everything is handed over as data, so that words, weights and thresholds stand in Python only. Texts with a character
whose case or value is not its own affair are left to the Python code, see `character`.
"""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from processors.linking import about, chains, fame, features, linker, resolve, scorer, talk
from processors.linking.index import CatalogueIndex, Surface
from processors.linking.names import CALENDAR, GIVEN_NAMES, PLACES
from processors.linking.surfaces import Kind
from processors.linking.text import fold
from processors.linking.thread import FUTURE_YEARS, SEQUEL_YEARS
from processors.linking.titles import NUMBERS

_SPACE, _WORD, _UPPER, _LOWER, _ALPHA, _ODD = (1 << bit for bit in range(6))

_OTHER_CASES: Final = frozenset("ΣſKıİ")
"""Characters whose lower case depends on their neighbours, or that `re.IGNORECASE` takes for an ASCII letter."""


def character(char: str) -> tuple[str, str, int]:
    """What the extension wants to know of a character: its folded form, its lower case, and flags."""
    lower = char.lower()
    odd = not char.isascii() and (
        len(lower) != 1 or char in _OTHER_CASES or char.isdecimal() or unicodedata.category(char) in {"Lt", "Cs"}
    )
    flags = (
        _SPACE * char.isspace()
        | _WORD * (char.isalnum() or char == "_")
        | _UPPER * char.isupper()
        | _LOWER * char.islower()
        | _ALPHA * char.isalpha()
        | _ODD * odd
    )
    return fold(char), char if odd else lower, flags


def table(source: "linker.Linker") -> dict[str, Any]:
    """A linker's tables, as the constructor of `trendscope_native.Linker` takes them."""
    index = source.index
    numbers = {"": 0}
    for key in index.series:
        numbers.setdefault(key, len(numbers))
    films = [
        (
            film.movie_id,
            film.year,
            fame.fame(film),
            features.votes_feature(film),
            fame.earliness(film),
            film.vote_count is None,
            numbers[index.series[position]],
            position in index.firsts,
        )
        for position, film in enumerate(index.films)
    ]
    return {
        "words": list(_words(source)),
        "surfaces": [_surface(surface) for surface in index.surfaces.values()],
        "films": films,
        "scorer": _scorer(source.scorer),
        "worth": _worth(),
        "about": {
            "nothing": sorted(about.NOTHING),
            "back": [f" {phrase} " for phrase in about.THIS],
            "short": about.SHORT,
            "others": about.ABOUT_OTHERS,
            "usual": about.USUAL,
        },
        "threads_kept": linker.THREADS_KEPT,
        "read_thread": _ThreadReader(source, index, numbers),
    }


class _ThreadReader:
    """Reads a thread's title for the extension, which remembers the answer."""

    def __init__(self, source: "linker.Linker", index: CatalogueIndex, numbers: dict[str, int]) -> None:
        self._source, self._index, self._numbers = source, index, numbers

    def __call__(self, title: str, year: int | None) -> tuple[str, int | None, int, list[Any]]:
        """(words, position of its film, number of its series, its own forms)."""
        created = None if year is None else datetime(year, 1, 1, tzinfo=UTC)
        thread = self._source.thread(title, created)
        position = thread.position if thread.film is not None else None
        return thread.words, position, self._numbers[thread.series], [_surface(form) for form in thread.forms]


def _words(source: "linker.Linker") -> Iterator[tuple[str, float, float, int]]:
    """(word, log-odds before a title, log-odds after one, bits) of every word the features ask about."""
    stats = source.stats
    plain = stats.plain_words()
    sets = [
        features.FIRST,
        features.FILM,
        features.OTHER,
        features.SERIES,
        features.NEXT,
        features.ANY,
        features.RELEASE,
        features.BE,
        features.OUT,
        features.SMALL_WORDS,
        linker.SEQUEL,
        linker.WATCH,
        chains.JOINERS,
        frozenset(NUMBERS) - features.NO_NUMBERS,
        plain,
        talk.TALK,
        talk.STORY,
        talk.WORK,
        linker.CAME,
        linker.ONWARD,
    ]
    for word in sorted(frozenset().union(*sets, stats.before, stats.after)):
        bits = sum(1 << bit for bit, words in enumerate(sets) if word in words)
        yield word, stats.before.get(word, 0.0), stats.after.get(word, 0.0), bits


def _surface(surface: Surface) -> tuple[Any, ...]:
    return (
        surface.text,
        surface.head,
        [(position, int(kind)) for position, kind in surface.entries],
        (surface.ordinariness, surface.nameness, surface.rarest, features.franchise_feature(surface)),
        (
            surface.common,
            surface.everywhere,
            surface.text in PLACES or surface.text in CALENDAR,
            surface.text in GIVEN_NAMES,
        ),
    )


def _scorer(source: scorer.Scorer) -> dict[str, Any]:
    return {
        "bias": source.bias,
        "shrink": source.shrink,
        "weights": list(source.weights.items()),
        "trees": [_tree(tree, source.forest.names) for tree in source.forest.trees],
        "unsure": scorer.UNSURE,
        "accept": source.accept,
        "uncertain": source.uncertain,
        "ages": [features.age_feature(age) for age in range(features.AGES + 1)],
        "chains": [features.chain_feature(chain) for chain in range(features.LONGEST_CHAIN + 1)],
    }


def _tree(tree: Any, names: list[str]) -> tuple[list[tuple[str, float]], list[float]]:
    """Seven questions by level, and eight leaves from left to right."""
    levels: list[list[Any]] = [[tree]]
    for _ in range(2):
        levels.append([branch for node in levels[-1] for branch in node[2:]])
    leaves = [leaf for node in levels[-1] for leaf in node[2:]]
    return [(names[node[0]], node[1]) for level in levels for node in level], leaves


def _worth() -> dict[str, Any]:
    return {
        "kinds": [resolve.KIND[kind] for kind in Kind],
        "recent": resolve.RECENT,
        "thread": resolve.THREAD,
        "series": resolve.SERIES,
        "first": resolve.FIRST,
        "year": resolve.YEAR,
        "original": resolve.ORIGINAL,
        "future_years": FUTURE_YEARS,
        "sequel_years": SEQUEL_YEARS,
        "known": resolve.KNOWN,
    }
