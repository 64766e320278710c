"""How fast the API answers: `python -m benchmarks.api [--films 2000] [--days 30]`.

Loads `benchmarks.api_data` into a Cassandra of its own (or takes one that holds it: --port and --keyspace), starts
`python -m serving`, and asks it from another process: first a mix of all operations at a steady rate, then each of them
alone at that rate, for any of its films and parameters: films as often as people would (by Zipf's law), and for the
history also all alike. While that goes on a window closes each minute, as in life, so that 60 seconds hold one close.
Then the mix as fast as it goes, and the event stream with so many clients. The last line is JSON.
"""

import argparse
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import requests

from benchmarks.api_data import MINUTE, Loader, Plan, World, fill
from benchmarks.servers import servers, service
from common.clock import system_clock
from configs.settings import ROOT, Settings
from local.isolated import isolated_settings
from storage.store import Store

_READY_SECONDS = 120
_CLOSING_SECONDS = 60.0
_WARM_UP_SECONDS = 15.0
_CONNECTIONS = 256
"""Half a second of requests: with fewer, those that wait for Cassandra would hold up those that need not."""
_MORE = {"requests_per_second": "/s", "kilobytes": "kB", "server_cores": "cores", "statuses": ""}
"""What a line says besides the times, with its unit."""
_MOMENTS = 20
"""Past moments asked for: people look at last night, not at all of a month alike."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked."""

    name: str
    paths: Sequence[str]


