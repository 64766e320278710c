"""The processes of the platform: what each runs, in which order they start and stop."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from configs.settings import Settings
from local.nodes.base import LOOPBACK
from local.nodes.cassandra import CassandraNode


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process.

    Programs start by ascending `order` and stop by descending `order`, each after the one before is gone: sources
    first, then what reads from them, and the stores last.
    """

    name: str
    command: tuple[str, ...]
    order: int
    ports: tuple[tuple[str, int], ...] = ()
    """The ports it listens on, each with the setting that moves it."""
    one_shot: bool = False
    """It does its work and exits with 0."""
    stop_seconds: int = 30
    """After SIGTERM; then SIGKILL."""
    stop_group: bool = False
    """SIGTERM goes to its children too; for servers whose parent process does not pass it on."""
    yields: bool = False
    """It works in bursts that can wait: it takes a smaller share of the processors (`local.share`)."""


_PRODUCER_STOP_SECONDS = 45
"""A request in flight may take 30 s to read, then what it brought is published and its position saved."""


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _servers(settings: Settings) -> list[Program]:
    return [
        Program(
            "cassandra",
            _python("local.nodes.cassandra"),
            order=10,
            ports=(
                ("CASSANDRA_PORT", settings.cassandra_port),
                ("CASSANDRA_STORAGE_PORT", settings.cassandra_storage_port),
            ),
            stop_seconds=60,
            yields=CassandraNode.yields,
        ),
        Program(
            "kafka",
            _python("local.nodes.kafka"),
            order=11,
            ports=(("KAFKA_PORT", settings.kafka_port), ("KAFKA_CONTROLLER_PORT", settings.kafka_controller_port)),
            stop_seconds=60,
        ),
        Program("init", _python("local.init"), order=20, one_shot=True),
    ]


def _mlflow(settings: Settings) -> Program:
    home = settings.data_dir.resolve() / "mlflow"
    arguments = ["--host", LOOPBACK, "--port", str(settings.mlflow_port), "--folder", str(home)]
    return Program(
        "mlflow",
        _python("monitoring.mlflow_server", *arguments),
        order=30,
        ports=(("MLFLOW_PORT", settings.mlflow_port),),
        yields=True,  # nothing waits for it, and its start takes as much of a core as Kafka's
    )


def _is_own(address: str, port: int) -> bool:
    """Whether a URL leads to a port of this machine, so that the server there is one to start."""
    parts = urlsplit(address)
    return parts.hostname in {LOOPBACK, "localhost"} and parts.port == port


def _prometheus(settings: Settings, binary: str) -> Program:
    home = settings.data_dir.resolve() / "prometheus"
    command = (
        binary,
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'tsdb'}",
        f"--web.listen-address={LOOPBACK}:{settings.prometheus_port}",
        "--storage.tsdb.retention.time=15d",
        "--log.level=warn",
    )
    return Program("prometheus", command, order=60, ports=(("PROMETHEUS_PORT", settings.prometheus_port),))


def prometheus_binary() -> str | None:
    """Prometheus's executable when this machine has it."""
    return shutil.which("prometheus")


def programs(
    settings: Settings, *, simulator: bool, simulator_args: Sequence[str] = (), prometheus: str | None = None
) -> list[Program]:
    """The programs of a platform, by `order`.

    Args:
        settings: ports and folders.
        simulator: whether the simulator serves one of the APIs.
        simulator_args: its command line.
        prometheus: the executable, None without one.
    """
    found = _servers(settings)
    if _is_own(settings.mlflow_tracking_uri, settings.mlflow_port):
        found.append(_mlflow(settings))
    if simulator:
        ports = (("SIMULATOR_PORT", settings.simulator_port),)
        found.append(Program("simulator", _python("simulator", *simulator_args), order=31, ports=ports))
    found += [
        Program(
            "ml-service",
            _python("ml_service"),
            order=40,
            ports=(("ML_METRICS_PORT", settings.ml_metrics_port),),
            stop_seconds=60,
        ),
        Program(
            "trend-processor",
            _python("processors"),
            order=41,
            ports=(
                ("PROCESSOR_METRICS_PORT", settings.processor_metrics_port),
                ("SPARK_UI_PORT", settings.spark_ui_port),
            ),
            stop_seconds=90,
        ),
        Program(
            "tmdb-producer",
            _python("producers.tmdb"),
            order=50,
            ports=(("TMDB_PRODUCER_METRICS_PORT", settings.tmdb_producer_metrics_port),),
            stop_seconds=_PRODUCER_STOP_SECONDS,
        ),
        Program(
            "reddit-producer",
            _python("producers.reddit"),
            order=51,
            ports=(("REDDIT_PRODUCER_METRICS_PORT", settings.reddit_producer_metrics_port),),
            stop_seconds=_PRODUCER_STOP_SECONDS,
        ),
    ]
    ports = (("MOMENTUM_METRICS_PORT", settings.momentum_metrics_port),)
    found.append(Program("momentum", _python("momentum"), order=40, ports=ports))
    ports = (("SERVING_PORT", settings.serving_port),)
    serving = ("env", f"BIND_ADDRESS={settings.bind_address}", *_python("serving"))
    found.append(Program("serving", serving, order=42, ports=ports))
    ports = (("DRIFT_PORT", settings.drift_port),)
    found.append(Program("drift", _python("monitoring.drift_detection"), order=43, ports=ports))
    if prometheus:
        found.append(_prometheus(settings, prometheus))
    return sorted(found, key=lambda program: program.order)
