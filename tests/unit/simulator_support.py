"""What the simulator's tests share: a settable clock, factories, and a running server."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import praw

from common.listening import bind
from simulator.app import create_app
from simulator.model import Comment, Thread, Truth, base36
from simulator.options import Options
from simulator.server import serve
from simulator.world import World, build_world

START = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
FIXTURES = Path(__file__).resolve().parents[3] / "shared/data/api_fixtures"
DATA = FIXTURES.parent


class SetClock:
    """A clock that moves when told."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start.timestamp()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def forward(self, seconds: float) -> float:
        self.now += seconds
        return self.now


@dataclass
class Running:
    """A simulator that answers at `url`."""

    url: str
    world: World
    clock: SetClock

    def reddit(self, secret: str = "simulated") -> praw.Reddit:
        return praw.Reddit(
            client_id="simulated",
            client_secret=secret,
            user_agent="linux:trendscope-tests:0.1 (by /u/trendscope)",
            reddit_url=self.url,
            oauth_url=self.url,
            check_for_updates=False,
        )


@contextmanager
def running(options: Options | None = None, subreddits: tuple[str, ...] = ("movies",)) -> Iterator[Running]:
    """Serve a simulator on a free port for as long as the block lasts."""
    clock = SetClock()
    world = build_world(options or Options(), clock, subreddits)
    listener = bind("127.0.0.1", 0, "SIMULATOR_PORT")
    port = listener.getsockname()[1]
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(create_app(world), listener, stop))
    thread.start()
    listener.listen()  # requests wait in the queue until the server is up
    try:
        yield Running(f"http://127.0.0.1:{port}", world, clock)
    finally:
        stop.set()
        thread.join(timeout=15)
        assert not thread.is_alive()


def make_comment(order: int, **overrides: Any) -> Comment:
    """A comment at a place of the listing."""
    thread = Thread(
        id="abc", subreddit=overrides.pop("subreddit", "movies"), title="A thread", created=0, author="host"
    )
    fields: dict[str, Any] = {
        "order": order,
        "id": base36(order),
        "created": order,
        "appears": float(order),
        "thread": thread,
        "author": "viewer",
        "body": f"comment {order}",
        "truth": Truth(),
    }
    return Comment(**{**fields, **overrides})


def write_recording(path: Path, times: list[int], **overrides: Any) -> Path:
    """A JSONL recording with one comment at each time."""
    lines = [
        {
            "id": f"x{number:04}",
            "created_utc": at,
            "subreddit": "movies",
            "body": f"recorded {number}",
            "link_id": "t3_thread1",
            "link_title": "Official Discussion - Heat [SPOILERS]",
            "score": None,
            "author_hash": None,
            "thread_movie": "Heat",
            **overrides,
        }
        for number, at in enumerate(times)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def eventually(condition: Any, seconds: float = 10) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
