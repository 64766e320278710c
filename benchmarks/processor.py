"""Speed of the Spark job: `python -m benchmarks.processor [--comments 2000000]`.

A backlog lies in a real Kafka; `python -m processors` works it off into a real Cassandra, then a row-at-a-time job does
the same backlog's beginning, and vaderSentiment's bare loop runs on one core. The last line printed is JSON. The exit
code is 1 when the ledger does not balance or a window differs from the recomputation.
"""

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.comments import (
    REAL_BODIES,
    REAL_CATALOGUE,
    Sent,
    Text,
    backlog,
    invented_texts,
    known_films,
    lengths,
    polled,
    real_texts,
)
from benchmarks.recompute import Spoken, differences, sift, windows
from benchmarks.servers import Service, fill_catalogue, producer, servers, service
from benchmarks.stages import linkable, measure, native_stage, spoken
from benchmarks.usage import Usage
from benchmarks.vader import bare_vader
from common.clock import from_millis, system_clock, to_millis
from common.kafka import Publisher
from configs.settings import Settings, load_settings
from configs.topics import REDDIT_STREAM, TREND_STREAM
from contracts.events import TmdbFilm, TrendUpdate
from processors.job import most_records
from processors.linking.linker import Linker
from storage.store import Store

_LISTED = 100
"""Films in TMDB's lists: a row a window each, mentioned or not."""
_BATCHES = 4
"""Micro-batches in a run at least, so that a warm-up can be left out."""
_WARM_UP = 0.25
"""Of the backlog: the first batches start workers, load the catalogue and warm the JVM."""
_STALL_SECONDS = 180.0
_POLL_SECONDS = 0.5
"""A look at the metrics takes the job some milliseconds of its one Python thread."""
_STAGE_SAMPLE = 20_000
_VADER_SAMPLE = 3_000


@dataclass(frozen=True, slots=True)
class Load:
    """What is measured with."""

    films: list[TmdbFilm]
    linker: Linker
    texts: list[Text]
    spoken: list[Spoken]
    records: list[Sent]


