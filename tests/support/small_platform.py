"""A platform of pure functions: the real fold and the real forecaster between lists, for tests of the checks on it.

What it leaves behind is `tests.faults.evidence`; a test breaks one step of it, as a bug in the platform would.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from common.clock import from_millis
from contracts.events import Prediction, TrendUpdate
from ml_service import metric_rows
from ml_service.engine import Batch as MlBatch
from ml_service.engine import Engine, EngineConfig
from processors.records import SENTIMENT_UNIT
from processors.trend_score import ScoreRule, trend_score
from tests.faults.checks import forecast_of, window_of
from tests.faults.evidence import Batch, CommentRecord, Evidence, Figure, Poll, Served
from tests.oracle import OracleComment
from tests.support import folding
from tests.support.folding import MINUTE, RULE, START, Folder

SIZE = RULE.slide * RULE.panes
FILMS = (1, 2, 3)
_SCORING = ScoreRule(0.4, 0.3, 0.3, popularity_reference=500, mentions_reference=50, sentiment_prior=5)


def some_comments(seed: int = 5, count: int = 240) -> list[OracleComment]:
    """Half an hour of comments in about their order; one in twelve twice, one in twenty very late."""
    rng = random.Random(seed)
    told: list[OracleComment] = []
    for number in range(count):
        created = START + number * 30 * MINUTE // count
        late = rng.random() < 0.05
        films = tuple((film, "text", rng.uniform(-1, 1)) for film in FILMS if rng.random() < 0.4)
        comment = OracleComment(f"c{number}", created - (20 * MINUTE if late else rng.randrange(MINUTE)), films)
        told += [comment] * (2 if rng.random() < 0.08 else 1)
    return told


def some_polls() -> list[folding.Poll]:
    """Each film every ten minutes, each time a little more popular."""
    return [
        folding.Poll(film, START + minute * MINUTE, 10.0 * film + minute)
        for minute in range(-10, 31, 10)
        for film in FILMS
    ]


def engine() -> Engine:
    """A forecaster of these windows."""
    slide = timedelta(milliseconds=RULE.slide)
    return Engine(EngineConfig(slide * RULE.panes, slide, (1,), 0.8))


@dataclass
class SmallPlatform:
    """Feed it, then ask for the evidence."""

    folder: Folder = field(default_factory=Folder)
    records: list[CommentRecord] = field(default_factory=list)
    polls: list[Poll] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    ledger: dict[int, Counter[str]] = field(default_factory=dict)
    updates: list[TrendUpdate] = field(default_factory=list)

    def batch(
        self,
        comments: Sequence[OracleComment],
        polls: Sequence[folding.Poll] = (),
        *,
        read: Sequence[OracleComment] | None = None,
    ) -> None:
        """One micro-batch; `read` is what the job makes of the records when it is not all of them."""
        self.records += [
            CommentRecord(len(self.records) + n, comment.id, comment.created, comment.films)
            for n, comment in enumerate(comments)
        ]
        self.polls += [
            Poll(len(self.polls) + n, poll.movie, poll.fetched, poll.popularity) for n, poll in enumerate(polls)
        ]
        number = len(self.batches)
        self.batches.append(Batch(number, len(self.records), len(self.polls), START))
        self.do(number, comments if read is None else read, polls)

    def do(self, number: int, comments: Sequence[OracleComment], polls: Sequence[folding.Poll]) -> None:
        """Fold a micro-batch and publish what it gave."""
        before = Counter(self.folder.ledger)
        rows = self.folder.feed(comments, polls)
        self.ledger[number] = self.folder.ledger - before
        self.updates += [_update(row) for row in sorted(rows, key=lambda row: (row["window"], row["movie"]))]

    def evidence(self) -> Evidence:
        """What it left behind: a forecaster that was never interrupted, and tables that equal the topics."""
        told, figures = forecast(self.updates)
        latest = {window_of(update): update for update in self.updates}
        stored = {forecast_of(prediction): prediction for prediction in told}
        return Evidence(
            served=[Served(name) for name in dict.fromkeys(record.id for record in self.records)],
            comments=self.records,
            polls=self.polls,
            batches=self.batches,
            ledger=self.ledger,
            updates=self.updates,
            by_window=latest,
            by_film=dict(latest),
            forecasts=told,
            stored_forecasts=stored,
            stored_by_film=dict(stored),
            uninterrupted=list(told),
            figures=figures,
            uninterrupted_figures=dict(figures),
        )


def forecast(
    updates: Sequence[TrendUpdate], model: Engine | None = None
) -> tuple[list[Prediction], dict[Figure, float]]:
    """What a forecaster makes of trend_stream: what it publishes, and its figures."""
    batch, model = MlBatch(), model or engine()
    for update in updates:
        model.process(update, batch)
    rows = metric_rows.rows(batch.closes)
    return list(batch.predictions), {(row.model_version, row.metric, row.horizon, row.at): row.value for row in rows}


def run(size: int = 20) -> SmallPlatform:
    """Half an hour through it, in batches."""
    platform = SmallPlatform()
    comments, polls = some_comments(), some_polls()
    platform.batch([], polls[: len(FILMS)])
    rest = polls[len(FILMS) :]
    for start in range(0, len(comments), size):
        chunk = comments[start : start + size]
        newest = max(comment.created for comment in chunk)
        platform.batch(chunk, [poll for poll in rest if poll.fetched <= newest])
        rest = [poll for poll in rest if poll.fetched > newest]
    return platform


def changed(update: TrendUpdate, **fields: Any) -> TrendUpdate:
    """The update with other values."""
    return update.model_copy(update=fields)


def with_record(evidence: Evidence, offset: int, **fields: Any) -> list[CommentRecord]:
    """The records, one of them replaced."""
    return [replace(record, **fields) if record.offset == offset else record for record in evidence.comments]


def _update(row: dict[str, Any]) -> TrendUpdate:
    mentions, total = row["text"] + row["thread"], row["sentiment"] / SENTIMENT_UNIT
    parts = trend_score(_SCORING, row["popularity"], mentions, total)
    return TrendUpdate(
        movie_id=row["movie"],
        title=f"Film {row['movie']}",
        window_start=from_millis(row["window"] * RULE.slide),
        window_end=from_millis(row["window"] * RULE.slide + SIZE),
        popularity=row["popularity"],
        popularity_observed_at=from_millis(row["observed"]) if row["observed"] else None,
        mentions=mentions,
        mentions_text=row["text"],
        mentions_thread=row["thread"],
        sentiment=total / mentions if mentions else None,
        sentiment_sum=total,
        positive=row["positive"],
        neutral=mentions - row["positive"] - row["negative"],
        negative=row["negative"],
        popularity_part=parts.popularity,
        mentions_part=parts.mentions,
        sentiment_part=parts.sentiment,
        trend_score=parts.score,
        revision=row["revision"],
        is_final=bool(row["final"]),
        processed_at=from_millis(START),
    )