def questions(films: Sequence[int], titles: Sequence[str], end: datetime, seed: int = 1) -> list[Asked]:
    """Each operation with many different parameters."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(len(films))]
    popular = rng.choices(films, weights, k=2_000)
    alike = rng.sample(list(films), min(2_000, len(films)))
    moments = [end - timedelta(hours=3 * rng.randint(1, 230)) for _ in range(_MOMENTS)]
    words = [title[: rng.randint(3, 12)] for title in rng.choices(titles, k=500)]
    pages = [f"?limit=20&offset={20 * n}" for n in range(10)] + [
        "?genre=Drama&limit=50",
        "?sort=momentum",
        "?limit=200",
    ]
    quoted = [quote(word) for word in words]
    return [
        Asked("trending", [f"/api/v1/trending{page}" for page in pages]),
        Asked("trending, open window", ["/api/v1/trending?window=live"]),
        Asked("trending, past", [f"/api/v1/trending?at={at:%Y-%m-%dT%H:%M:%SZ}" for at in rng.choices(moments, k=500)]),
        Asked("movie", [f"/api/v1/movies/{film}" for film in popular]),
        Asked("history, a day", [f"/api/v1/movies/{film}/history?hours=24" for film in popular]),
        Asked("history, a day, films alike", [f"/api/v1/movies/{film}/history?hours=24" for film in alike]),
        Asked("history, 30 days", [f"/api/v1/movies/{film}/history?hours=720" for film in popular]),
        Asked("forecast", [f"/api/v1/movies/{film}/forecast" for film in popular]),
        Asked("mentions", [f"/api/v1/movies/{film}/mentions" for film in popular]),
        Asked("search", [f"/api/v1/movies/search?q={word}" for word in quoted]),
        Asked("compare", [f"/api/v1/compare?ids={a},{b}" for a, b in zip(popular[::2], popular[1::2], strict=True)]),
        Asked("breakouts", ["/api/v1/breakouts", "/api/v1/breakouts?status=active"]),
        Asked("model", ["/api/v1/model"]),
        Asked("status", ["/api/v1/status"]),
    ]


class Load:
    """The process that asks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.api_load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # the scheduler's share of another user: it stands for people at other machines
        )

    def order(self, **what: Any) -> dict[str, Any]:
        """Give an order and wait for its result."""
        assert self._process.stdin is not None  # noqa: S101 - asked for
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps({**what, "port": self._port}) + "\n")
        self._process.stdin.flush()
        result: dict[str, Any] = json.loads(self._process.stdout.readline())
        return result

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def percentile(values: Sequence[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return round(1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def row_of(name: str, seconds: Sequence[float]) -> dict[str, Any]:
    """The times of one operation's answers."""
    return {
        "operation": name,
        "answers": len(seconds),
        "p50_ms": percentile(seconds, 0.5),
        "p95_ms": percentile(seconds, 0.95),
        "p99_ms": percentile(seconds, 0.99),
    }


def show(row: dict[str, Any]) -> None:
    """A line of the table."""
    times = " ".join(f"{name} {row[f'{name}_ms']:>7}" for name in ("p50", "p95", "p99"))
    rest = " ".join(f"{row[name]!s:>7} {unit}" for name, unit in _MORE.items() if name in row)
    print(f"{row['operation']:<30}{times} ms {rest}", flush=True)


def steadily(load: Load, paths: Sequence[str], options: argparse.Namespace, server: psutil.Process) -> dict[str, Any]:
    """Ask at the steady rate, after some seconds that do not count; with the server's processor time."""
    order = {"what": "steady", "paths": paths, "rate": options.rate, "connections": _CONNECTIONS}
    load.order(**order, seconds=_WARM_UP_SECONDS)
    before, began = sum(server.cpu_times()[:2]), time.monotonic()
    result = load.order(**order, seconds=options.seconds)
    cpu = (sum(server.cpu_times()[:2]) - before) / (time.monotonic() - began)
    return {**result, "server_cores": round(cpu, 2)}


def measure(load: Load, asked: Asked, options: argparse.Namespace, server: psutil.Process) -> dict[str, Any]:
    """One operation alone."""
    result = steadily(load, asked.paths, options, server)
    took = result["seconds"]
    row = row_of(asked.name, took) | {
        "requests_per_second": round(len(took) / result["elapsed"]),
        "kilobytes": round(result["received"] / len(took) / 1_000, 1),
        "server_cores": result["server_cores"],
        "statuses": result["statuses"],
    }
    show(row)
    return row


def measure_mix(load: Load, asked: Sequence[Asked], options: argparse.Namespace, server: psutil.Process) -> list[Any]:
    """All operations in turn; each one's times among the others."""
    paths = mixed(asked)
    result = steadily(load, paths, options, server)
    rate = round(len(result["seconds"]) / result["elapsed"])
    print(f"all operations in turn, {rate}/s, {result['server_cores']} cores, {result['statuses']}")
    rows = []
    for place, each in enumerate(asked):
        timed = zip(result["numbers"], result["seconds"], strict=True)
        rows.append(row_of(each.name, [seconds for number, seconds in timed if number % len(asked) == place]))
        show(rows[-1])
    whole = row_of("all of them", result["seconds"]) | {
        "requests_per_second": rate,
        "kilobytes": round(result["received"] / len(result["seconds"]) / 1_000, 1),
        "server_cores": result["server_cores"],
        "statuses": result["statuses"],
    }
    show(whole)
    return [*rows, whole]


def mixed(asked: Sequence[Asked]) -> list[str]:
    """Paths of all operations in turn: the n-th is of the operation n modulo their number."""
    rng = random.Random(2)
    chosen = [rng.choices(each.paths, k=300) for each in asked]
    return [path for group in zip(*chosen, strict=True) for path in group]


def stream(load: Load, clients: int, seconds: float, server: psutil.Process) -> dict[str, Any]:
    """Clients of the event stream: what each gets, and what the server's memory is with them."""
    before = server.memory_info().rss
    memory: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            memory.append(server.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = load.order(what="listen", clients=clients, seconds=seconds)
    done.set()
    watcher.join()
    row = {
        "clients": clients,
        "rss_before_mb": round(before / 1e6),
        "rss_most_mb": round(max(memory) / 1e6),
        **result,
    }
    print(f"{clients} stream clients: {row}")
    return row


@contextmanager
def closing(settings: Settings, world: World, every: float = _CLOSING_SECONDS) -> Iterator[None]:
    """Another window closes each `every` seconds."""
    stop = threading.Event()

    def run() -> None:
        with Store.open(settings) as store:
            loader, start = Loader(world, store), world.end - settings.trend_window_duration
            while not stop.wait(every):
                start += MINUTE
                loader.close(start)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def await_ready(port: int) -> None:
    """Wait until the API has something to show.

    Raises:
        TimeoutError: it has not after two minutes.
    """
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"the API was not ready after {_READY_SECONDS} s")


def run(settings: Settings, world: World, options: argparse.Namespace) -> dict[str, Any]:
    """Serve the loaded data and measure."""
    films = [film.movie_id for film in world.films]
    asked = questions(films, [film.title for film in world.films], world.end)
    with service(settings, "serving") as child, closing(settings, world):
        await_ready(settings.serving_port)
        server, load = psutil.Process(child.process.pid), Load(settings.serving_port)
        together = measure_mix(load, asked, options, server)
        alone = [measure(load, each, options, server) for each in asked] if options.alone else []
        fastest = load.order(what="steady", paths=mixed(asked), rate=0, seconds=options.seconds, connections=16)
        most = round(len(fastest["seconds"]) / fastest["elapsed"])
        print(
            f"mix of all, 16 connections, as fast as it goes: {most}/s, p95 {percentile(fastest['seconds'], 0.95)} ms"
        )
        clients = stream(load, options.clients, options.seconds * 2, server)
        load.close()
    found = {"together": together, "alone": alone, "most_per_second": most, "stream": clients}
    return {"films": len(films), "rate": options.rate, **found}


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--films", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rate", type=float, default=500, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60, help="of each measurement")
    parser.add_argument("--no-alone", dest="alone", action="store_false", help="only the mix of all operations")
    parser.add_argument("--clients", type=int, default=1_000, help="of the event stream")
    parser.add_argument("--port", type=int, help="of a Cassandra that `benchmarks.api_data` has filled")
    parser.add_argument("--keyspace", default="made_up")
    parser.add_argument(
        "--end", help="with --port: the newest window's end, as api_data printed it, e.g. 2026-11-21T12:00"
    )
    options = parser.parse_args(arguments)
    plan = Plan(films=options.films, days=options.days)
    if options.port:
        folder = Path(ROOT / ".data" / "bench-api")
        folder.mkdir(parents=True, exist_ok=True)
        settings = isolated_settings(folder, cassandra_port=options.port, cassandra_keyspace=options.keyspace)
        world = World(plan, datetime.fromisoformat(options.end + "+00:00"), settings)
        print(json.dumps(run(settings, world, options)))
        return
    with servers() as settings:
        began = time.monotonic()
        world, rows = fill(settings, plan, system_clock())
        print(f"{rows:,} rows loaded in {time.monotonic() - began:.0f} s")
        print(json.dumps(run(settings, world, options)))


if __name__ == "__main__":
    main(sys.argv[1:])
