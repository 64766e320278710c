"""The job's steps one by one in this process, on one core: CPU seconds per million comments."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from benchmarks.comments import Sent, Text
from benchmarks.recompute import Spoken
from benchmarks.vader import film_compound
from common.clock import from_millis
from configs.settings import Settings
from configs.topics import REDDIT_STREAM
from contracts.errors import ContractError
from contracts.events import RedditComment, TmdbFilm, TrendUpdate
from processors.batch import BatchBuilder
from processors.catalogue_reader import CatalogueReader
from processors.fold import fold
from processors.linking.linker import Linker
from processors.linking.model import CommentText, Film, Links
from processors.native import NativeLinker, analyzer, extension
from processors.native_batch import NativeBatchBuilder
from processors.parse import Limits, Record, parse_comment
from processors.records import FoldOutput, Packet
from processors.sentiment.score import FilmSentiment
from processors.snapshots import Snapshot, SnapshotFiles
from processors.stage import collect
from processors.state import BucketState
from processors.trend_score import ScoreRule
from processors.updates import trend_updates
from processors.windows import WindowRule

_ARROW_BATCH = 10_000


def linkable(films: Iterable[TmdbFilm]) -> list[Film]:
    """The films as the linker wants them."""
    return [
        Film(
            film.movie_id,
            film.title,
            film.original_title,
            film.alternative_titles,
            film.release_date.year if film.release_date else film.year,
            film.popularity,
            film.vote_count,
        )
        for film in films
    ]


@dataclass(slots=True)
class Stages:
    """CPU seconds by stage, and over how many comments."""

    comments: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, stage: str, work: Callable[[], Any]) -> Any:
        """Do the work and add its CPU time to the stage."""
        start = time.process_time()
        result = work()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - start
        return result

    def per_million(self) -> dict[str, float]:
        """CPU seconds per million comments, by stage and in all."""
        found = {stage: seconds / self.comments * 1e6 for stage, seconds in self.seconds.items()}
        return {stage: round(seconds, 1) for stage, seconds in (*found.items(), ("all", sum(found.values())))}


class _Remembered:
    """Stands for linker and analyzer with what they said before, so that the rest can be timed without them."""

    def __init__(self, links: dict[tuple[str, str | None], Links], scores: dict[str, dict[int, float]]) -> None:
        self._links, self._scores = links, scores

    def link(self, comment: CommentText) -> Links:
        """As before."""
        return self._links[comment.body, comment.thread_title]

    def score(self, body: str, links: Links) -> dict[int, float]:
        """As before, for the films linked."""
        scores = self._scores[body]
        return {mention.movie_id: scores.get(mention.movie_id, 0.0) for mention in links.mentions}


def measure(
    records: Sequence[Sent],
    linker: Linker,
    settings: Settings,
    titles: dict[int, str],
    write: Callable[[list[TrendUpdate]], None],
) -> Stages:
    """Run the steps over a sample of the backlog, each for all records before the next.

    Args:
        records: the sample; every 10,000 are folded as one micro-batch.
        linker: of the run's catalogue.
        settings: of the run.
        titles: of the films.
        write: stores and publishes the rows of a micro-batch, as the sink does.
    """
    stages = Stages(len(records))
    limits, sentiment = Limits.from_settings(settings), FilmSentiment()
    end = max(record.created for record in records)
    comments = [_parse(record.value, end, limits) for record in records]
    stages.time("parse", lambda: [_parse(record.value, end, limits) is None for record in records])  # nothing is kept
    texts = [CommentText(c.body, c.submission_title, c.created_utc) for c in comments if c is not None]
    links: list[Links] = stages.time("link", lambda: [linker.link(text) for text in texts])
    named = [(text, found) for text, found in zip(texts, links, strict=True) if found.mentions]
    scores = stages.time("score", lambda: [sentiment.score(text.body, found) for text, found in named])
    remembered = _Remembered(
        {(text.body, text.thread_title): found for text, found in zip(texts, links, strict=True)},
        {text.body: found for (text, _), found in zip(named, scores, strict=True)},
    )
    before = stages.seconds["parse"]
    packets = stages.time("aggregate", lambda: _packets(records, remembered, end, limits))
    stages.seconds["aggregate"] -= before  # the builder parses again
    rule = WindowRule.from_settings(settings)
    outputs: list[FoldOutput] = stages.time("aggregate", lambda: _folded(packets, rule))
    scoring = ScoreRule.from_settings(settings)
    now = from_millis(end)

    def sink() -> None:
        for output in outputs:
            write(list(trend_updates([output], rule, scoring, lambda movie: titles.get(movie, ""), now)))

    stages.time("sink", sink)
    return stages


def native_stage(records: Sequence[Sent], linker: Linker, settings: Settings) -> float | None:
    """CPU seconds per million comments of the whole stage (parse, link, mask, score, pack) by the extension.

    None where it is not built. What it remembers (characters, threads, tokens) is met once before.
    """
    module = extension()
    if module is None:
        return None
    native = NativeLinker(linker, module)
    reader = CatalogueReader(_NoFiles(), lambda _films: native)
    reader.refresh()
    append = from_millis(max(record.created for record in records))
    batches = [
        _arrow(records[start : start + _ARROW_BATCH], start, append) for start in range(0, len(records), _ARROW_BATCH)
    ]
    analyzed, limits, sentiment = analyzer(module), Limits.from_settings(settings), FilmSentiment()

    def run() -> None:
        for batch in batches:
            builder = NativeBatchBuilder(2, limits, reader, sentiment, module, analyzed)
            collect(batch, builder)
            for packet in builder.packets():
                packet.encode()

    run()
    start = time.process_time()
    run()
    return round((time.process_time() - start) / len(records) * 1e6, 1)


def _arrow(records: Sequence[Sent], first: int, append: datetime) -> pa.RecordBatch:
    count = len(records)
    columns = {
        "topic": pa.array([REDDIT_STREAM] * count),
        "partition": pa.array([0] * count, pa.int32()),
        "offset": pa.array(range(first, first + count), pa.int64()),
        "key": pa.array([record.id.encode() for record in records], pa.binary()),
        "value": pa.array([record.value for record in records], pa.binary()),
        "timestamp": pa.array([append] * count, pa.timestamp("us", "UTC")),
    }
    return pa.RecordBatch.from_pydict(columns)


def spoken(texts: Iterable[Text], linker: Linker, at: int) -> list[Spoken]:
    """What each text says about films, scored with vaderSentiment's own analyzer and our words."""
    sentiment = FilmSentiment(film_compound)
    found: list[Spoken] = []
    for text in texts:
        links = linker.link(CommentText(text.body, text.title or None, from_millis(at)))
        scores = sentiment.score(text.body, links)
        found.append([(mention.movie_id, mention.via, scores[mention.movie_id]) for mention in links.mentions])
    return found


