"""Evidence from a platform that has come to rest."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from kafka.consumer.fetcher import ConsumerRecord

from common.clock import to_millis
from configs.settings import Settings
from configs.topics import DEAD_LETTER_STREAM, PREDICTIONS_STREAM, REDDIT_STREAM, TMDB_STREAM, TREND_STREAM
from contracts.errors import ContractError
from contracts.events import DeadLetter, Prediction, RedditComment, TmdbFilm, TrendUpdate
from ml_service import metric_rows
from ml_service.engine import Batch as MlBatch
from ml_service.engine import Engine, EngineConfig
from processors.catalogue_reader import CatalogueReader
from processors.linking.linker import Linker
from processors.linking.model import CommentText
from processors.sentiment.score import FilmSentiment
from processors.snapshots import SnapshotFiles
from storage.store import Store
from tests.faults.checks import forecast_of, window_of
from tests.faults.evidence import Answer, CommentRecord, Evidence, Figure, Forecast, Poll, Rules, Served, Window
from tests.faults.keeping import read_batches
from tests.faults.topics import TopicReader

_ALL = 1_000_000
_REDDIT_EPOCH = to_millis(datetime(2005, 6, 23, tzinfo=UTC))
_TRUTH_PAGE = 10_000

Planted = dict[tuple[str, int], str]
"""By (topic, offset) what must become of a record that the harness wrote: `dead_letter`, `not_organic` or ``."""


def rules_of(settings: Settings) -> Rules:
    """The rules as configured."""
    return Rules(
        size=int(settings.trend_window_duration.total_seconds() * 1_000),
        slide=int(settings.trend_slide_duration.total_seconds() * 1_000),
        delay=int(settings.watermark_delay.total_seconds() * 1_000),
        weights=(settings.w1_popularity, settings.w2_mentions, settings.w3_sentiment),
        popularity_reference=settings.popularity_reference,
        mentions_reference=settings.mentions_reference,
        prior=settings.sentiment_prior,
    )


class Collector:
    """Reads topics, tables and the source's ledger; what was read once is not read again.

    Linking and scoring are the platform's own, by the catalogue of a record's time; what is made of them is for the
    oracle to say. The uninterrupted forecaster is the platform's engine fed once with every record of trend_stream.
    """

    def __init__(self, settings: Settings, snapshots: Path, offsets: Path, planted: Planted) -> None:
        """`snapshots` and `offsets` are the keepers' folders."""
        self._settings, self._offsets, self._planted = settings, offsets, planted
        names = (REDDIT_STREAM, TMDB_STREAM, TREND_STREAM, PREDICTIONS_STREAM, DEAD_LETTER_STREAM)
        self._topics = {name: TopicReader(settings.kafka_bootstrap_servers, name) for name in names}
        self._catalogue = CatalogueReader(SnapshotFiles(snapshots), Linker)
        self._sentiment = FilmSentiment()
        self._engine = Engine(
            EngineConfig(
                settings.trend_window_duration,
                settings.trend_slide_duration,
                settings.forecast_horizons,
                settings.forecast_coverage,
            )
        )
        self._served: dict[str, Served] = {}
        self._comments: list[CommentRecord] = []
        self._polls: list[Poll] = []
        self._updates: list[TrendUpdate] = []
        self._forecasts: list[Prediction] = []
        self._letters: list[DeadLetter] = []
        self._uninterrupted: list[Prediction] = []
        self._figures: dict[Figure, float] = {}

    def collect(self, store: Store, gaps: int, answers: Sequence[Answer] = ()) -> Evidence:
        """All of the stream so far.

        Raises:
            DependencyError: Kafka or Cassandra is away.
        """
        self.note_served()
        self._catalogue.refresh()
        self._comments += [self._comment(record) for record in self._topics[REDDIT_STREAM].read()]
        polls = (self._poll(record) for record in self._topics[TMDB_STREAM].read())
        self._polls += [poll for poll in polls if poll is not None]
        new = [update for update in map(_update, self._topics[TREND_STREAM].read()) if update is not None]
        self._updates += new
        self._feed(new)
        self._forecasts += [Prediction.decode(record.value) for record in self._topics[PREDICTIONS_STREAM].read()]
        self._letters += [DeadLetter.decode(record.value) for record in self._topics[DEAD_LETTER_STREAM].read()]
        by_window, by_film = _windows(store, self._updates)
        stored, stored_by_film = _stored_forecasts(store, self._forecasts)
        return Evidence(
            rules=rules_of(self._settings),
            served=list(self._served.values()),
            gaps=gaps,
            comments=self._comments,
            polls=self._polls,
            batches=read_batches(self._offsets),
            ledger=_ledger(store, self._job_id()),
            updates=self._updates,
            by_window=by_window,
            by_film=by_film,
            letters=self._letters,
            forecasts=self._forecasts,
            stored_forecasts=stored,
            stored_by_film=stored_by_film,
            uninterrupted=self._uninterrupted,
            figures=self._stored_figures(store),
            uninterrupted_figures=self._figures,
            answers=answers,
        )

    def _comment(self, record: ConsumerRecord) -> CommentRecord:
        planted = self._planted.get((REDDIT_STREAM, record.offset))
        if planted:
            return CommentRecord(record.offset, "", 0, verdict=planted, planted=True)
        comment = RedditComment.decode(record.value)
        created = to_millis(comment.created_utc)
        skew = int(self._settings.max_future_skew.total_seconds() * 1_000)
        if created > record.timestamp + skew or created < _REDDIT_EPOCH:
            return CommentRecord(record.offset, comment.id, created, verdict="dead_letter", planted=planted is not None)
        linker = self._catalogue.at(record.timestamp).linker
        links = linker.link(CommentText(comment.body, comment.submission_title, comment.created_utc))
        scores = self._sentiment.score(comment.body, links)
        films = tuple((mention.movie_id, mention.via, scores[mention.movie_id]) for mention in links.mentions)
        return CommentRecord(record.offset, comment.id, created, films, planted=planted is not None)

    def _poll(self, record: ConsumerRecord) -> Poll | None:
        if self._planted.get((TMDB_STREAM, record.offset)):
            return None
        film = TmdbFilm.decode(record.value)
        fetched = to_millis(film.fetched_at)
        if fetched > record.timestamp + int(self._settings.max_future_skew.total_seconds() * 1_000):
            return None
        return Poll(record.offset, film.movie_id, fetched, film.popularity)

    def _feed(self, updates: list[TrendUpdate]) -> None:
        batch = MlBatch()
        for update in updates:
            self._engine.process(update, batch)
        # encoded and decoded, as the topic's: values and types alike
        self._uninterrupted += [Prediction.decode(prediction.encode()) for prediction in batch.predictions]
        for row in metric_rows.rows(batch.closes):
            self._figures[row.model_version, row.metric, row.horizon, row.at] = row.value

    def note_served(self) -> None:
        """Take in what the source has shown; also to be called before the simulator ends, which forgets it."""
        since = 0
        while True:
            query = {"since": since, "limit": _TRUTH_PAGE}
            page: dict[str, Any] = requests.get(
                f"{self._settings.simulator_url}/_sim/truth", params=query, timeout=60
            ).json()
            for record in page["records"]:
                self._served[record["id"]] = shown(record, self._served.get(record["id"]))
            since = page["next"]
            if since >= page["total"]:
                return

    def _job_id(self) -> str:
        return str(json.loads((self._settings.data_dir / "checkpoint" / "job.json").read_text())["job_id"])

    def _stored_figures(self, store: Store) -> dict[Figure, float]:
        series = {(version, metric, horizon) for version, metric, horizon, _ in self._figures}
        rows = [row for one in series for row in store.metrics.series(*one, _ALL)]
        return {(row.model_version, row.metric, row.horizon, row.at): row.value for row in rows}


