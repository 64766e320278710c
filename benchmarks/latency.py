"""From a comment to its effect: `python -m benchmarks.latency [--rates 10,100,1000]`.

Comments go to a real Kafka at a steady rate while `python -m processors` runs as a process of its own. A comment had
its effect when a (film, window) row counts it: the n-th mention of a film in a window is there with the first row that
says n or more. Both ends are append times of the same broker; for Cassandra the end is when a reader found the row.
The last line printed is JSON, with seconds at p50, p95 and p99 for each rate.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from benchmarks.comments import REAL_BODIES, REAL_CATALOGUE, Text, invented_texts, known_films, polled, real_texts
from benchmarks.comments import to_event as comment_message
from benchmarks.recompute import Spoken
from benchmarks.servers import Service, fill_catalogue, producer, servers, service
from benchmarks.stages import linkable, spoken
from common.clock import from_millis, system_clock, to_millis
from common.kafka import open_consumer
from configs.settings import Settings
from configs.topics import REDDIT_STREAM, TREND_STREAM
from contracts.events import TrendUpdate
from processors.linking.linker import Linker
from storage.store import Store

_LISTED = 50
_TEXTS = 4_000
_WARM_UP_RATE = 50.0
"""Comments a second, for one to two minutes before each measurement: the JVM compiles what it runs often."""
_PAUSE_SECONDS = 1.0
_SETTLE_SECONDS = 5.0
"""At each new rate before anything counts."""
_DRAIN_SECONDS = 90.0
_POLL_SECONDS = 0.05
_PERCENTILES = (50, 95, 99)

Window = tuple[int, int]
"""(movie_id, window start in ms)."""
Seen = Mapping[Window, Sequence[tuple[int, int]]]
"""For each window (when, mentions) in the order of time; ms."""


@dataclass(slots=True)
class Mention:
    """One comment's mention of one film, as sent."""

    window: Window
    number: int
    """It is the so-many-th of its window."""
    measured: bool
    append: int = 0
    """The broker's time, ms; 0 until it is acknowledged."""


@dataclass(slots=True)
class Generator:
    """Sends comments at a rate and remembers what they mention."""

    settings: Settings
    texts: Sequence[Text]
    spoken: Sequence[Spoken]
    mentions: list[Mention] = field(default_factory=list)
    sent: int = 0
    _counts: Counter[Window] = field(default_factory=Counter)
    _rng: random.Random = field(default_factory=lambda: random.Random(1))

    def run(self, sender: Any, rate: float, seconds: float, *, measured: bool) -> None:
        """Send for so many seconds; what falls behind is sent at once, never left out."""
        start, count = time.monotonic(), int(rate * seconds)
        for number in range(count):
            wait = start + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._send(sender, measured=measured)
        sender.flush()

    def _send(self, sender: Any, *, measured: bool) -> None:
        place = self._rng.randrange(len(self.texts))
        created = to_millis(system_clock())
        value = comment_message(self.texts[place], f"l{self.sent:x}", created, from_millis(created))
        self.sent += 1
        slide = int(self.settings.trend_slide_duration.total_seconds() * 1_000)
        new: list[Mention] = []
        for movie, _, _ in self.spoken[place]:
            window = (movie, created - created % slide)
            self._counts[window] += 1
            new.append(Mention(window, self._counts[window], measured))
        self.mentions += new

        def acknowledged(metadata: Any) -> None:
            for mention in new:
                mention.append = metadata.timestamp

        sender.send(REDDIT_STREAM, value=value).add_callback(acknowledged)


