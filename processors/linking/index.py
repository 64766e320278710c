"""The catalogue as the linker needs it: one automaton over all surfaces, and what is known of each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import ahocorasick

from processors.linking.model import Film
from processors.linking.series import runs, series_keys, series_of
from processors.linking.surfaces import Kind, all_surfaces
from processors.linking.titles import without_article
from processors.linking.wordstats import WordStats

LOWER_CASE_LIMIT: Final = 0.3
"""Surfaces more ordinary than this (about 2 in a million words) are read in lower case only where something marks them
as a title; a comment holds several such words and looking closely at each would cost more than all the rest."""

EVERYWHERE: Final = 1.3
"""Ordinariness (20 in a million words) above which a capital at the beginning of a sentence is no evidence at all."""

FRANCHISE: Final = 3
"""Films that share their first half and none is called by it alone: the half names the franchise ("Harry Potter")."""

PART_LIMIT: Final = 1.7
"""Ordinariness (50 in a million words) above which no half of a title is kept: "the movie", "thing", "one"."""

WORD_LIMIT: Final = -0.3
"""Initials that are words at all are not kept: DID, NOW, MAN."""

NAME_LIMIT: Final = 0.2
"""Words written with a capital half again as often as without are names: a lower-case one is a careless title."""


class Surface:
    """A form in which some films are named."""

    __slots__ = (
        "common",
        "entries",
        "everywhere",
        "franchise",
        "head",
        "length",
        "nameness",
        "ordinariness",
        "rarest",
        "text",
        "words",
    )

    def __init__(self, text: str, entries: Sequence[tuple[int, Kind]], franchise: int, stats: WordStats) -> None:
        self.text = text
        self.length = len(text)
        self.words = text.count(" ") + 1
        self.head = len(text) - len(without_article(text))
        """Where the first word that is no article begins: its case tells, not the article's."""
        self.entries = entries
        """(index of the film, kind) of every film it may mean."""
        self.franchise = franchise
        """How many films make up the series of this name."""
        self.ordinariness, self.nameness, self.rarest = stats.phrase(text)
        self.everywhere = self.ordinariness > EVERYWHERE and self.nameness < NAME_LIMIT
        self.common = self.ordinariness > LOWER_CASE_LIMIT and self.nameness < NAME_LIMIT


class CatalogueIndex:
    """Films, their series and the automaton. Built once, never changed."""

    def __init__(self, films: Iterable[Film], stats: WordStats) -> None:
        self._stats = stats
        self.films: Sequence[Film] = sorted({film.movie_id: film for film in films}.values(), key=lambda f: f.movie_id)
        self.series: Sequence[str] = series_keys(self.films)
        groups = series_of(self.films, self.series)
        self.firsts = _firsts(self.films, groups)
        """Positions of the films that begin a series, or begin it anew."""
        self.surfaces: dict[str, Surface] = {}
        sizes = Counter(self.series)
        for text, kinds in all_surfaces(self.films, groups).items():
            surface = Surface(text, tuple(kinds.items()), sizes[without_article(text)], stats)
            if not _says_something(surface):
                continue
            self.surfaces[text] = surface

    @cached_property
    def _automaton(self) -> Any:
        """Built with the first text: where the native extension reads the texts, it is hardly ever asked."""
        automaton = ahocorasick.Automaton()
        for text, surface in self.surfaces.items():
            automaton.add_word(f" {text} ", surface)
        automaton.make_automaton()
        return automaton

    def surface(self, text: str, entries: Sequence[tuple[int, Kind]]) -> Surface:
        """A surface outside the automaton, for a place where it is understood."""
        return Surface(text, tuple(entries), 1, self._stats)

    def siblings(self, position: int) -> list[int]:
        """Positions of the films of one series, by year; films without a year left out."""
        key = self.series[position]
        dated = ((self.films[i].year, i) for i, other in enumerate(self.series) if other == key)
        return [i for year, i in sorted((year, i) for year, i in dated if year is not None)]

    def matches(self, low: str) -> Iterator[tuple[int, Surface]]:
        """Every surface in a joined lower-case text, with the offset of the space after it."""
        if not self.surfaces:
            return iter(())
        found: Iterator[tuple[int, Surface]] = self._automaton.iter(low)
        return found


def _firsts(films: Sequence[Film], groups: Mapping[str, list[Film]]) -> frozenset[int]:
    position = {film.movie_id: index for index, film in enumerate(films)}
    return frozenset(position[run[0].movie_id] for key, members in groups.items() for run in runs(key, members))


def _says_something(surface: Surface) -> bool:
    """Whether anybody may mean a film by it: whole titles nearly always, halves and initials unless plain words."""
    kinds = {kind for _, kind in surface.entries}
    if surface.text == "i" or (surface.length == 1 and Kind.FULL not in kinds):
        return False
    if kinds == {Kind.INITIALS}:
        return surface.ordinariness < WORD_LIMIT or any(map(str.isdigit, surface.text))
    if kinds == {Kind.MAIN} and len(surface.entries) >= FRANCHISE:
        return False
    return Kind.FULL in kinds or surface.ordinariness < PART_LIMIT or surface.nameness > NAME_LIMIT