def shown(record: Mapping[str, Any], before: Served | None) -> Served:
    """What the source says of a comment, and what it said before if it did.

    Whether it had its text is what it was when first shown, for that is what the producer went by: a simulator that was
    started again knows nothing of a surge before, and may give the id to another comment.
    """
    if before is None:
        return Served(record["id"], record["deleted"], record["gone"])
    return Served(before.id, before.deleted, before.gone or record["gone"])


def _update(record: ConsumerRecord) -> TrendUpdate | None:
    """None for a planted record that the forecaster must set aside."""
    try:
        return TrendUpdate.decode(record.value)
    except ContractError:
        return None


def _windows(store: Store, told: list[TrendUpdate]) -> tuple[dict[Window, TrendUpdate], dict[Window, TrendUpdate]]:
    """Both tables of windows, with everything in them."""
    rows = [update for start in store.trends.windows(_ALL) for update in store.trends.window(start)]
    films = {update.movie_id for update in told} | {update.movie_id for update in rows}
    histories = [update for film in films for update in store.trends.history(film, limit=_ALL)]
    return {window_of(update): update for update in rows}, {window_of(update): update for update in histories}


def _stored_forecasts(
    store: Store, told: list[Prediction]
) -> tuple[dict[Forecast, Prediction], dict[Forecast, Prediction]]:
    """Both tables of forecasts, with everything in them."""
    times = [row for made_at in store.predictions.times(_ALL) for row in store.predictions.at(made_at)]
    films = {prediction.movie_id for prediction in told} | {row.movie_id for row in times}
    by_film = [row for film in films for row in store.predictions.for_movie(film, limit=_ALL)]
    return {forecast_of(row): row for row in times}, {forecast_of(row): row for row in by_film}


def _ledger(store: Store, job_id: str) -> dict[int, Counter[str]]:
    """Counts by batch."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for entry in store.ledger.entries(job_id):
        found[entry.batch_id][entry.category] += entry.count
    return dict(found)
