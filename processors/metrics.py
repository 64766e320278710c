"""What the processor tells Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60)

RECORDS = Counter("trendscope_processor_records", "Records of reddit_stream by what became of them", ["category"])
DEAD_LETTERS = Counter("trendscope_processor_dead_letters", "Records of both topics set aside", ["reason"])
UNCERTAIN_LINKS = Counter("trendscope_processor_uncertain_links", "Links kept out because they were not sure")
TREND_UPDATES = Counter("trendscope_processor_trend_updates", "Rows of (film, window) written", ["final"])
FILM_POLLS = Counter("trendscope_processor_film_polls", "Films taken in from tmdb_stream")
BATCHES = Counter("trendscope_processor_batches", "Micro-batches written")
SINK_RETRIES = Counter("trendscope_processor_sink_retries", "Times a micro-batch was written again after a failure")

BATCH_SECONDS = Histogram(
    "trendscope_processor_batch_seconds", "Duration of a micro-batch, from planning to commit", buckets=_SECONDS
)
SINK_SECONDS = Histogram(
    "trendscope_processor_sink_seconds", "Duration of a step of the sink", ["step"], buckets=_SECONDS
)
BATCH_ROWS = Gauge("trendscope_processor_batch_rows", "Records in the last micro-batch")
INPUT_RATE = Gauge("trendscope_processor_input_rows_per_second", "Records read a second, in the last micro-batch")
CONSUMER_LAG = Gauge("trendscope_processor_consumer_lag", "Records of a source topic not processed yet", ["topic"])
LAST_BATCH = Gauge("trendscope_processor_last_batch_timestamp_seconds", "When a micro-batch was last written")
WATERMARK = Gauge("trendscope_processor_watermark_timestamp_seconds", "The watermark, in event time")
WATERMARK_LAG = Gauge("trendscope_processor_watermark_lag_seconds", "How far the watermark was behind the last batch")
STATE_BYTES = Gauge("trendscope_processor_state_bytes", "State of all buckets")
CATALOGUE_FILMS = Gauge("trendscope_processor_catalogue_films", "Films in the catalogue")
CATALOGUE_VERSION = Gauge(
    "trendscope_processor_catalogue_version_timestamp_seconds", "From when on the newest catalogue snapshot holds"
)
