"""The straightforward job to compare with: JSON by Spark, one Python UDF call a comment, a group-by over windows.

It does less than the platform's job: it takes the thread's title for the film, masks nothing, de-duplicates nothing and
writes to no store. `python -m benchmarks.row_at_a_time SERVERS CHECKPOINT BATCH_ROWS` reads reddit_stream from its
beginning and prints a JSON line a batch, until it is stopped.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql.types import DoubleType

from benchmarks.vader import stock_compound
from configs.settings import load_settings
from configs.topics import REDDIT_STREAM
from processors.spark_session import open_session

_SCHEMA = "id string, body string, submission_title string, created_utc timestamp"


def aggregated(records: DataFrame) -> DataFrame:
    """Mentions and mean sentiment by thread title and window."""
    score = f.udf(stock_compound, DoubleType())
    return (
        records.select(f.from_json(f.col("value").cast("string"), _SCHEMA).alias("c"))
        .select("c.*")
        .withColumn("sentiment", score("body"))
        .withWatermark("created_utc", "2 minutes")
        .groupBy(f.window("created_utc", "5 minutes", "1 minute"), "submission_title")
        .agg(f.count("id").alias("mentions"), f.avg("sentiment").alias("sentiment"))
    )


def _report(frame: DataFrame, batch: int) -> None:
    print(json.dumps({"batch": batch, "rows": len(frame.collect()), "at": time.monotonic()}), flush=True)


def main() -> None:
    """Run until the process is ended."""
    servers, checkpoint, rows = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="trendscope-rows-") as folder:
        settings = load_settings(data_dir=Path(folder))
        spark = open_session(settings, settings.spark_shuffle_partitions)
        records = (
            spark.readStream.format("kafka")
            .option("kafka.bootstrap.servers", servers)
            .option("subscribe", REDDIT_STREAM)
            .option("startingOffsets", "earliest")
            .option("maxOffsetsPerTrigger", rows)
            .option("minPartitions", str(spark.sparkContext.defaultParallelism))
            .load()
        )
        query = (
            aggregated(records)
            .writeStream.outputMode("update")
            .foreachBatch(_report)
            .option("checkpointLocation", checkpoint)
            .start()
        )
        query.awaitTermination()


if __name__ == "__main__":
    main()
