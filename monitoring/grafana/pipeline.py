"""Pipeline: what comes in, what becomes of it, how long it takes."""

from monitoring.grafana.panels import Board, Kind, Panel, Query, Row, query


def _quantiles(metric: str, by: str = "le") -> tuple[Query, ...]:
    return tuple(
        Query(f"histogram_quantile({share}, sum by ({by}) (rate({metric}_bucket[5m])))", f"p{round(share * 100)}")
        for share in (0.5, 0.95, 0.99)
    )


def _p95(metric: str, by: str, span: str) -> str:
    return f"histogram_quantile(0.95, sum by ({by}, le) (rate({metric}_bucket[{span}])))"


PIPELINE = Board(
    "trendscope-pipeline",
    "TrendScope: Pipeline",
    "From the sources to the store: rates, lag, latency, what was set aside, and the ledger.",
    (
        Row(
            "In",
            (
                Panel(
                    "Records a second",
                    "Records acknowledged by Kafka, by source and topic.",
                    query(
                        "sum by (source, topic) (rate(trendscope_producer_published_total[2m]))",
                        "{{source}} to {{topic}}",
                    ),
                    "reqps",
                    least=0,
                ),
                Panel(
                    "Requests by status",
                    "Answers of the APIs. 401 and 403: a key is wrong; 429: they limit us; 5xx: their side.",
                    query(
                        "sum by (source, status) (rate(trendscope_producer_requests_total[5m]))",
                        "{{source}} {{status}}",
                    ),
                    "reqps",
                    least=0,
                ),
                Panel(
                    "Age of the last good poll",
                    "By source. Polls come every TMDB_FETCH_INTERVAL and REDDIT_FETCH_INTERVAL seconds.",
                    query("time() - trendscope_producer_last_poll_timestamp_seconds", "{{source}}"),
                    "s",
                    least=0,
                    warn=600,
                    bad=1800,
                ),
                Panel(
                    "Duration of a poll (p95)",
                    "Requests, retries and the wait for Kafka's acknowledgement.",
                    query(
                        _p95("trendscope_producer_poll_seconds", "source", "10m"),
                        "{{source}}",
                    ),
                    "s",
                    least=0,
                ),
                Panel(
                    "Comments that came twice",
                    "Seen before and not sent again: the overlap of two listings, or a restart.",
                    query("sum by (source) (increase(trendscope_producer_duplicates_total[10m]))", "{{source}}"),
                    "short",
                    least=0,
                ),
                Panel(
                    "Gaps",
                    "Times Reddit's listing ended before our last position: comments may be missing for good.",
                    query("sum(increase(trendscope_reddit_gaps_total[1h]))"),
                    "short",
                    least=0,
                    warn=1,
                ),
            ),
        ),
        Row(
            "Processing",
            (
                Panel(
                    "Lag",
                    "Records not processed yet: by the Spark job, and of trend_stream by the forecaster. A lag "
                    "that does not fall means that arrival is faster than processing.",
                    (
                        Query("trendscope_processor_consumer_lag", "{{topic}}"),
                        Query("trendscope_ml_consumer_lag", "trend_stream"),
                    ),
                    "short",
                    least=0,
                    warn=1000,
                    bad=10000,
                ),
                Panel(
                    "Duration of a micro-batch",
                    "From planning to commit. A trigger comes every second; a longer batch starts the next one late.",
                    _quantiles("trendscope_processor_batch_seconds"),
                    "s",
                    least=0,
                ),
                Panel(
                    "Duration of the sink's steps (p95)",
                    "Writing to Cassandra and publishing, within the batch.",
                    query(
                        _p95("trendscope_processor_sink_seconds", "step", "5m"),
                        "{{step}}",
                    ),
                    "s",
                    least=0,
                ),
                Panel(
                    "Watermark behind the clock",
                    "Windows that end before the watermark are final. WATERMARK_DELAY (2 minutes) and the age of the "
                    "newest comment are normal.",
                    query("time() - trendscope_processor_watermark_timestamp_seconds", "watermark"),
                    "s",
                    least=0,
                    warn=300,
                    bad=900,
                ),
                Panel(
                    "Rows of (film, window) a second",
                    "Written to Cassandra and trend_stream; final ones will not change again.",
                    query("sum by (final) (rate(trendscope_processor_trend_updates_total[5m]))", "final: {{final}}"),
                    "wps",
                    least=0,
                ),
                Panel(
                    "Batches written again",
                    "The store or the topic did not take a batch: it was repeated. Nothing is lost or counted twice.",
                    query("sum(increase(trendscope_processor_sink_retries_total[10m]))", "retries"),
                    "short",
                    least=0,
                    warn=1,
                    bad=3,
                ),
            ),
        ),
        Row(
            "The ledger",
            (
                Panel(
                    "What became of every comment",
                    "Since the job's start: counted for a film, without a film, seen twice, too late, or set aside. "
                    "Every comment is exactly one of these.",
                    query("sum by (category) (trendscope_processor_records_total)", "{{category}}"),
                    "short",
                    Kind.BARS,
                    width=12,
                ),
                Panel(
                    "Comments a second by what became of them",
                    "The same five kinds, as rates over five minutes.",
                    query("sum by (category) (rate(trendscope_processor_records_total[5m]))", "{{category}}"),
                    "cps",
                    Kind.STACK,
                    width=12,
                    least=0,
                ),
                Panel(
                    "Records set aside",
                    "In dead_letter_stream with their bytes, offset and reason, in ten minutes.",
                    (
                        Query(
                            "sum by (reason) (increase(trendscope_processor_dead_letters_total[10m])) or vector(0)",
                            "job {{reason}}",
                        ),
                        Query(
                            "sum by (reason) (increase(trendscope_producer_dead_letters_total[10m])) or vector(0)",
                            "producer {{reason}}",
                        ),
                        Query("increase(trendscope_ml_rejected_total[10m])", "forecaster"),
                    ),
                    "short",
                    width=12,
                    least=0,
                    warn=1,
                    bad=10,
                ),
                Panel(
                    "Links kept out",
                    "Possible mentions that were not sure enough to count.",
                    query("sum(rate(trendscope_processor_uncertain_links_total[5m]))", "uncertain"),
                    "cps",
                    width=12,
                    least=0,
                ),
            ),
        ),
        Row(
            "Out",
            (
                Panel(
                    "Rows written to Cassandra a second",
                    "Upserts that Cassandra has acknowledged, by service and table.",
                    query(
                        "sum by (job, table) (rate(trendscope_cassandra_rows_written_total[5m]))", "{{job}} {{table}}"
                    ),
                    "wps",
                    least=0,
                ),
                Panel(
                    "Duration of a bulk write",
                    "To Cassandra, repetitions included.",
                    _quantiles("trendscope_cassandra_write_seconds"),
                    "s",
                    least=0,
                    warn=1,
                    bad=2,
                ),
                Panel(
                    "API: requests a second",
                    "Answers of the API by route and status.",
                    query("sum by (status) (rate(trendscope_serving_requests_total[5m]))", "{{status}}"),
                    "reqps",
                    least=0,
                ),
            ),
        ),
    ),
)
"""For whoever keeps it running."""
