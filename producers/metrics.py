"""What each producer counts; the label `source` tells them apart on a shared dashboard."""

from datetime import datetime
from urllib.parse import urlsplit

from prometheus_client import Counter, Gauge, Histogram

_PUBLISHED = Counter("trendscope_producer_published", "Records acknowledged by Kafka", ["source", "topic"])
_DUPLICATES = Counter("trendscope_producer_duplicates", "Records seen before and not sent again", ["source"])
_DROPPED = Counter("trendscope_producer_dropped", "Records left out on purpose", ["source", "why"])
_DEAD = Counter("trendscope_producer_dead_letters", "Records set aside", ["source", "reason"])
_REPAIRED = Counter("trendscope_producer_repaired_characters", "Lone surrogates replaced by U+FFFD", ["source"])
_REQUESTS = Counter(
    "trendscope_producer_requests", "API requests by HTTP status, or why there is none", ["source", "status"]
)
_POLLS = Counter("trendscope_producer_polls", "Polls by outcome", ["source", "outcome"])
_POLL_SECONDS = Histogram(
    "trendscope_producer_poll_seconds",
    "Duration of a poll",
    ["source"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
_LAST_POLL = Gauge("trendscope_producer_last_poll_timestamp_seconds", "When a poll last succeeded", ["source"])
_LAST_EVENT = Gauge("trendscope_producer_last_event_timestamp_seconds", "Newest event time sent", ["source"])
_SIMULATED = Gauge(
    "trendscope_producer_simulated", "1 while the API is not the source's own, but the simulator", ["source"]
)
_GAPS = Counter("trendscope_reddit_gaps", "Times the listing ended before our position: comments may be missing")


class ProducerMetrics:
    """The counters of one source. All start at 0, so that a rate or an alert has a series from the beginning."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._newest_event = float("-inf")
        _DUPLICATES.labels(source)
        _REPAIRED.labels(source)
        for outcome in ("ok", "failed"):
            _POLLS.labels(source, outcome)

    def served_by(self, url: str, own: str) -> None:
        """Where the API is, and where the source's own is: what another host serves is simulated or recorded."""
        _SIMULATED.labels(self._source).set(urlsplit(url).netloc != urlsplit(own).netloc)

    def published(self, topic: str, count: int = 1) -> None:
        """`count` records are in `topic`."""
        _PUBLISHED.labels(self._source, topic).inc(count)

    def duplicates(self, count: int) -> None:
        """`count` records had been sent before."""
        _DUPLICATES.labels(self._source).inc(count)

    def dropped(self, why: str) -> None:
        """One record was left out."""
        _DROPPED.labels(self._source, why).inc()

    def dead_letter(self, reason: str) -> None:
        """One record was set aside."""
        _DEAD.labels(self._source, reason).inc()

    def repaired(self, characters: int) -> None:
        """So many characters could not be written as UTF-8."""
        if characters:
            _REPAIRED.labels(self._source).inc(characters)

    def request(self, status: int | str) -> None:
        """One HTTP request was answered with a status, or failed for a reason such as `timeout`."""
        _REQUESTS.labels(self._source, str(status)).inc()

    def poll(self, ok: bool, seconds: float, at: datetime) -> None:
        """One poll ended."""
        _POLLS.labels(self._source, "ok" if ok else "failed").inc()
        _POLL_SECONDS.labels(self._source).observe(seconds)
        if ok:
            _LAST_POLL.labels(self._source).set(at.timestamp())

    def event(self, at: datetime) -> None:
        """A record with this event time was sent."""
        if at.timestamp() > self._newest_event:
            self._newest_event = at.timestamp()
            _LAST_EVENT.labels(self._source).set(self._newest_event)

    def gap(self) -> None:
        """The source no longer had everything since our position."""
        _GAPS.inc()
