"""Infrastructure: processes, the servers, Spark."""

from monitoring.grafana.panels import Board, Kind, Panel, Query, Row, query


def _server(expr: str, legend: str = "") -> Query:
    """Asks Kafka, Cassandra or a Spark daemon, which tell Prometheus about themselves in containers alone."""
    return Query(expr, legend, containers_only=True)


_HEAP = "metrics_trendscope_driver_jvm_heap_used_Value"

INFRASTRUCTURE = Board(
    "trendscope-infrastructure",
    "TrendScope: Infrastructure",
    "What runs, with how much memory and CPU; Kafka, Cassandra and Spark from the inside.",
    (
        Row(
            "Services",
            (
                Panel(
                    "Up",
                    "1: Prometheus reaches the service's metrics. 0 for a minute raises ServiceDown.",
                    query("up", "{{job}}"),
                    "short",
                    Kind.BARS,
                    width=8,
                    height=10,
                    least=0,
                    most=1,
                    warn=1,
                    bad=0.5,
                ),
                Panel(
                    "Memory",
                    "Resident memory of each Python process; the Spark driver's JVM and workers are not in it.",
                    query("process_resident_memory_bytes", "{{job}}"),
                    "bytes",
                    width=8,
                    height=10,
                    least=0,
                ),
                Panel(
                    "CPU",
                    "Cores each Python process uses.",
                    query("rate(process_cpu_seconds_total[2m])", "{{job}}"),
                    "short",
                    width=8,
                    height=10,
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "Starts in the last hour",
                    "How often a process was started again: crashes, or somebody's hand.",
                    query("changes(process_start_time_seconds[1h])", "{{job}}"),
                    "short",
                    Kind.BARS,
                    warn=1,
                    bad=3,
                    least=0,
                ),
                Panel(
                    "Disk free",
                    "Of the disk that holds the services' data.",
                    query("min(trendscope_data_disk_free_bytes / trendscope_data_disk_size_bytes)", "free"),
                    "percentunit",
                    least=0,
                    most=1,
                    warn=0.2,
                    bad=0.1,
                ),
                Panel(
                    "Open files",
                    "File descriptors and sockets; a steady climb is a leak.",
                    query("process_open_fds", "{{job}}"),
                    "short",
                    least=0,
                ),
            ),
        ),
        Row(
            "Spark",
            (
                Panel(
                    "Driver's heap",
                    "What the driver's JVM uses of SPARK_DRIVER_MEMORY (1 GB).",
                    query(_HEAP, "used"),
                    "bytes",
                    least=0,
                ),
                Panel(
                    "State of all windows",
                    "What the job remembers between batches.",
                    query("trendscope_processor_state_bytes", "state"),
                    "bytes",
                    least=0,
                ),
                Panel(
                    "Workers and applications",
                    "Workers of the standalone cluster that are alive, and applications: the job is the only one.",
                    (
                        _server("metrics_master_aliveWorkers_Value", "workers"),
                        _server("metrics_master_apps_Value", "applications"),
                    ),
                    "short",
                    least=0,
                ),
            ),
        ),
        Row(
            "Kafka",
            (
                Panel(
                    "Messages a second",
                    "Records appended to each topic, whoever wrote them.",
                    (_server("sum by (topic) (rate(kafka_topic_messagesin_total[2m]))", "{{topic}}"),),
                    "wps",
                    least=0,
                ),
                Panel(
                    "Size of the topics",
                    "On disk; retention is 7 days, 30 of dead_letter_stream.",
                    (_server("sum by (topic) (kafka_log_size_bytes)", "{{topic}}"),),
                    "bytes",
                    least=0,
                ),
                Panel(
                    "Requests (p99)",
                    "Time in the broker, since its start with weight on the last minutes.",
                    (_server('kafka_request_p99_milliseconds{request="Produce"}', "{{request}}"),),
                    "ms",
                    least=0,
                ),
            ),
        ),
        Row(
            "Cassandra",
            (
                Panel(
                    "Requests a second",
                    "Reads and writes of all clients.",
                    (_server("rate(cassandra_requests_total[2m])", "{{kind}}"),),
                    "reqps",
                    least=0,
                ),
                Panel(
                    "Latency",
                    "95th and 99th percentile in the node, last minutes.",
                    (_server("cassandra_request_latency_microseconds", "{{kind}} {{quantile}}"),),
                    "µs",
                    least=0,
                ),
                Panel(
                    "Data, and what waits",
                    "Bytes of all tables; commit log.",
                    (
                        _server("cassandra_data_bytes", "tables"),
                        _server("cassandra_commit_log_bytes", "commit log"),
                    ),
                    "bytes",
                    least=0,
                ),
            ),
        ),
        Row(
            "JVM of the servers",
            (
                Panel(
                    "Heap",
                    "Used, of KAFKA_HEAP and CASSANDRA_HEAP.",
                    (_server('sum by (job) (jvm_memory_used_bytes{area="heap"})', "{{job}}"),),
                    "bytes",
                    width=12,
                    least=0,
                ),
                Panel(
                    "Time in garbage collection",
                    "Share of the last minutes; above 10 % the heap is too small.",
                    (_server("sum by (job) (rate(jvm_gc_collection_seconds_sum[5m]))", "{{job}}"),),
                    "percentunit",
                    width=12,
                    least=0,
                    warn=0.05,
                    bad=0.1,
                ),
            ),
        ),
    ),
)
"""For when something is slow."""
