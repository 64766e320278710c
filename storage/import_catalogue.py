"""`python -m storage.import_catalogue FILE [--as-of INSTANT]`: films from a JSON Lines file (also .gz) into `movies`.

A line is an object with movie_id, title, original_title, alternative_titles, year, popularity and vote_count, of which
the first two are required. A line that does not fit is named in the log and left out.
"""

import argparse
import gzip
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from common.clock import Clock, system_clock
from common.service import run_service
from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import ConfigurationError, ContractError
from contracts.events import Event, TmdbFilm
from storage.store import Store

log = get_logger("import-catalogue")


class CatalogueLine(Event):
    """One film of a catalogue file."""

    movie_id: int
    title: str
    original_title: str | None = None
    alternative_titles: tuple[str, ...] = ()
    year: int | None = None
    popularity: float | None = None
    vote_count: int | None = None


class FilmWriter(Protocol):
    """Where films go: `store.movies`."""

    def upsert(self, films: Iterable[TmdbFilm]) -> None:
        """Write films by movie_id."""


def read_catalogue(file: Path, as_of: datetime) -> Iterator[TmdbFilm]:
    """The films of a file, one by one, each as if a poll at `as_of` had seen it.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if film := _film(line, number, as_of):
                    yield film
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error


def _film(line: bytes, number: int, as_of: datetime) -> TmdbFilm | None:
    if not line.strip():
        return None
    try:
        known = CatalogueLine.decode(line)
        return TmdbFilm(**known.model_dump(exclude={"schema_version"}), fetched_at=as_of)
    except (ContractError, ValidationError) as error:
        log.warning("line_left_out", line=number, reason=_first_sentence(error))
        return None


def _first_sentence(error: ContractError | ValidationError) -> str:
    if isinstance(error, ContractError):
        return str(error)
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def import_catalogue(movies: FilmWriter, file: Path, as_of: datetime) -> int:
    """Write a catalogue's films; a film that a later poll has seen keeps that poll's figures.

    Returns:
        The number of films; of a movie_id that is there twice, the last line counts.

    Raises:
        ConfigurationError: the file cannot be read, or no line of it is a film.
        DependencyError: Cassandra did not acknowledge every row.
    """
    films = {film.movie_id: film for film in read_catalogue(file, as_of)}
    if not films:
        raise ConfigurationError(f"{file} has no film: one JSON object a line, with movie_id and title")
    movies.upsert(films.values())
    return len(films)


def main(file: Path, as_of: datetime, settings: Settings, _stop: threading.Event) -> None:
    """Open the store and import."""
    with Store.open(settings) as store:
        log.info("catalogue_imported", file=str(file), films=import_catalogue(store.movies, file, as_of), as_of=as_of)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _age_of(file: Path, clock: Clock) -> datetime:
    """The file's own date: its figures cannot be newer."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.exists() else clock()


def parse(arguments: Sequence[str] | None = None, clock: Clock = system_clock) -> tuple[Path, datetime]:
    """The command line: the file, and the instant its figures were true."""
    parser = argparse.ArgumentParser(prog="python -m storage.import_catalogue", description=__doc__)
    parser.add_argument("file", type=Path, help="JSON Lines, plain or .gz")
    parser.add_argument(
        "--as-of", type=_instant, help="when the popularity figures were true (ISO 8601, UTC); default: the file's date"
    )
    known = parser.parse_args(arguments)
    return known.file, known.as_of or _age_of(known.file, clock)


if __name__ == "__main__":
    run_service("import-catalogue", partial(main, *parse()))