def main() -> int:
    """Run the benchmark; 0 when everything balances."""
    arguments = _parse()
    load = _load(arguments)
    rows = min(arguments.batch or most_records(), max(2_000, arguments.comments // _BATCHES))
    overrides = {"spark_max_offsets_per_trigger": rows, "trend_slide_duration": f"{arguments.slide} seconds"}
    result = _about(arguments, load)
    if arguments.steps:
        settings = load_settings(**overrides)
        stages = measure(load.records, load.linker, settings, {}, _encode)
        result |= {"cpu_seconds_per_million_by_stage": stages.per_million()}
        result |= {"cpu_seconds_per_million_native_stage": native_stage(load.records, load.linker, settings)}
        print(json.dumps(result))
        return 0
    with servers(**overrides) as settings:
        say(f"the backlog goes to {settings.kafka_bootstrap_servers}")
        fill_catalogue(settings, load.films, polled(load.films, _LISTED, system_clock()))
        _send(settings, load.records)
        with service(settings, "processors") as job:
            result["job"] = _watch(job, lambda: _processed(settings), len(load.records))
        say(f"{result['job']}")
        result |= _check(settings, load)
        titles = {film.movie_id: film.title for film in load.films}
        sample = load.records[:_STAGE_SAMPLE]
        say("the steps one by one")
        with written(settings) as write:
            stages = measure(sample, load.linker, settings, titles, write)
        result["cpu_seconds_per_million_by_stage"] = stages.per_million()
        result["cpu_seconds_per_million_native_stage"] = native_stage(sample, load.linker, settings)
        if arguments.rows:
            result["row_at_a_time"] = _row_at_a_time(settings, min(arguments.rows, len(load.records)))
            faster = result["job"]["comments_per_second"] / result["row_at_a_time"]["comments_per_second"]
            result["times_row_at_a_time"] = round(faster, 2)
    result["vader_alone_per_second_a_core"] = round(bare_vader(load.texts[:_VADER_SAMPLE]))
    print(json.dumps(result))
    return 0 if result["balanced"] and not result["windows_different"] else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processor", description=__doc__)
    add = parser.add_argument
    add("--comments", type=int, default=200_000, help="records in the backlog")
    add("--rate", type=float, default=2_000, help="comments a second of event time")
    add("--slide", type=int, default=60, help="seconds from window to window, of 5 minutes each")
    add("--texts", type=int, default=20_000, help="different texts; they come again and again")
    add("--invented", action="store_true", help="texts by the simulator's writer even when recorded ones are there")
    add("--bodies", type=Path, default=REAL_BODIES, help="recorded comments, JSON Lines (.gz) with body and link_title")
    add("--catalogue", type=Path, default=REAL_CATALOGUE, help="films, JSON Lines (.gz)")
    add("--batch", type=int, help="records a micro-batch at most (SPARK_MAX_OFFSETS_PER_TRIGGER), or a quarter of all")
    add("--films", type=int, help="so many films: the catalogue's most voted ones, or all and copies of other names")
    add("--steps", action="store_true", help="only the steps in this process, without servers: how their cost grows")
    add("--rows", type=int, default=40_000, help="comments for the row-at-a-time job; 0 leaves it out")
    return parser.parse_args()


def _load(arguments: argparse.Namespace) -> Load:
    now = system_clock()
    real = arguments.bodies.is_file() and not arguments.invented
    texts = real_texts(arguments.bodies, arguments.texts) if real else invented_texts(arguments.texts)
    films = known_films(arguments.catalogue if arguments.catalogue.is_file() else None, now)
    if arguments.films:
        films = resized(films, arguments.films)
    linker = Linker(linkable(films))
    say(f"{len(texts)} texts, {len(films)} films; what each text says about them")
    told = spoken(texts, linker, to_millis(now))
    return Load(films, linker, texts, told, list(backlog(texts, arguments.comments, arguments.rate, now)))


def resized(films: Sequence[TmdbFilm], count: int) -> list[TmdbFilm]:
    """The `count` best known films; when there are too few, copies under made-up names that no comment holds."""
    ranked = sorted(films, key=lambda film: (-(film.vote_count or 0), film.movie_id))[:count]
    ids = itertools.count(max(film.movie_id for film in films) + 1)
    rng = random.Random(1)
    copies = ({"movie_id": next(ids), "title": made_up(rng, film.title)} for film in itertools.cycle(ranked))
    plain = {"original_title": None, "alternative_titles": ()}
    found = list(ranked)
    for source, change in zip(itertools.cycle(ranked), copies, strict=False):
        if len(found) >= count:
            return found
        found.append(source.model_copy(update=change | plain))
    return found


def made_up(rng: random.Random, title: str) -> str:
    """A title of as many words with other letters in the middle of each."""
    return " ".join(word[:1] + "".join(rng.choices("bcdfgklmnprstvz", k=len(word))) for word in title.split())


def _about(arguments: argparse.Namespace, load: Load) -> dict[str, Any]:
    named = sum(1 for said in load.spoken if said)
    return {
        "comments": len(load.records),
        "texts": len(load.texts),
        "words": lengths(load.texts),
        "texts_with_a_film": round(named / len(load.texts), 3),
        "films": len(load.films),
        "comments_per_second_of_event_time": arguments.rate,
        "slide_seconds": arguments.slide,
    }


def _send(settings: Settings, records: Sequence[Sent]) -> None:
    with producer(settings) as sender:
        for record in records:
            sender.send(REDDIT_STREAM, key=record.id.encode() or None, value=record.value)


def _processed(settings: Settings) -> int:
    """Records of reddit_stream that the job has accounted for, by its own metric."""
    try:
        text = requests.get(f"http://{settings.bind_address}:{settings.processor_metrics_port}/metrics", timeout=5).text
    except requests.RequestException:
        return 0
    lines = (line for line in text.splitlines() if line.startswith("trendscope_processor_records_total{"))
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))


