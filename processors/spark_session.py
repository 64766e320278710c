"""The Spark session: local by default, quiet, in UTC, with the Kafka connector of the platform's own jars."""

import os
import signal
import sys
import threading
from pathlib import Path

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from configs.settings import ROOT, Settings
from contracts.errors import ConfigurationError
from processors.worker_daemon import CATALOGUE_VARIABLE

_LOG4J = Path(__file__).with_name("log4j2.properties")
_JAVA_OPTIONS = f"-Dlog4j2.configurationFile={_LOG4J} -XX:+ExitOnOutOfMemoryError -XX:+UseParallelGC -Xss4m"
"""The parallel collector: with a heap of 1 GB on two cores its pauses are short, and it takes less CPU than G1.

A deep stack: while servers go away, the query's errors are nested and long, and Spark searches their text with regular
expressions that recurse; in 1 MB that ended the query with a StackOverflowError in place of the error itself."""
SPARK_METRICS_PATH = "/metrics/prometheus"
"""On the application's UI port."""
_KEPT_BATCHES = "10"
"""Micro-batches whose state and offsets can be gone back to; only the last one is ever needed here. Spark keeps 100."""


def connector_jars() -> list[Path]:
    """The connector's jars that Spark does not ship itself.

    They are in `.runtime/spark` (`TRENDSCOPE_RUNTIME` moves `.runtime`, `TRENDSCOPE_SPARK_JARS` names the folder).

    Raises:
        ConfigurationError: there are none.
    """
    runtime = Path(os.environ.get("TRENDSCOPE_RUNTIME") or ROOT / ".runtime")
    folder = Path(os.environ.get("TRENDSCOPE_SPARK_JARS") or runtime / "spark").resolve()
    shipped = {jar.name for jar in Path(pyspark.__file__).with_name("jars").glob("*.jar")}
    found = sorted(jar for jar in folder.glob("*.jar") if jar.name not in shipped)
    if not any(jar.name.startswith("spark-sql-kafka") for jar in found):
        raise ConfigurationError(f"no Kafka connector for Spark in {folder}: run ./setup.sh, which fetches it")
    return found


def open_session(settings: Settings, state_partitions: int) -> SparkSession:
    """Start the JVM and the session. Signal handlers set before stay in force.

    Args:
        settings: master, memory, UI port, data folder.
        state_partitions: of the shuffle, one a bucket.

    Raises:
        ConfigurationError: the Kafka connector is missing.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_DIRS", str(settings.data_dir / "spark" / "tmp"))
    if settings.spark_driver_host is None:  # else Spark finds its own address in the cluster's network
        os.environ.setdefault("SPARK_LOCAL_IP", settings.bind_address)  # neither drivers nor executors listen further
    conf = SparkConf().setAppName("trendscope-processors").setMaster(settings.spark_master)
    conf.setAll(list(_configuration(settings, state_partitions).items()))
    # A session of its own keeps a signal to the process group from the JVM: this process stops it, between two batches.
    # If this process dies, the JVM sees the end of its standard input and ends too.
    gateway = launch_gateway(conf, {"start_new_session": True})  # type: ignore[no-untyped-call]
    interrupt = signal.getsignal(signal.SIGINT)
    session = SparkSession(SparkContext(conf=conf, gateway=gateway))
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, interrupt)  # PySpark puts its own there, which kills the job in mid-batch
    session.sparkContext.setLogLevel("WARN")
    return session


def _configuration(settings: Settings, state_partitions: int) -> dict[str, str]:
    warehouse = settings.data_dir / "spark"
    return {
        "spark.jars": ",".join(str(jar) for jar in connector_jars()),
        "spark.driver.memory": settings.spark_driver_memory,
        "spark.driver.host": settings.spark_driver_host or settings.bind_address,
        "spark.driver.bindAddress": settings.bind_address,
        "spark.driver.extraJavaOptions": _JAVA_OPTIONS,
        "spark.executor.extraJavaOptions": _JAVA_OPTIONS,
        "spark.executor.memory": settings.spark_executor_memory,
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        f"spark.executorEnv.{CATALOGUE_VARIABLE}": str(settings.data_dir / "catalogue"),
        "spark.sql.warehouse.dir": str(warehouse / "warehouse"),
        "spark.ui.port": str(settings.spark_ui_port),
        "spark.ui.killEnabled": "false",  # the page is for looking; it asks for no password
        "spark.ui.showConsoleProgress": "false",
        # The JVM's own metrics, beside the UI, under a name that does not change with every start.
        "spark.metrics.namespace": "trendscope",
        "spark.metrics.conf.*.sink.prometheusServlet.class": "org.apache.spark.metrics.sink.PrometheusServlet",
        "spark.metrics.conf.*.sink.prometheusServlet.path": SPARK_METRICS_PATH,
        "spark.metrics.conf.driver.source.jvm.class": "org.apache.spark.metrics.source.JvmSource",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(state_partitions),
        "spark.sql.streaming.minBatchesToRetain": _KEPT_BATCHES,
        "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
        "spark.python.worker.reuse": "true",
        "spark.python.daemon.module": "processors.worker_daemon",
        # One query for the life of the process: a listener's history is of no use and grows.
        "spark.sql.streaming.numRecentProgressUpdates": "10",
        "spark.sql.ui.retainedExecutions": "50",
        "spark.ui.retainedJobs": "50",
        "spark.ui.retainedStages": "100",
        "spark.ui.retainedTasks": "1000",
    }
