"""The service around the query: what it waits for, how it stops, what a failure means."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from common.clock import system_clock, to_millis
from common.kafka import Publisher
from common.metrics import serve_metrics
from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import DependencyError
from processors.bootstrap import FilmReader, await_topics
from processors.catalogue import Catalogue
from processors.checkpoint import Checkpoint
from processors.crash import CrashSwitch
from processors.job import start_query
from processors.parse import Limits
from processors.progress import Progress
from processors.sink import Sink, SinkRules
from processors.snapshots import SnapshotFiles
from processors.spark_session import connector_jars, open_session
from processors.trend_score import ScoreRule
from processors.windows import WindowRule
from storage.store import Store

_POLL_SECONDS = 1.0
_LAST_BATCH_SECONDS = 30.0
"""At a stop the batch at hand is finished; one that takes longer is left, and done again after the next start."""
_COMMIT_SECONDS = 2.0
"""For Spark to write down that the last batch is done, so that it need not be done again."""

_SPARK_ERRORS = (PySparkException, Py4JError, ConnectionError)
"""What PySpark raises when the JVM refuses something, or is gone."""

log = get_logger("processors")


def run(settings: Settings, stop: threading.Event) -> None:
    """Run the job until `stop` is set.

    Raises:
        ConfigurationError: a setting, the jars or the checkpoint do not fit.
        DependencyError: a server was away for too long, or the query failed; a restart continues at the checkpoint.
    """
    try:
        _run(settings, stop)
    except DependencyError as error:
        if not stop.is_set():
            raise
        log.warning("stopped_while_waiting", error=str(error))


def _run(settings: Settings, stop: threading.Event) -> None:
    crash = CrashSwitch.from_environment()
    connector_jars()
    progress = Progress(system_clock)
    serve_metrics(settings.bind_address, settings.processor_metrics_port, progress.health)
    servers, deadline = settings.kafka_bootstrap_servers, settings.startup_deadline
    identity = Checkpoint(settings.data_dir).claim(settings, await_topics(servers, deadline=deadline, stop=stop))
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        # The JVM takes as long to start as Cassandra and a first poll of TMDB take to come: both at once.
        waiting = pool.submit(_store_and_catalogue, settings, stack, stop)
        spark = open_session(settings, identity.buckets)
        stack.callback(_close, spark)
        store, catalogue = waiting.result()
        publisher = Publisher(servers, client_id="trendscope-processor", deadline=deadline)
        stack.callback(publisher.close)
        rules = SinkRules(
            identity.job_id, WindowRule.from_settings(settings), ScoreRule.from_settings(settings), deadline
        )
        sink = Sink(rules, store, publisher, catalogue, system_clock)
        sink.crash = crash
        if not stop.is_set():
            query = start_query(spark, settings, Checkpoint(settings.data_dir).spark, identity.buckets, sink)
            log.info("query_started", query=str(query.id), buckets=identity.buckets)
            _follow(query, sink, progress, stop)


def _store_and_catalogue(settings: Settings, stack: ExitStack, stop: threading.Event) -> tuple[Store, Catalogue]:
    store = stack.enter_context(Store.open(settings))
    catalogue = Catalogue(SnapshotFiles(settings.data_dir / "catalogue"))
    catalogue.merge(store.movies.all())
    deadline = settings.startup_deadline
    reader = FilmReader(
        settings.kafka_bootstrap_servers, Limits.from_settings(settings), deadline=deadline, clock=system_clock
    )
    reader.fill(catalogue, deadline=deadline, stop=stop)
    if not catalogue.version:  # else the first micro-batch publishes: one that is done again links as it did before
        catalogue.publish(to_millis(system_clock()), 0)
    log.info("catalogue_ready", films=len(catalogue), version=catalogue.version)
    return store, catalogue


def _close(spark: SparkSession) -> None:
    with suppress(*_SPARK_ERRORS):  # a JVM that died cannot be stopped
        spark.stop()


def _follow(query: StreamingQuery, sink: Sink, progress: Progress, stop: threading.Event) -> None:
    try:
        while query.isActive and not stop.wait(_POLL_SECONDS):
            progress.observe(_last_progress(query), active=query.status["isTriggerActive"])
        if not stop.is_set():
            raise DependencyError(f"the query failed: {_reason(query)}")
        _finish(query, sink)
    except _SPARK_ERRORS as error:
        raise DependencyError(f"Spark failed: {_short(error)}") from error


def _last_progress(query: StreamingQuery) -> dict[str, Any] | None:
    """`query.lastProgress` as its JSON: the property asks the JVM field by field, which is 70 ms of CPU each time."""
    last = query._jsq.lastProgress()
    return None if last is None else json.loads(last.json())


def _finish(query: StreamingQuery, sink: Sink) -> None:
    """Stop between two batches."""
    sink.close(_LAST_BATCH_SECONDS)
    end = time.monotonic() + _COMMIT_SECONDS
    while query.isActive and query.status["isTriggerActive"] and time.monotonic() < end:
        time.sleep(_POLL_SECONDS / 10)
    query.stop()


def _reason(query: StreamingQuery) -> str:
    error = query.exception()
    return "it ended by itself" if error is None else _short(error)


def _short(error: BaseException) -> str:
    """The last line of a Python traceback in Spark's message is the cause; its JVM frames say nothing more."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if "Error" in line and not line.startswith(("at ", "File"))]
    return (causes or lines or [repr(error)])[-1][:500]
