"""The recorded source: real comments moved to now, long silences shortened, sped up or as fast as read."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import ConfigurationError
from simulator.catalogue import read_lines
from simulator.feed import CAPACITY, Feed, PageRequest
from simulator.model import Comment, Thread, Truth

CHUNK = 900
"""Comments revealed at once at speed 0. Below the listing's 1,000, so that the client's anchor stays in the listing."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the file."""

    id: str
    created: int
    subreddit: str
    body: str
    link_id: str
    link_title: str
    score: int
    author: str
    thread_movie: str | None


def read_recording(path: Path, *, hours: float | None = None, limit: int | None = None) -> list[Recorded]:
    """The comments of a file in order of time.

    Args:
        path: JSONL or JSONL.gz with id, created_utc, subreddit, body, link_id, link_title, score, author_hash.
        hours: keep only what was written within that many hours of each thread's first comment.
        limit: keep only the first so many.

    Raises:
        ConfigurationError: the file cannot be read, is empty, or a line lacks a field.
    """
    try:
        comments = sorted((_recorded(line) for line in read_lines(path)), key=lambda comment: comment.created)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path}: a comment lacks or mistypes {error}") from error
    if hours is not None:
        comments = list(_first_hours(comments, hours))
    if not comments:
        raise ConfigurationError(f"{path} holds no comment to replay")
    return comments[:limit]


def _recorded(line: dict[str, Any]) -> Recorded:
    return Recorded(
        id=str(line["id"]),
        created=int(line["created_utc"]),
        subreddit=line["subreddit"],
        body=line["body"],
        link_id=str(line["link_id"]).removeprefix("t3_"),
        link_title=line["link_title"],
        score=1 if line.get("score") is None else int(line["score"]),
        author=line.get("author_hash") or "recorded_viewer",
        thread_movie=line.get("thread_movie"),
    )


def _first_hours(comments: Iterable[Recorded], hours: float) -> Iterator[Recorded]:
    starts: dict[str, int] = {}
    for comment in comments:
        if comment.created <= starts.setdefault(comment.link_id, comment.created) + hours * 3_600:
            yield comment


def compress(times: list[int], max_gap: int) -> list[int]:
    """Seconds since the first of sorted `times`, with every silence longer than `max_gap` shortened to it."""
    offsets = [0] if times else []
    for earlier, later in itertools.pairwise(times):
        offsets.append(offsets[-1] + min(later - earlier, max_gap))
    return offsets


class ReplaySource:
    """Shows a recording. The last comment's time is that of the replay's end, so none lies in the future."""

    def __init__(self, recording: list[Recorded], *, speed: float, max_gap: int, start: float) -> None:
        """
        Args:
            recording: sorted by time, not empty.
            speed: recorded seconds shown in one second; 0 shows comments as fast as they are read.
            max_gap: seconds; longer silences are shortened to it.
            start: epoch seconds of the replay's begin.
        """
        self.feed = Feed(on_drop=self._dropped)
        self.subreddits = tuple(dict.fromkeys(comment.subreddit for comment in recording))
        self._speed = speed
        self._start = start
        offsets = compress([comment.created for comment in recording], max_gap)
        self._offsets = offsets
        end = start + (offsets[-1] / speed if speed else 0)
        # slower than real time the end would put the first comments into the future: then the start counts
        self._shift = min(int(end) - offsets[-1], int(start))
        self._comments = self._build(recording, offsets)
        self._shown = 0
        self._missed = 0

    def advance(self, now: float, request: PageRequest | None = None) -> None:
        """Reveal what is due; at speed 0, the next chunk once the client has all there is."""
        if self._speed:
            while self._shown < len(self._comments) and self._due(self._shown) <= now:
                self._show()
        elif request is not None and request.after is None and self._wants_more(request):
            for _ in range(min(CHUNK, len(self._comments) - self._shown)):
                self._show()

    def progress(self, now: float) -> float | None:  # noqa: ARG002 - part of the interface
        """The share of the comments that has been shown."""
        return self._shown / len(self._comments)

    def state(self, now: float) -> dict[str, Any]:  # noqa: ARG002 - part of the interface
        """How far the replay is. `missed`: fell off the listing before any client read it."""
        served = sum(comment.served for comment in self._comments)
        return {
            "mode": "replay",
            "speed": self._speed,
            "comments": len(self._comments),
            "shown": self._shown,
            "served": served,
            "remaining": len(self._comments) - served - self._missed,
            "missed": self._missed,
            "done": served + self._missed == len(self._comments),
            "started_at": self._start,
            "first_created_utc": self._comments[0].created,
            "last_created_utc": self._comments[-1].created,
        }

    def _due(self, place: int) -> float:
        return self._start + self._offsets[place] / self._speed

    def _show(self) -> None:
        self.feed.add(self._comments[self._shown])
        self._shown += 1

    def _wants_more(self, request: PageRequest) -> bool:
        newest = self.feed.newest
        # Asking for what is newer than the newest says that the client has kept all it wants. Any other anchor, or
        # none, has something to read: a client that was killed before it kept what it had read finds it again.
        return newest is None or request.before == newest.fullname

    def _dropped(self, comment: Comment) -> None:
        self._missed += not comment.served

    def _build(self, recording: list[Recorded], offsets: list[int]) -> list[Comment]:
        threads: dict[str, Thread] = {}
        comments = []
        for place, (line, offset) in enumerate(zip(recording, offsets, strict=True)):
            created = self._shift + offset
            thread = threads.get(line.link_id)
            if thread is None:
                thread = threads[line.link_id] = Thread(
                    line.link_id,
                    line.subreddit,
                    line.link_title,
                    created - 60,
                    "recorded_host",
                    None,
                    line.thread_movie,
                )
            comments.append(
                Comment(
                    order=place,
                    id=line.id,
                    created=created,
                    appears=created,
                    thread=thread,
                    author=line.author,
                    body=line.body,
                    truth=Truth(known=False),
                    score=line.score,
                    original_created=line.created,
                )
            )
        return comments


assert CHUNK < CAPACITY  # noqa: S101 - a fact about two constants