class Reader:
    """Reads one film's newest windows from Cassandra again and again, in a thread."""

    def __init__(self, settings: Settings, movie: int) -> None:
        self._settings = settings
        self._movie = movie
        self.seen: dict[Window, list[tuple[int, int]]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with Store.open(self._settings) as store:
            while not self._stop.wait(_POLL_SECONDS):
                now = system_clock()
                rows = store.trends.history(self._movie, now - 3 * self._settings.trend_slide_duration, None, 4)
                found = to_millis(system_clock())
                for row in rows:
                    note(self.seen, (row.movie_id, to_millis(row.window_start)), found, row.mentions)


def note(seen: dict[Window, list[tuple[int, int]]], window: Window, when: int, mentions: int) -> None:
    """Remember that a window had so many mentions by then; only growth matters."""
    known = seen.setdefault(window, [])
    if not known or mentions > known[-1][1]:
        known.append((when, mentions))


def latencies(mentions: Iterable[Mention], seen: Seen) -> tuple[list[float], int]:
    """Seconds from append to effect of every measured mention, and how many had none."""
    found: list[float] = []
    missing = 0
    for mention in mentions:
        if not mention.measured:
            continue
        when = next((at for at, count in seen.get(mention.window, ()) if count >= mention.number), None)
        if when is None or not mention.append:
            missing += 1
        else:
            found.append((when - mention.append) / 1_000)
    return found, missing


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """By nearest rank."""
    ordered = sorted(values)
    return {f"p{p}": round(ordered[max(0, -(-len(ordered) * p // 100) - 1)], 3) for p in _PERCENTILES if ordered}


def main() -> int:
    """Run the benchmark; 0 when every measured mention had its effect."""
    arguments = _parse()
    now = system_clock()
    real = REAL_BODIES.is_file()
    texts = real_texts(REAL_BODIES, _TEXTS) if real else invented_texts(_TEXTS)
    films = known_films(arguments.catalogue if arguments.catalogue.is_file() else None, now)
    told = spoken(texts, Linker(linkable(films)), to_millis(now))
    with servers() as settings:
        fill_catalogue(settings, films, polled(films, _LISTED, now))
        with service(settings, "processors") as job, producer(settings) as sender:
            _say("warming up")
            Generator(settings, texts, told).run(sender, _WARM_UP_RATE, 1, measured=False)
            _wait_for_rows(settings, job)
            results = {}
            for number, rate in enumerate(arguments.rates):
                generator = Generator(settings, texts, told, sent=(number + 1) << 32)
                results[f"{rate:g}"] = _measure(settings, sender, generator, rate, arguments.seconds)
                _say(f"{rate:g}/s: {results[f'{rate:g}']}")
    print(json.dumps({"seconds_to_effect": results, "measured_seconds": arguments.seconds, "films": len(films)}))
    return 0 if all(not result["without_effect"] for result in results.values()) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    add = parser.add_argument
    add("--rates", type=lambda text: [float(part) for part in text.split(",")], default=[10.0, 100.0, 1_000.0])
    add("--seconds", type=float, default=60, help="measured at each rate")
    add("--catalogue", type=Path, default=REAL_CATALOGUE, help="films, JSON Lines (.gz)")
    return parser.parse_args()


def _wait_for_rows(settings: Settings, job: Service) -> None:
    """Until the job has written its first windows."""
    end = time.monotonic() + settings.startup_deadline
    with Store.open(settings) as store:
        while not store.trends.windows(1):
            if not job.alive or time.monotonic() > end:
                raise SystemExit(f"the job wrote nothing; its log ends:\n{job.log.read_text()[-3_000:]}")
            time.sleep(0.5)


def _measure(settings: Settings, sender: Any, generator: Generator, rate: float, seconds: float) -> dict[str, Any]:
    """One rate. It begins with a fresh minute's windows, which no comment of another rate is in."""
    _begin_window(
        settings.trend_slide_duration,
        lambda duration: generator.run(sender, min(rate, _WARM_UP_RATE), duration, measured=False),
    )
    generator = Generator(settings, generator.texts, generator.spoken, sent=generator.sent)
    reader = Reader(settings, _most_mentioned(generator.spoken))
    reader.start()
    generator.run(sender, rate, _SETTLE_SECONDS, measured=False)
    generator.run(sender, rate, seconds, measured=True)
    published = _published(settings, generator.mentions)
    reader.stop()
    to_topic, missing = latencies(generator.mentions, published)
    probe = [mention for mention in generator.mentions if mention.window[0] == _most_mentioned(generator.spoken)]
    to_store, unread = latencies(probe, reader.seen)
    return {
        "trend_stream": percentiles(to_topic),
        "cassandra": percentiles(to_store),
        "mentions": len(to_topic),
        "mentions_read_in_cassandra": len(to_store),
        "without_effect": missing + unread,
    }


def _begin_window(slide: timedelta, send: Callable[[float], None]) -> None:
    """Send until just before a new window begins, and return a moment after it did."""
    period = slide.total_seconds()
    send(period - time.time() % period + period - _PAUSE_SECONDS)
    time.sleep(2 * _PAUSE_SECONDS)


def _most_mentioned(said: Sequence[Spoken]) -> int:
    return Counter(movie for mentions in said for movie, _, _ in mentions).most_common(1)[0][0]


def _published(settings: Settings, mentions: Sequence[Mention]) -> Seen:
    """Every window's growth in trend_stream, read until all mentions are there or nothing more comes."""
    wanted = Counter(mention.window for mention in mentions)
    seen: dict[Window, list[tuple[int, int]]] = {}
    partition = TopicPartition(TREND_STREAM, 0)
    consumer = open_consumer(settings.kafka_bootstrap_servers, group=None, client_id="latency", deadline=30)
    try:
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < end and not _complete(wanted, seen):
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    update = TrendUpdate.decode(record.value)
                    note(seen, (update.movie_id, to_millis(update.window_start)), record.timestamp, update.mentions)
        time.sleep(1)  # the reader of Cassandra gets its last look
    finally:
        consumer.close()
    return seen


def _complete(wanted: Mapping[Window, int], seen: Seen) -> bool:
    return all(window in seen and seen[window][-1][1] >= count for window, count in wanted.items())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
