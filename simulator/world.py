"""Everything one running simulator holds, and its clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.clock import Clock
from simulator.catalogue import load_catalogue
from simulator.faults import Faults
from simulator.ledger import Ledger
from simulator.live import LiveSource
from simulator.options import Options
from simulator.ratelimit import RedditLimit, TmdbLimit
from simulator.replay import ReplaySource, read_recording
from simulator.source import CommentSource
from simulator.tmdb_world import TmdbWorld, read_polls

TOKEN_SECONDS = 86_400
"""Reddit's tokens last a day."""


@dataclass(slots=True)
class World:
    """The state behind the endpoints. All endpoints run on one event loop: nothing here needs a lock."""

    options: Options
    clock: Clock
    source: CommentSource
    tmdb: TmdbWorld
    faults: Faults
    ledger: Ledger
    reddit_limit: RedditLimit
    tmdb_limit: TmdbLimit
    started: float
    tokens: dict[str, float] = field(default_factory=dict)
    """Bearer tokens and when they end."""

    def now(self) -> float:
        """Epoch seconds of the injected clock."""
        return self.clock().timestamp()

    def move_polls(self) -> None:
        """Bring the recorded TMDB polls to where the replay, or the time, is."""
        now = self.now()
        if self.options.poll_seconds:
            self.tmdb.move_to((now - self.started) / (self.options.poll_seconds * max(1, self.tmdb.poll_count)))
        else:
            self.tmdb.move_to(self.source.progress(now) or 0.0)


def build_world(options: Options, clock: Clock, subreddits: Sequence[str]) -> World:
    """Read the files that the options name and set up what they describe.

    Raises:
        ConfigurationError: a file is missing or not of its form.
    """
    started = clock().timestamp()
    films = load_catalogue(options.catalogue) if options.catalogue else load_catalogue()
    source: CommentSource
    if options.replay:
        recording = read_recording(options.replay, hours=options.hours, limit=options.limit)
        source = ReplaySource(recording, speed=options.speed, max_gap=options.max_gap, start=started)
    else:
        source = LiveSource(films, seed=options.seed, rate=options.rate, subreddits=subreddits)
    return World(
        options=options,
        clock=clock,
        source=source,
        tmdb=TmdbWorld(films, options.seed, read_polls(options.polls) if options.polls else ()),
        faults=Faults(options.seed),
        ledger=Ledger(),
        reddit_limit=RedditLimit(options.reddit_requests, started),
        tmdb_limit=TmdbLimit(options.tmdb_requests),
        started=started,
    )