def _parse(value: bytes, append: int, limits: Limits) -> RedditComment | None:
    try:
        return parse_comment(value, append, limits)[0]
    except ContractError:
        return None


class _NoFiles(SnapshotFiles):
    """One snapshot without observations, and no file."""

    def __init__(self) -> None:
        """There is no folder."""

    def versions(self) -> list[int]:
        return [1]

    def load(self, version: int) -> Snapshot:
        return Snapshot(version, version, {}, {})


def _packets(records: Sequence[Sent], remembered: _Remembered, append: int, limits: Limits) -> list[list[bytes]]:
    """As the stage makes them: for each Arrow batch a packet a bucket."""
    reader = CatalogueReader(_NoFiles(), lambda _films: remembered)
    reader.refresh()
    batches: list[list[bytes]] = []
    for start in range(0, len(records), _ARROW_BATCH):
        builder = BatchBuilder(2, limits, reader, remembered)
        for offset, record in enumerate(records[start : start + _ARROW_BATCH], start):
            builder.add_comment(Record(REDDIT_STREAM, 0, offset, None, record.value, append))
        batches.append([packet.encode() for packet in builder.packets()])
    return batches


def _folded(batches: Sequence[Sequence[bytes]], rule: WindowRule) -> list[FoldOutput]:
    """Each bucket folds each batch; the state goes through its binary form, as in Spark."""
    states = [BucketState().encode() for _ in batches[0]]
    outputs: list[FoldOutput] = []
    watermark = 0
    for batch in batches:
        packets = [Packet.decode(value) for value in batch]
        for bucket, packet in enumerate(packets):
            state, output = fold(BucketState.decode(states[bucket]), [packet], watermark, rule, lead=bucket == 0)
            states[bucket] = state.encode()
            outputs.append(FoldOutput.decode(output.encode()))
        times = packets[0].comments["time"]
        watermark = max(watermark, int(times.max()) - rule.delay) if len(times) else watermark
    return outputs
