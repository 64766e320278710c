"""The catalogue as the linker needs it: one automaton over all surfaces, and what is known of each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import ahocorasick

from processors.linking.model import Film
from processors.linking.series import main_titles, series_key
from processors.linking.surfaces import Kind, all_surfaces
from processors.linking.text import normalise
from processors.linking.wordstats import WordStats

LOWER_CASE_LIMIT: Final = 0.3
"""Surfaces more ordinary than this (about 2 in a million words) are read in lower case only where something marks them
as a title; a comment holds several such words and looking closely at each would cost more than all the rest."""

_PART: Final = 3
"""Longest part of a title that is counted as a franchise name."""


class Surface:
    """A form in which some films are named."""

    __slots__ = ("common", "entries", "franchise", "length", "nameness", "ordinariness", "text", "words")

    def __init__(self, text: str, entries: Sequence[tuple[int, Kind]], franchise: int, stats: WordStats) -> None:
        self.text = text
        self.length = len(text)
        self.words = text.count(" ") + 1
        self.entries = entries
        """(index of the film, kind) of every film it may mean."""
        self.franchise = franchise
        """How many films have it as a part of a longer title."""
        self.ordinariness = stats.ordinariness(text)
        self.nameness = stats.nameness(text)
        self.common = self.ordinariness > LOWER_CASE_LIMIT


class CatalogueIndex:
    """Films, their series and the automaton. Built once, never changed."""

    def __init__(self, films: Iterable[Film], stats: WordStats) -> None:
        self.films: Sequence[Film] = sorted({film.movie_id: film for film in films}.values(), key=lambda f: f.movie_id)
        mains = main_titles(self.films)
        self.series: Sequence[str] = [series_key(film.title, mains) for film in self.films]
        self.surfaces: dict[str, Surface] = {}
        self._automaton = ahocorasick.Automaton()
        parts = _part_counts(self.films)
        for text, kinds in all_surfaces(self.films).items():
            exact = sum(kind == Kind.FULL for kind in kinds.values())
            surface = Surface(text, tuple(kinds.items()), max(0, parts[text] - exact), stats)
            self.surfaces[text] = surface
            self._automaton.add_word(f" {text} ", surface)
        self._automaton.make_automaton()

    def matches(self, low: str) -> Iterator[tuple[int, Surface]]:
        """Every surface in a joined lower-case text, with the offset of the space after it."""
        if not self.surfaces:
            return iter(())
        found: Iterator[tuple[int, Surface]] = self._automaton.iter(low)
        return found


def _part_counts(films: Sequence[Film]) -> Counter[str]:
    """How many titles hold each run of up to three words."""
    counts: Counter[str] = Counter()
    for film in films:
        words = normalise(film.title).split()
        counts.update(
            {
                " ".join(words[start : start + length])
                for length in range(1, _PART + 1)
                for start in range(len(words) - length + 1)
            }
        )
    return counts
