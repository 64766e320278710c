"""Labelled comments and catalogues as files: what the weights are fitted on and the linker is measured with."""

import gzip
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processors.linking.model import CommentText, Film

Record = dict[str, Any]


def read(path: Path) -> list[Record]:
    """The records of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_films(path: Path) -> list[Film]:
    """The films of a catalogue file."""
    return [
        Film(
            r["movie_id"],
            r["title"],
            r["original_title"],
            tuple(r["alternative_titles"]),
            r["year"],
            r["popularity"],
            r["vote_count"],
        )
        for r in read(path)
    ]


def text_of(record: Record) -> str:
    """What its writer wrote: a comment's body, or a post's text below its title."""
    return str(record.get("body") or record.get("selftext") or "")


def thread_of(record: Record) -> str | None:
    """The title of the thread it stands in; of a post, its own; else the thread's film as if it were the title."""
    title = record.get("link_title") or record.get("title")
    film, year = record.get("thread_movie"), record.get("thread_movie_year")
    return str(title) if title else (f"{film} ({year})" if film and year else film)


def group_of(record: Record) -> str:
    """What is left out together: a thread, or a twentieth of the comments without one."""
    title = record.get("link_title") or record.get("title") or record.get("thread_movie")
    return title or f"bodies {zlib.crc32(record['id'].encode()) % 20}"


def comment_of(record: Record, text: str | None = None) -> CommentText:
    """A record as the linker gets it, with another text than its own if one is given."""
    created = record.get("created_utc")
    body = text_of(record) if text is None else text
    return CommentText(body, thread_of(record), datetime.fromtimestamp(created, UTC) if created else None)
