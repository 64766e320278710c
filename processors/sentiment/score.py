"""The compound score of a comment for each film it means."""

from typing import Protocol

from processors.linking.model import Links
from processors.sentiment.fast_vader import FastVader
from processors.sentiment.lexicon import film_analyzer
from processors.sentiment.mask import Span, blanked, masked
from processors.sentiment.parts import units


class Compound(Protocol):
    """What scores a text: vaderSentiment's compound in [-1, 1]."""

    def __call__(self, text: str) -> float: ...


class FilmSentiment:
    """Scores the part of a comment that is about each film, with titles masked."""

    def __init__(self, compound: Compound | None = None) -> None:
        self._compound = compound or FastVader(film_analyzer())

    def score(self, body: str, links: Links) -> dict[int, float]:
        """Compound in [-1, 1] by movie_id, for every mention.

        One film: the whole comment. Several: for a film named, the sentences that name it (clauses where a sentence
        names several); for the thread's film, the sentences that name none, or the whole when each names one.
        """
        if not links.mentions:
            return {}
        text = blanked(body)
        spans = all_spans(links)
        if len(links.mentions) == 1:
            return {links.mentions[0].movie_id: self._compound(masked(text, spans))}
        return {movie_id: self._compound(part) for movie_id, part in _parts(text, links, spans).items()}


def all_spans(links: Links) -> list[Span]:
    """Every span to mask: all places where a linked film is named, and those that may name one."""
    named = [Span(start, end) for _, start, end in links.places]
    named += [Span(m.start, m.end) for m in (*links.mentions, *links.uncertain) if m.end > m.start]
    return sorted(set(named))


def _parts(text: str, links: Links, spans: list[Span]) -> dict[int, str]:
    places = sorted(
        {(m.start, m.movie_id) for m in links.mentions if m.via == "text"} | {(s, i) for i, s, _ in links.places}
    )
    pieces = units(text, [start for start, _ in places])
    parts: dict[int, list[str]] = {mention.movie_id: [] for mention in links.mentions}
    nobody: list[str] = []
    for start, end in pieces:
        piece = masked(text[start:end], [s for s in spans if start <= s.start and s.end <= end], start)
        films = {movie_id for place, movie_id in places if start <= place < end}
        for movie_id in films:
            parts[movie_id].append(piece)
        if not films:
            nobody.append(piece)
    whole = masked(text, spans)
    return {movie_id: " ".join(found or nobody) or whole for movie_id, found in parts.items()}