def _watch(running: Service, done: Callable[[], int], count: int) -> dict[str, Any]:
    """Follow a job until it has done `count` records: its speed, CPU time and memory after the warm-up."""
    with Usage(running.process.pid) as usage:
        points = list(_points(running, done, count))
        time.sleep(1)
    warm = next(point for point in points if point[1] >= count * _WARM_UP)
    last = points[-1]
    comments, seconds = last[1] - warm[1], last[0] - warm[0]
    cpu = usage.cpu_between(warm[0], last[0])
    middle = warm[0] + seconds / 2
    return {
        "comments_per_second": round(comments / seconds, 1),
        "measured_comments": comments,
        "measured_seconds": round(seconds, 1),
        "cpu_seconds_per_million": round(cpu / comments * 1e6, 1),
        "cpu_seconds_per_million_by_process": {
            kind: round(spent / comments * 1e6, 1)
            for kind, spent in sorted(usage.by_kind_between(warm[0], last[0]).items())
        },
        "cores_used": round(cpu / seconds, 2),
        "comments_per_cpu_second": round(comments / cpu, 1),
        "memory_mb": {
            "peak": round(usage.peak_memory),
            "after_warm_up": round(usage.memory_near(warm[0])),
            "half_way": round(usage.memory_near(middle)),
            "end": round(usage.memory_near(last[0])),
        },
    }


def _points(running: Service, done: Callable[[], int], count: int) -> Iterator[tuple[float, int]]:
    """(time, records done) whenever a batch was done."""
    before, moved = 0, time.monotonic()
    while before < count:
        now, at = done(), time.monotonic()
        if now > before:
            say(f"{now} of {count}")
            yield at, now
            before, moved = now, at
        if not running.alive or at - moved > _STALL_SECONDS:
            raise SystemExit(f"the job got no further than {before}; its log ends:\n{running.log.read_text()[-3_000:]}")
        time.sleep(_POLL_SECONDS)


def _check(settings: Settings, load: Load) -> dict[str, Any]:
    """Compare the job's ledger and windows with the recomputation."""
    say("recomputing ledger and windows")
    slide = int(settings.trend_slide_duration.total_seconds() * 1_000)
    size = int(settings.trend_window_duration.total_seconds() * 1_000)
    delay = int(settings.watermark_delay.total_seconds() * 1_000)
    with Store.open(settings) as store:
        ledger = store.ledger.totals()
        batches = _batches(settings, store)
        counted, expected_ledger = sift(load.records, batches, load.spoken, delay)
        expected = windows(counted, load.spoken, size, slide)
        starts = sorted({start for _, start in expected})
        rows = [row for start in starts for row in store.trends.window(from_millis(start))]
    wrong = differences(expected, rows)
    told = {name: count for name, count in sorted(ledger.items()) if count}
    if wrong:
        say(f"different: {wrong[:10]}")
    return {
        "ledger": told,
        "balanced": told == expected_ledger and sum(told.values()) == len(load.records),
        "windows_with_mentions": len(expected),
        "windows_different": len(wrong),
        "rows_in_those_windows": len(rows),
    }


def _batches(settings: Settings, store: Store) -> list[int]:
    """How many records of reddit_stream each micro-batch took, in order."""
    job = json.loads((settings.data_dir / "checkpoint" / "job.json").read_bytes())["job_id"]
    sizes: dict[int, int] = {}
    for entry in store.ledger.entries(job):
        sizes[entry.batch_id] = sizes.get(entry.batch_id, 0) + entry.count
    return [sizes[batch] for batch in sorted(sizes) if sizes[batch]]


def _row_at_a_time(settings: Settings, count: int) -> dict[str, Any]:
    rows = max(1_000, count // 8)
    checkpoint = settings.data_dir / "row_checkpoint"
    arguments = ("benchmarks.row_at_a_time", settings.kafka_bootstrap_servers, str(checkpoint), str(rows))
    with service(settings, *arguments) as job:
        return _watch(job, lambda: min(count, rows * job.log.read_text().count('{"batch":')), count)


def _encode(updates: list[TrendUpdate]) -> None:
    for update in updates:
        update.encode()


@contextmanager
def written(settings: Settings) -> Iterator[Callable[[list[TrendUpdate]], None]]:
    """What the sink does with a micro-batch's rows, in this process: Cassandra, then trend_stream."""
    publisher = Publisher(settings.kafka_bootstrap_servers, client_id="benchmark", deadline=60)
    try:
        with Store.open(settings) as store:

            def write(updates: list[TrendUpdate]) -> None:
                store.trends.upsert(updates)
                for update in updates:
                    publisher.send(TREND_STREAM, update)
                publisher.flush()

            yield write
    finally:
        publisher.close()


def say(text: str) -> None:
    """Progress, apart from the result."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
