"""Films by title: typing errors, other alphabets' accents and alternative titles are forgiven."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from contracts.events import TmdbFilm

_LEAST = 60.0
"""Below, a match is a coincidence: two random titles of two words score about 45."""
_CANDIDATES = 200
"""Titles looked at closely. One film has several, so more than are returned."""
_PREFIX_BONUS, _EXACT_BONUS = 12.0, 25.0
"""What people type first is the title's beginning: "dun" is Dune, not Dunkirk's alternative title."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A film and the title that fits."""

    film: TmdbFilm
    matched: str
    similarity: float
    """In [0, 1]."""


def fold(text: str) -> str:
    """Lower case, without accents, punctuation as spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


class SearchIndex:
    """Every title of every film, folded once."""

    def __init__(self, films: Iterable[TmdbFilm]) -> None:
        self._films: list[TmdbFilm] = []
        self._titles: list[str] = []
        self._folded: list[str] = []
        for film in films:
            known: set[str] = set()
            for title in (film.title, film.original_title, *film.alternative_titles):
                key = fold(title or "")
                if title and key and key not in known:
                    known.add(key)
                    self._films.append(film)
                    self._titles.append(title)
                    self._folded.append(key)

    def search(self, query: str, limit: int) -> list[Hit]:
        """The films that fit best; of equals the more popular one first."""
        wanted = fold(query)
        if not wanted:
            return []
        found = process.extract(wanted, self._folded, scorer=fuzz.WRatio, score_cutoff=_LEAST, limit=_CANDIDATES)
        best: dict[int, tuple[float, float, int]] = {}
        for text, score, place in found:
            points = score + _bonus(text, wanted)
            film = self._films[place]
            rated = (points, film.popularity or 0.0, place)
            if film.movie_id not in best or rated > best[film.movie_id]:
                best[film.movie_id] = rated
        ranked = sorted(best.values(), key=lambda rated: (-rated[0], -rated[1], rated[2]))[:limit]
        top = 100.0 + _EXACT_BONUS
        return [Hit(self._films[place], self._titles[place], min(1.0, points / top)) for points, _, place in ranked]


def _bonus(text: str, wanted: str) -> float:
    if text == wanted:
        return _EXACT_BONUS
    return _PREFIX_BONUS if text.startswith(wanted) else 0.0
