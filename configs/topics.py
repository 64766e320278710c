"""The Kafka topics: their names, their contract and their broker settings."""

from dataclasses import dataclass, field

TMDB_STREAM = "tmdb_stream"
REDDIT_STREAM = "reddit_stream"
TREND_STREAM = "trend_stream"
PREDICTIONS_STREAM = "predictions_stream"
BREAKOUTS_STREAM = "breakouts_stream"
DEAD_LETTER_STREAM = "dead_letter_stream"

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""A 5 MB comment, base64-encoded into a dead letter, still fits."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the init job creates it.

    The source topics have one partition: the watermark is taken over whole micro-batches, and a backlog read from
    several partitions at different paces would turn punctual comments into late ones. Reading stays parallel,
    because Spark splits one partition's offsets over its tasks (`minPartitions`).
    """

    name: str
    partitions: int = 1
    retention_hours: int = 7 * 24
    config: dict[str, str] = field(default_factory=dict)

    def broker_config(self) -> dict[str, str]:
        """The topic-level settings sent with its creation.

        Appends carry the broker's clock, so that "how old was this when it arrived" does not trust a producer.
        """
        return {
            "retention.ms": str(self.retention_hours * 3_600_000),
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "message.timestamp.type": "LogAppendTime",
            **self.config,
        }


TOPICS = (
    Topic(TMDB_STREAM),
    Topic(REDDIT_STREAM),
    Topic(TREND_STREAM),
    Topic(PREDICTIONS_STREAM),
    Topic(BREAKOUTS_STREAM, retention_hours=30 * 24),
    Topic(DEAD_LETTER_STREAM, retention_hours=30 * 24),
)
