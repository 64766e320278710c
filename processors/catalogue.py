"""The films the job knows: kept on the driver, published as immutable snapshots that the workers link with.

A worker uses for each record the newest snapshot that was effective when the broker took the record, so that a batch
which is run again links exactly as the first time. A snapshot becomes effective a few seconds after it was written,
when every worker can see it.
"""

import math
from collections.abc import Iterable, Mapping

from common.clock import to_millis
from contracts.events import TmdbFilm
from processors.linking.model import Film
from processors.snapshots import Observation, Snapshot, SnapshotFiles

EFFECTIVE_AFTER = 15_000
"""ms from writing a snapshot to its first use. Within it the workers see the file, on a shared volume too, and build
their linkers beside their work; 15,000 films take some 3 s."""
PUBLISH_EVERY = 30_000
"""ms between snapshots at least: a poll's films come spread over some batches and go into one snapshot."""
_MOST_OBSERVATIONS = 8
"""Per film; a late comment may need the popularity from before the last poll, never from an hour ago."""
_POPULARITY_STEP = math.log(2)
"""Popularity is a weak prior of linking. Only a change by a factor of two is worth building the automaton anew."""


class Catalogue:
    """All films by id with their latest poll, and their last observations of popularity."""

    def __init__(self, files: SnapshotFiles) -> None:
        """Start with what the newest snapshot holds."""
        self._files = files
        self._films: dict[int, Film] = {}
        self._observations: dict[int, list[Observation]] = {}
        self._last: Snapshot | None = None
        self._linking: Snapshot | None = None
        self._changed = False
        newest = files.newest()
        if newest is not None:
            self._last = newest
            self._films = dict(newest.films)
            self._observations = {movie: list(rows) for movie, rows in newest.observations.items()}
            self._linking = files.find(newest.linking_since)

    def __len__(self) -> int:
        return len(self._films)

    @property
    def version(self) -> int:
        """`effective_from` of the newest snapshot, ms; 0 before the first."""
        return self._last.effective_from if self._last else 0

    def title(self, movie_id: int) -> str:
        """The film's title as TMDB last gave it.

        Raises:
            KeyError: the film is unknown. No worker can link to it then: workers know only what was published here.
        """
        return self._films[movie_id].title

    def merge(self, polled: Iterable[TmdbFilm]) -> None:
        """Take in polls, in any order; what is older than what is known changes no film."""
        for film in polled:
            seen = Observation(to_millis(film.fetched_at), film.popularity, film.trending_rank, bool(film.lists))
            rows = self._observations.setdefault(film.movie_id, [])
            known = self._films.get(film.movie_id)
            if not rows or seen.fetched >= rows[-1].fetched:
                now = self._films[film.movie_id] = _linkable(film, known)
                self._changed |= now != known
            if all(row.fetched != seen.fetched for row in rows):
                rows.append(seen)
                rows.sort(key=lambda row: row.fetched)
                del rows[:-_MOST_OBSERVATIONS]
                self._changed = True

    def publish(self, now: int, newest: int) -> bool:
        """Write a snapshot when something changed and the last one is old enough; tells whether it did.

        Snapshots from later than this one go: they are of a time when the broker's clock was ahead, and no record of
        this micro-batch or a later one may find them newer.

        Args:
            now: the host's clock, ms.
            newest: the newest append time in the micro-batch, ms; none of its records may see the new snapshot when
                they are read again, even when the host's clock is behind the broker's.
        """
        effective = max(now, newest) + EFFECTIVE_AFTER
        if not self._changed or not self._films:
            return False
        if self._last and abs(effective - self._last.effective_from) < PUBLISH_EVERY:
            return False
        self._files.drop_from(effective)
        since, linking = effective, self._linking
        if linking and linking.effective_from < effective and not _linking_differs(linking.films, self._films):
            since = linking.effective_from
        rows = {movie: tuple(some) for movie, some in self._observations.items()}
        snapshot = Snapshot(effective, since, dict(self._films), rows)
        self._files.write(snapshot)
        self._last, self._changed = snapshot, False
        if since == effective:
            self._linking = snapshot
        return True

    def forget_before(self, append: int) -> None:
        """Delete the snapshots that no record appended at `append` (ms) or later uses."""
        self._files.prune(append)


def _linkable(film: TmdbFilm, known: Film | None) -> Film:
    """The poll as the linker wants it. TMDB's lists come without alternative titles: those known before stay."""
    return Film(
        movie_id=film.movie_id,
        title=film.title,
        original_title=film.original_title,
        alternative_titles=film.alternative_titles or (known.alternative_titles if known else ()),
        year=film.release_date.year if film.release_date else film.year,
        popularity=film.popularity,
        vote_count=film.vote_count,
    )


def _linking_differs(before: Mapping[int, Film], now: Mapping[int, Film]) -> bool:
    if before.keys() != now.keys():
        return True
    return any(_differs(before[movie], film) for movie, film in now.items())


def _differs(before: Film, now: Film) -> bool:
    names = (before.title, before.original_title, before.alternative_titles, before.year)
    if names != (now.title, now.original_title, now.alternative_titles, now.year):
        return True
    return abs(math.log1p(before.popularity or 0) - math.log1p(now.popularity or 0)) > _POPULARITY_STEP
