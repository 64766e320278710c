"""One task's records on their way through a worker: records in, a packet a bucket out."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from contracts.errors import ContractError
from contracts.events import DeadLetterReason, RedditComment
from processors.catalogue_reader import CatalogueReader, View
from processors.excerpt import excerpt
from processors.ids import compact_id, record_order
from processors.linking.model import CommentText, Links, Mention
from processors.parse import Limits, Record, dead_letter, parse_comment, parse_film
from processors.records import COMMENT, MENTION, OBSERVATION, SENTIMENT_UNIT, DocumentKind, Documents, Packet
from storage.records import MentionExample

EXAMPLES_PER_FILM = 2
"""Per task: enough to explain a trend, and next to nothing to carry when a film is all people talk about."""
_LEAD = 0
"""The bucket that gets what belongs to no film."""


class Sentiment(Protocol):
    """What scores a comment's films."""

    def score(self, body: str, links: Links) -> dict[int, float]:
        """Compound in [-1, 1] by film."""


@dataclass(slots=True)
class _Bucket:
    mentions: list[tuple[int, int, int, bool]] = field(default_factory=list)
    observations: list[tuple[int, int, int, float, int, int]] = field(default_factory=list)
    documents: dict[DocumentKind, Documents] = field(default_factory=dict)

    def add(self, kind: DocumentKind, order: int, value: bytes) -> None:
        self.documents.setdefault(kind, Documents()).add(order, value)


class BatchBuilder:
    """Collects the records of one task."""

    def __init__(self, buckets: int, limits: Limits, catalogue: CatalogueReader, sentiment: Sentiment) -> None:
        self._limits = limits
        self._catalogue = catalogue
        self._sentiment = sentiment
        self._buckets = [_Bucket() for _ in range(buckets)]
        self._comments: list[tuple[int, int, int, int]] = []
        self._examples: dict[int, int] = {}
        self._attached: set[tuple[int, int]] = set()
        self._view: View | None = None
        self._last_append = 0
        self._first_comment = 0
        self._dead_letters = self._not_organic = self._uncertain = 0
        self.newest_event = 0
        """created_utc of the newest comment that belongs to the stream, ms: what moves the watermark."""

    def add_film(self, record: Record) -> None:
        """A record of tmdb_stream."""
        self._last_append = max(self._last_append, record.append)
        try:
            film, fetched = parse_film(record.value, record.append, self._limits)
        except ContractError as error:
            self._set_aside(record, error)
            return
        bucket = self._buckets[film.movie_id % len(self._buckets)]
        popularity = np.nan if film.popularity is None else film.popularity
        rank, listed = film.trending_rank or 0, fetched if film.lists else 0
        bucket.observations.append((film.movie_id, fetched, record.append, popularity, rank, listed))
        bucket.add(DocumentKind.FILM, record_order(record.partition, record.offset), record.value or b"")

    def add_comment(self, record: Record) -> None:
        """A record of reddit_stream."""
        self._last_append = max(self._last_append, record.append)
        self._first_comment = min(self._first_comment or record.append, record.append)
        try:
            comment, created = parse_comment(record.value, record.append, self._limits)
            if comment.origin == "search":
                self._not_organic += 1
                return
            self._count(record, comment, created)
        except ContractError as error:
            self._dead_letters += 1
            self._set_aside(record, error)

    def packets(self) -> list[Packet]:
        """The packets, by bucket."""
        comments = np.array(self._comments, COMMENT)
        packets = [
            Packet(
                comments=comments,
                mentions=np.array(bucket.mentions, MENTION),
                observations=np.array(bucket.observations, OBSERVATION),
                documents=bucket.documents,
                last_append=self._last_append,
                first_comment=self._first_comment,
            )
            for bucket in self._buckets
        ]
        lead = packets[_LEAD]
        lead.dead_letters, lead.not_organic, lead.uncertain = self._dead_letters, self._not_organic, self._uncertain
        return packets

    def _count(self, record: Record, comment: RedditComment, created: int) -> None:
        view = self._view_at(record.append)
        links, scores = self._link(view, comment)
        order = record_order(record.partition, record.offset)
        self._comments.append((order, compact_id(comment.id), created, len(links.mentions)))
        self._uncertain += len(links.uncertain)
        self.newest_event = max(self.newest_event, created)
        for mention in links.mentions:
            self._mention(order, comment, mention, scores[mention.movie_id])
            self._attach(view, mention.movie_id)

    def _view_at(self, append: int) -> View:
        view = self._view
        if view is None or not view.since <= append < view.until:
            view = self._view = self._catalogue.at(append)
        return view

    def _wants_example(self, movie_id: int) -> bool:
        """Whether another example of a film is wanted; counts it."""
        taken = self._examples[movie_id] = self._examples.get(movie_id, 0) + 1
        return taken <= EXAMPLES_PER_FILM

    def _link(self, view: View, comment: RedditComment) -> tuple[Links, dict[int, float]]:
        """The films of a comment and how it speaks of each; a comment that names none is not scored.

        Raises:
            ContractError: a step failed on this text. One comment must not stop the stream.
        """
        try:
            links = view.linker.link(CommentText(comment.body, comment.submission_title, comment.created_utc))
            return links, self._sentiment.score(comment.body, links) if links.mentions else {}
        except Exception as error:
            raise ContractError(DeadLetterReason.PROCESSING, f"linking or scoring failed: {error!r}") from error

    def _mention(self, order: int, comment: RedditComment, mention: Mention, compound: float) -> None:
        bucket = self._buckets[mention.movie_id % len(self._buckets)]
        sentiment = round(compound * SENTIMENT_UNIT)
        bucket.mentions.append((order, sentiment, mention.movie_id, mention.via == "thread"))
        if self._wants_example(mention.movie_id):
            bucket.add(DocumentKind.EXAMPLE, order, _example(comment, mention, compound))

    def _attach(self, view: View, movie_id: int) -> None:
        """Send the catalogue's observations of a mentioned film along, once."""
        if (view.since, movie_id) in self._attached:
            return
        self._attached.add((view.since, movie_id))
        rows = self._buckets[movie_id % len(self._buckets)].observations
        for seen in view.observations.get(movie_id, ()):
            popularity = np.nan if seen.popularity is None else seen.popularity
            listed = seen.fetched if seen.listed else 0
            rows.append((movie_id, seen.fetched, 0, popularity, seen.rank or 0, listed))

    def _set_aside(self, record: Record, error: ContractError) -> None:
        letter = dead_letter(record, error)
        order = record_order(record.partition, record.offset)
        self._buckets[_LEAD].add(DocumentKind.DEAD_LETTER, order, letter.encode())


def _example(comment: RedditComment, mention: Mention, compound: float) -> bytes:
    return (
        MentionExample(
            movie_id=mention.movie_id,
            comment_id=comment.id,
            created_utc=comment.created_utc,
            subreddit=comment.subreddit,
            submission_title=comment.submission_title,
            permalink=comment.permalink,
            excerpt=excerpt(comment.body, mention.start, mention.end),
            sentiment=compound,
            via=mention.via,
        )
        .model_dump_json()
        .encode()
    )
