"""Two simple linkers to compare with: every title whatever its case, and titles written with capitals."""

import re
from collections.abc import Iterable
from typing import Final, Protocol

from processors.linking.fame import votes_of
from processors.linking.model import Film
from processors.linking.text import fold, join_words, normalise, word_spans

_STOPPED: Final = """
it us up her old no not one two here there this that what who why how when where we you he she they i
me my them him his good bad best first last movie movies film films love life home time day night man woman world
house water fire red black white big little high new"""
STOP: Final = frozenset(_STOPPED.split())
"""Words that begin sentences or stand in any talk; as single words they are not taken for titles."""

_SMALL: Final = frozenset(
    ["of", "in", "on", "at", "to", "for", "with", "from", "by", "and", "or", "the", "a", "an", "s"]
)


class Found(Protocol):
    """What a linker found."""

    @property
    def movie_id(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Hit:
    """A film at a span of the body."""

    __slots__ = ("end", "movie_id", "start")

    def __init__(self, movie_id: int, start: int, end: int) -> None:
        self.movie_id, self.start, self.end = movie_id, start, end


class LongestMatch:
    """Longest title at each place, left to right; of films with one title the one with most votes."""

    def __init__(self, films: Iterable[Film], *, capitals: bool) -> None:
        self._capitals = capitals
        self._titles: dict[tuple[str, ...], Film] = {}
        for film in films:
            for title in (film.title, film.original_title or "", *film.alternative_titles):
                words = tuple(normalise(title).split())
                known = self._titles.get(words)
                if words and (known is None or votes_of(film) > votes_of(known)):
                    self._titles[words] = film
        self._longest = max(map(len, self._titles), default=0)

    def link(self, body: str) -> list[Hit]:
        """The first place of each film found."""
        folded = fold(body)
        written = join_words(folded).split()
        words = [word.lower() for word in written]
        spans = word_spans(folded)
        hits: dict[int, Hit] = {}
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                film = self._titles.get(tuple(words[at : at + length]))
                if film is not None and self._allowed(written[at : at + length]):
                    hits.setdefault(film.movie_id, Hit(film.movie_id, spans[at][0], spans[at + length - 1][1]))
                    at += length
                    break
            else:
                at += 1
        return list(hits.values())

    def _allowed(self, written: list[str]) -> bool:
        if not self._capitals:
            return True
        if len(written) == 1 and written[0].lower() in STOP:
            return False
        main = [word for word in written if word.lower() not in _SMALL] or written
        return all(word[0].isupper() or word[0].isdigit() for word in main)


QUOTED_LINE: Final = re.compile(r"^[ \t]*(?:>|&gt;)[^\n]*", re.MULTILINE)
"""What the scoring blanks before any linker reads a comment."""
