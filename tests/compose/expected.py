"""What a healthy stack shows: one table, service by signal. The tests of this folder are parametrised over it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """One service of docker-compose.yml."""

    metrics: tuple[str, ...] = ()
    """Series that Prometheus has of it."""
    job: str | None = None
    """Its scrape job, where that has another name."""
    restarts: bool = True
    """It runs for good: killed, it comes back."""


INIT = Expected(restarts=False)

EXPECTED: dict[str, Expected] = {
    "init-jmx-agent": INIT,
    "init-topics": INIT,
    "init-tables": INIT,
    "kafka": Expected(
        ("kafka_broker_state", "kafka_topic_messagesin_total", "kafka_log_size_bytes", "jvm_memory_used_bytes")
    ),
    "cassandra": Expected(("cassandra_requests_total", "cassandra_data_bytes", "cassandra_clients")),
    "spark-master": Expected(("metrics_master_aliveWorkers_Value", "metrics_master_apps_Value")),
    "spark-worker": Expected(("metrics_worker_executors_Value", "metrics_worker_coresUsed_Value")),
    "trend-processor": Expected(
        (
            "trendscope_processor_records_total",
            "trendscope_processor_batch_seconds_bucket",
            "trendscope_processor_watermark_timestamp_seconds",
            "trendscope_data_disk_free_bytes",
        )
    ),
    "simulator": Expected(("trendscope_simulator_comments_served_total",)),
    "tmdb-producer": Expected(("trendscope_producer_published_total", "trendscope_producer_polls_total")),
    "reddit-producer": Expected(("trendscope_producer_published_total", "trendscope_reddit_gaps_total")),
    "ml-service": Expected(("ml_predictions_total", "ml_prediction_seconds_bucket", "ml_mae", "ml_rmse")),
    "momentum": Expected(("trendscope_momentum_last_window_timestamp_seconds",)),
    "serving": Expected(("trendscope_serving_requests_total", "trendscope_film_trend_score", "trendscope_film_points")),
    "mlflow": Expected(),
    "drift": Expected(("trendscope_drift_runs_total", "trendscope_data_disk_free_bytes")),
    "prometheus": Expected(("prometheus_build_info",)),
    "alertmanager": Expected(("alertmanager_build_info",)),
    "alert-receiver": Expected(("process_start_time_seconds",)),
}
"""By service. Grafana is not in it: where its image can be had, `test_grafana.py` asks it for the dashboards."""

LAST_KILLED = ("simulator",)
"""It keeps its ledger in memory: what is balanced against it comes before it is killed."""

TOPICS_WITH_MESSAGES = ("tmdb_stream", "reddit_stream", "trend_stream", "predictions_stream")
"""What a run without faults writes; dead_letter_stream and breakouts_stream may be empty."""

HARMLESS_LOG_LINES = (
    # A driver that ends tells its executors; one of them is always in the middle of something.
    "RECEIVED SIGNAL TERM",
)
"""Parts of lines that look like errors and are none."""
