"""The streaming query: both topics in, stage, fold a bucket, sink."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.state import GroupState

from common.kafka_security import spark_options
from configs.settings import Settings
from configs.topics import MAX_MESSAGE_BYTES, REDDIT_STREAM, TMDB_STREAM
from processors.buckets import bucket_keys
from processors.fold import fold
from processors.native import extension
from processors.parse import Limits
from processors.records import Packet
from processors.sink import Sink
from processors.stage import STAGE_SCHEMA, Stage
from processors.state import BucketState
from processors.windows import WindowRule

_OUTPUT_SCHEMA = "output binary"
_STATE_SCHEMA = "state binary"
_MOST_RECORDS, _MOST_WITHOUT_EXTENSION = 1_000_000, 100_000
"""Of a micro-batch: some 25 s of a backlog on two cores, which is what is done again after a crash. The larger, the
less of the time goes into its end, where one thread writes a row for each (film, window) that it touched."""
_TASKS_A_CORE = 2
"""Tasks of unequal length even out over the cores, and each task costs some 10 ms."""
_SMALLEST_TASK = 1_000
"""Records. A second's trickle stays one task: cutting it costs more than it saves."""


@dataclass(frozen=True, slots=True)
class BucketFold:
    """`applyInPandasWithState`'s function: the pure fold between Spark's state and the packets of one bucket."""

    rule: WindowRule
    lead: int
    """The key of the bucket that reports the ledger."""

    def __call__(self, key: Any, frames: Iterable[pd.DataFrame], group: GroupState) -> Iterator[pd.DataFrame]:
        """Fold one bucket's packets of a micro-batch; the frames are Spark's chunks of them."""
        packets = [Packet.decode(bytes(value)) for frame in frames for value in frame["packet"]]
        before = BucketState.decode(bytes(group.get[0])) if group.exists else BucketState()
        watermark = max(0, group.getCurrentWatermarkMs())
        after, output = fold(before, packets, watermark, self.rule, lead=key[0] == self.lead)
        state = after.encode()
        group.update((state,))
        output.state_bytes = len(state)
        yield pd.DataFrame({"output": [output.encode()]})


def start_query(spark: SparkSession, settings: Settings, checkpoint: Path, buckets: int, sink: Sink) -> StreamingQuery:
    """Start the query; it continues at the checkpoint, or at the beginning of both topics."""
    keys = bucket_keys(buckets)
    rule = WindowRule.from_settings(settings)
    stage = Stage(settings.data_dir / "catalogue", keys, Limits.from_settings(settings))
    records = (
        spark.readStream.format("kafka")
        .options(**_source(settings, spark.sparkContext.defaultParallelism))
        .load()
        .select("topic", "partition", "offset", "key", "value", "timestamp")
    )
    folded = (
        records.mapInArrow(stage, STAGE_SCHEMA)
        .withWatermark("event_time", f"{rule.delay} milliseconds")
        .groupBy("bucket")
        .applyInPandasWithState(BucketFold(rule, keys[0]), _OUTPUT_SCHEMA, _STATE_SCHEMA, "update", "NoTimeout")
    )
    return (
        folded.writeStream.queryName("trends")
        .outputMode("update")
        .foreachBatch(sink)
        .option("checkpointLocation", str(checkpoint))
        .trigger(processingTime=f"{int(settings.spark_trigger.total_seconds() * 1_000)} milliseconds")
        .start()
    )


def most_records() -> int:
    """The most records a micro-batch takes where nothing is set."""
    return _MOST_RECORDS if extension() else _MOST_WITHOUT_EXTENSION


def _source(settings: Settings, cores: int) -> dict[str, str]:
    most = settings.spark_max_offsets_per_trigger or most_records()
    return {
        "kafka.bootstrap.servers": settings.kafka_bootstrap_servers,
        "subscribe": f"{TMDB_STREAM},{REDDIT_STREAM}",
        "startingOffsets": "earliest",
        "failOnDataLoss": "true",
        "maxOffsetsPerTrigger": str(most),
        "maxRecordsPerPartition": str(max(_SMALLEST_TASK, -(-most // (cores * _TASKS_A_CORE)))),
        "kafka.max.partition.fetch.bytes": str(MAX_MESSAGE_BYTES),
        **spark_options(settings),
    }
