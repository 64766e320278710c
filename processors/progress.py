"""What the query tells of itself, as metrics and as the service's health."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from common.clock import Clock
from processors import metrics

_STALLED_AFTER = timedelta(minutes=5)
"""A batch of a backlog may take a minute; one that takes five has lost its servers or its way."""


class Progress:
    """Follows the query's last progress report."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._batch: int | None = None
        self._seen_at: datetime | None = None

    def observe(self, last: Mapping[str, Any] | None, *, active: bool) -> None:
        """Take in the latest progress report; `active` tells whether a batch is running at this moment."""
        if self._seen_at is None or not active:
            self._seen_at = self._clock()
        if last is None:
            return
        for source in last["sources"]:
            _lag(source)
        if last["batchId"] != self._batch:
            self._batch = last["batchId"]
            self._seen_at = self._clock()
            metrics.BATCH_ROWS.set(last["numInputRows"])
            metrics.INPUT_RATE.set(last.get("inputRowsPerSecond") or 0)
            if last["numInputRows"]:
                metrics.BATCH_SECONDS.observe(last["durationMs"].get("triggerExecution", 0) / 1_000)

    def health(self) -> str | None:
        """None while batches get done; else what is wrong. For /readyz."""
        if self._seen_at is None:
            return "the query has not started"
        running = self._clock() - self._seen_at
        return f"a micro-batch runs for {running.total_seconds():.0f} s" if running > _STALLED_AFTER else None


def _lag(source: Mapping[str, Any]) -> None:
    latest, end = _offsets(source.get("latestOffset")), _offsets(source.get("endOffset"))
    for topic, partitions in latest.items():
        done = end.get(topic, {})
        behind = sum(max(0, offset - done.get(partition, 0)) for partition, offset in partitions.items())
        metrics.CONSUMER_LAG.labels(topic).set(behind)


def _offsets(value: object) -> dict[str, dict[str, int]]:
    """Offsets by topic and partition. PySpark gives them parsed or as JSON, and as "" or "null" before the first."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
