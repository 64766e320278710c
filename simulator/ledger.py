"""What clients have been shown: the figures a test balances the platform against."""

from collections import Counter, deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

from prometheus_client import Counter as Metric

from simulator.model import Comment

TRUTH_KEPT = 100_000
"""Truth records kept in memory (a day of invented comments); the counts are never cut."""

_SERVED = Metric("trendscope_simulator_comments_served_total", "Distinct comments shown at least once in a listing")


class Ledger:
    """Counts each comment once, when a listing first shows it."""

    def __init__(self) -> None:
        self._served: deque[Comment] = deque(maxlen=TRUTH_KEPT)
        self._total = 0
        self._deleted = 0
        self._threads: Counter[str] = Counter()
        self._films: dict[int, Counter[str]] = {}

    def record(self, comments: Iterable[Comment]) -> None:
        """Note what a page shows."""
        for comment in comments:
            if not comment.served:
                comment.served = True
                self._count(comment)

    def _count(self, comment: Comment) -> None:
        self._served.append(comment)
        self._total += 1
        self._deleted += comment.looks_deleted
        self._threads[comment.thread.title] += 1
        for mention in comment.truth.mentions:
            self._films.setdefault(mention.movie_id, Counter())[mention.via] += 1
        _SERVED.inc()

    @property
    def total(self) -> int:
        """Distinct comments shown."""
        return self._total

    def summary(self) -> dict[str, Any]:
        """The counts since this simulator started."""
        return {
            "served": self._total,
            "deleted": self._deleted,
            "by_thread": dict(self._threads.most_common()),
            "by_film": {
                str(film): {"text": counts["text"], "thread": counts["thread"]}
                for film, counts in sorted(self._films.items(), key=lambda item: -item[1].total())
            },
        }

    def truth(self, since: int, limit: int) -> dict[str, Any]:
        """Truth records from number `since` on (0 is the first comment shown); `next` is where to go on.

        `lost` counts records asked for that are no longer kept.
        """
        oldest = self._total - len(self._served)
        first = max(since, oldest)
        records = [truth_record(comment) for comment in islice(self._served, first - oldest, first - oldest + limit)]
        return {
            "records": records,
            "next": first + len(records),
            "total": self._total,
            "lost": max(0, oldest - since),
        }


def truth_record(comment: Comment) -> dict[str, Any]:
    """Everything known about one comment."""
    truth = comment.truth
    return {
        "id": comment.id,
        "created_utc": comment.created,
        "original_created_utc": comment.original_created,
        "subreddit": comment.thread.subreddit,
        "link_id": comment.thread.fullname,
        "thread_title": comment.thread.title,
        "thread_movie_id": comment.thread.film_id,
        "thread_movie": comment.thread.film_title,
        "body": comment.body,
        "deleted": comment.looks_deleted,
        "gone": comment.gone,
        "known": truth.known,
        "mentions": [
            {
                "movie_id": mention.movie_id,
                "via": mention.via,
                "polarity": mention.polarity,
                "surface": mention.surface,
                "form": mention.form,
            }
            for mention in truth.mentions
        ],
        "quoted": list(truth.quoted),
        "sarcastic": truth.sarcastic,
    }
