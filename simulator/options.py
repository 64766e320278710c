"""The command line of `python -m simulator`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_RATE = 1.1
"""Comments a second: then the 1,000 of the first listing cover about the past quarter of an hour."""
CREDENTIAL = "simulated"
"""The key, id and secret that the simulator accepts unless told otherwise; no secret of anybody's."""


@dataclass(frozen=True)
class Options:
    """What the simulator serves."""

    seed: int = 20260601
    rate: float = DEFAULT_RATE
    replay: Path | None = None
    polls: Path | None = None
    catalogue: Path | None = None
    speed: float = 1.0
    max_gap: int = 600
    hours: float | None = None
    limit: int | None = None
    poll_seconds: float | None = None
    reddit_requests: int = 600
    tmdb_requests: int = 50
    tmdb_key: str = CREDENTIAL
    reddit_id: str = CREDENTIAL
    reddit_secret: str = CREDENTIAL
    port: int | None = None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; argparse ends the process with 2 and a sentence when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    comments = parser.add_argument_group("comments")
    comments.add_argument("--seed", type=int, default=Options.seed, help="of everything invented")
    comments.add_argument("--rate", type=_above_zero, default=DEFAULT_RATE, help="invented comments a second")
    comments.add_argument("--replay", type=Path, metavar="FILE", help="serve these recorded comments (JSONL, .gz)")
    comments.add_argument("--speed", type=_not_negative, default=1.0, help="of the replay; 0: as fast as it is read")
    comments.add_argument("--max-gap", type=int, default=600, metavar="SECONDS", help="longer silences are cut to it")
    comments.add_argument("--hours", type=_above_zero, help="only the first hours of each recorded thread")
    comments.add_argument("--limit", type=_count, help="only the first so many recorded comments")
    films = parser.add_argument_group("films")
    films.add_argument("--polls", type=Path, metavar="FILE", help="serve these recorded TMDB polls")
    films.add_argument("--poll-seconds", type=_above_zero, help="time a poll is served; default: by replay progress")
    films.add_argument("--catalogue", type=Path, metavar="FILE", help="films to know instead of the bundled ones")
    limits = parser.add_argument_group("limits and keys")
    limits.add_argument(
        "--reddit-requests", type=int, help="in ten minutes, 0: no limit; default 600, without limit in a replay"
    )
    limits.add_argument("--tmdb-requests", type=int, default=50, help="in a second, 0: no limit")
    limits.add_argument("--tmdb-key", default=CREDENTIAL)
    limits.add_argument("--reddit-id", default=CREDENTIAL)
    limits.add_argument("--reddit-secret", default=CREDENTIAL)
    limits.add_argument("--port", type=int, help="instead of SIMULATOR_PORT")
    given = vars(parser.parse_args(arguments))
    if given["reddit_requests"] is None:
        given["reddit_requests"] = 0 if given["replay"] else Options.reddit_requests
    return Options(**given)


def _above_zero(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not value >= 0:
        raise argparse.ArgumentTypeError("must be 0 or above")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or above")
    return value
