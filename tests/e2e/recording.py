"""What the platform left behind, read from outside: its comments, and the catalogue snapshots its job used."""

import threading
from pathlib import Path

from common.clock import to_millis
from configs.topics import REDDIT_STREAM
from contracts.events import RedditComment
from processors.catalogue_reader import CatalogueReader
from processors.linking.linker import Linker
from processors.linking.model import CommentText
from processors.sentiment.score import FilmSentiment
from processors.snapshots import SnapshotFiles
from tests.oracle import OracleComment
from tests.support.topics import read_topic


class SnapshotKeeper:
    """Keeps every catalogue snapshot from the moment it appears: the job deletes those it needs no more."""

    def __init__(self, source: Path, kept: Path) -> None:
        self._source, self._kept = source, kept
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="snapshot-keeper", daemon=True)

    def __enter__(self) -> "SnapshotKeeper":
        self._kept.mkdir(parents=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(0.1):
            for path in self._source.glob("*.json.gz"):
                link = self._kept / path.name
                if not link.exists():
                    try:
                        link.hardlink_to(path)
                    except FileNotFoundError:  # pruned between the listing and the link, and so kept before
                        continue


def linked_comments(servers: str, snapshots: Path) -> list[OracleComment]:
    """All of reddit_stream, each comment with its films and compounds by the catalogue of its time.

    Linking and scoring are the platform's own; what is made of them is for the oracle to say.
    """
    catalogue, sentiment = CatalogueReader(SnapshotFiles(snapshots), Linker), FilmSentiment()
    catalogue.refresh()
    comments = []
    for comment, record in read_topic(servers, REDDIT_STREAM, RedditComment):
        linker = catalogue.at(record.timestamp).linker
        links = linker.link(CommentText(comment.body, comment.submission_title, comment.created_utc))
        scores = sentiment.score(comment.body, links)
        films = tuple((mention.movie_id, mention.via, scores[mention.movie_id]) for mention in links.mentions)
        comments.append(OracleComment(comment.id, to_millis(comment.created_utc), films))
    return comments
