"""The films the simulator knows: facts only (TMDB id, titles, date, genres), one JSON object a line.

The shipped `catalogue.jsonl` holds about 700 well-known and recent films. Its popularity and votes are plausible
levels, not measurements: they are where the simulated figures start from. A wider file of the form
`{"movie_id", "title", "original_title", "alternative_titles", "year", "popularity", "vote_count"}` can replace it.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import ConfigurationError

BUNDLED = Path(__file__).with_name("catalogue.jsonl")

GENRES = {
    28: "Action",
    12: "Adventure",
    16: "Animation",
    35: "Comedy",
    80: "Crime",
    99: "Documentary",
    18: "Drama",
    10751: "Family",
    14: "Fantasy",
    36: "History",
    27: "Horror",
    10402: "Music",
    9648: "Mystery",
    10749: "Romance",
    878: "Science Fiction",
    10770: "TV Movie",
    53: "Thriller",
    10752: "War",
    37: "Western",
}
"""TMDB's film genres."""


@dataclass(frozen=True, slots=True)
class CatalogueFilm:
    """The facts of one film; None where the source does not know."""

    id: int
    title: str
    original_title: str
    original_language: str
    alternative_titles: tuple[str, ...]
    release_date: str
    """ISO date; the first of January when only the year is known; empty when not even that is."""
    genre_ids: tuple[int, ...]
    popularity: float | None
    vote_average: float | None
    vote_count: int | None

    @property
    def year(self) -> int | None:
        """The release year."""
        return int(self.release_date[:4]) if self.release_date else None

    @property
    def overview(self) -> str:
        """One neutral sentence from the facts, so that nobody's text is copied."""
        names = [GENRES[genre] for genre in self.genre_ids if genre in GENRES]
        kind = f"{names[0]} film" if names else "Film"
        return f"{kind} from {self.year}." if self.year else f"{kind}."


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, gzipped or not.

    Raises:
        ConfigurationError: the file is missing, or a line of it is no JSON object.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ConfigurationError(f"{path}, line {number}: not a JSON object")
                yield record
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is no JSONL file: {error}") from error


def load_catalogue(path: Path = BUNDLED) -> tuple[CatalogueFilm, ...]:
    """Read a catalogue of either form, in the order of the file.

    Raises:
        ConfigurationError: the file cannot be read, or a record lacks its id or title.
    """
    try:
        films = tuple(_film(record) for record in read_lines(path))
    except (KeyError, TypeError) as error:
        raise ConfigurationError(f"{path}: a film lacks {error}") from error
    if not films:
        raise ConfigurationError(f"{path} holds no film")
    return films


def _film(record: dict[str, Any]) -> CatalogueFilm:
    if "movie_id" in record:
        year = record.get("year")
        record = {**record, "id": record["movie_id"], "release_date": f"{year}-01-01" if year else ""}
    return CatalogueFilm(
        id=record["id"],
        title=record["title"],
        original_title=record.get("original_title") or record["title"],
        original_language=record.get("original_language") or "en",
        alternative_titles=tuple(record.get("alternative_titles") or ()),
        release_date=record.get("release_date") or "",
        genre_ids=tuple(record.get("genre_ids") or ()),
        popularity=record.get("popularity"),
        vote_average=record.get("vote_average"),
        vote_count=record.get("vote_count"),
    )
