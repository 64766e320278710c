"""Recorded comments through the whole platform: `python -m benchmarks.replay`.

The simulator serves the recording through Reddit's API as fast as the producer reads, and recorded polls through
TMDB's; everything else is the platform as `./setup.sh` starts it, in a data folder and on ports of its own. The last
line printed is JSON: the ledger, which must balance, the speed, and the top films of each thread's release night. The
exit code is 1 when the ledger does not balance, or when a thread's own film does not top its night.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from benchmarks.nights import release_nights, thread_films
from common.clock import system_clock
from configs.settings import ROOT, Settings
from configs.topics import REDDIT_STREAM
from local.isolated import isolated_settings
from local.platform import Platform
from local.readiness import messages_in
from storage.import_catalogue import import_catalogue
from storage.store import Store

_DATA = ROOT.parent / "shared" / "data"
_STALL_SECONDS = 300.0
"""Without any progress for this long the run has failed; starting takes a third of it, a whole backlog in one
micro-batch the rest."""
_SERVED_CATEGORIES = ("counted", "duplicate", "late", "without_film", "dead_letter", "not_organic")


def main() -> int:
    """Run the benchmark; 0 when the ledger balances and each thread's film tops its night."""
    arguments = _parse()
    with tempfile.TemporaryDirectory(prefix="trendscope-replay-") as folder:
        settings = isolated_settings(
            Path(folder),
            tmdb_fetch_interval=10,
            tmdb_requests_per_second=40,
            reddit_fetch_interval=1,
            author_hash_key="replay",
        )
        _import_catalogue(settings, arguments.catalogue)
        platform = Platform(settings, simulator_args=_simulator_arguments(arguments), without=["prometheus"])
        try:
            platform.up(say=_say)
            result = _run(platform, arguments)
        finally:
            platform.stop()
    print(json.dumps(result))
    return 0 if result["balanced"] and all(night["own_film_tops"] for night in result["nights"]) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    add = parser.add_argument
    add("--comments", type=Path, default=_DATA / "comments" / "rmovies_discussion_dev.jsonl.gz")
    add("--polls", type=Path, default=_DATA / "series" / "tmdb_lists_raw_dev.jsonl.gz")
    add("--catalogue", type=Path, default=_DATA / "catalog" / "catalogue.jsonl.gz")
    add("--speed", type=float, default=0, help="recorded seconds a second; 0 (default): as fast as they are read")
    add("--max-gap", type=int, default=600, help="longer silences are shortened to this many seconds")
    add("--hours", type=float, help="only the first hours of each thread")
    add("--limit", type=int, help="only the first so many comments")
    arguments = parser.parse_args()
    for path in (arguments.comments, arguments.polls, arguments.catalogue):
        if not path.is_file():
            parser.error(f"{path} is not there: name a file of that form")
    return arguments


def _simulator_arguments(arguments: argparse.Namespace) -> list[str]:
    given = {
        "--replay": arguments.comments.resolve(),
        "--polls": arguments.polls.resolve(),
        "--speed": arguments.speed,
        "--max-gap": arguments.max_gap,
        "--hours": arguments.hours,
        "--limit": arguments.limit,
    }
    return [str(part) for name, value in given.items() if value is not None for part in (name, value)]


def _import_catalogue(settings: Settings, path: Path) -> None:
    """Fill `movies` before any service looks: a comment is linked by the catalogue of its time."""
    servers = Platform(settings)
    stores = Platform(
        settings,
        without=[program.name for program in servers.programs if program.name not in {"cassandra", "kafka", "init"}],
    )
    try:
        stores.up(say=_say)
        stores.wait_ready(say=_say)
        store = Store.open(settings)
        try:
            import_catalogue(store.movies, path, system_clock())
        finally:
            store.close()
    finally:
        stores.stop()


def _run(platform: Platform, arguments: argparse.Namespace) -> dict[str, Any]:
    settings = platform.settings
    began, seconds = _drain(settings)
    store = Store.open(settings)
    try:
        ledger = store.ledger.totals()
        own = thread_films(arguments.comments, store.movies.all())  # the file's films, and those of the polls
        nights = release_nights(settings, store, own)
    finally:
        store.close()
    served = requests.get(f"{settings.simulator_url}/_sim/ledger", timeout=30).json()
    received = messages_in(settings, REDDIT_STREAM)
    categories = {name: ledger.get(name, 0) for name in _SERVED_CATEGORIES}
    return {
        "served": served["served"],
        "deleted": served["deleted"],
        "received": received,
        **categories,
        "balanced": served["served"] == received + served["deleted"] and received == sum(categories.values()),
        "seconds": round(seconds, 1),
        "comments_per_second": round(received / seconds, 1),
        "started_at": began,
        "nights": [night.summary() for night in nights],
    }


def _drain(settings: Settings) -> tuple[str, float]:
    """Wait until all was served and processed; when it began, and the seconds since the simulator came up."""
    store = Store.open(settings)
    try:
        state = _wait(lambda: _progress(settings, store))
    finally:
        store.close()
    began = float(state["started_at"])
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)), time.time() - began


def _progress(settings: Settings, store: Store) -> tuple[bool, dict[str, Any], object]:
    """Whether all is done, the simulator's state, and what changes while there is progress."""
    try:
        state = requests.get(f"{settings.simulator_url}/_sim/state", timeout=30).json()
    except requests.ConnectionError:
        return False, {}, "the simulator starts"
    received = messages_in(settings, REDDIT_STREAM)
    processed = sum(store.ledger.totals().values())
    _say(f"served {state['served']} of {state['comments']}, received {received}, processed {processed}")
    return bool(state["done"]) and processed == received, state, (state["served"], received, processed)


def _wait(step: Callable[[], tuple[bool, dict[str, Any], object]]) -> dict[str, Any]:
    seen: object = None
    moved = time.monotonic()
    while True:
        done, state, mark = step()
        if done:
            return state
        if mark != seen:
            seen, moved = mark, time.monotonic()
        if time.monotonic() - moved > _STALL_SECONDS:
            raise SystemExit(f"no progress for {_STALL_SECONDS:.0f} s: {mark}")
        time.sleep(2)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
