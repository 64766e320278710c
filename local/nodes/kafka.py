"""Apache Kafka in KRaft mode: broker and controller in one process.

`python -m local.nodes.kafka` prepares the data folder and becomes the broker; this is what the supervisor runs.
"""

import os
import socket
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path

from common.kafka_security import jaas
from configs.settings import Settings, load_settings
from configs.topics import MAX_MESSAGE_BYTES
from local.errors import NodeError
from local.nodes.base import FIRST_COMPILER_ONLY, LOOPBACK, Node
from local.runtime import classpath, java
from local.secure import broker_file, folder_of

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
message.max.bytes={max_bytes}
replica.fetch.max.bytes={max_bytes}
# One node: every internal topic has one replica, and few partitions start fast.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""

_LOG4J = """\
Configuration:
  status: warn
  Appenders:
    Console:
      name: out
      PatternLayout: {pattern: "[%d] %p %m (%c)%n"}
  Loggers:
    Root: {level: info, AppenderRef: {ref: out}}
"""


_SECURE_PROPERTIES = """\
listeners=SASL_SSL://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=SASL_SSL://{host}:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config={jaas}
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
"""
"""Java takes the last of two lines with one key. The controller's listener stays plain: on one machine only the broker
itself speaks to it."""


@dataclass(frozen=True, slots=True)
class BrokerSecurity:
    """What clients must know, and what the broker shows them."""

    username: str
    password: str = field(repr=False)
    keystore: Path
    """Key and certificate, PEM."""
    truststore: Path
    """The authority's certificate, PEM."""


class KafkaNode(Node):
    """One broker on 127.0.0.1 that creates no topic by itself and accepts messages of MAX_MESSAGE_BYTES."""

    name = "kafka"

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        controller_port: int,
        heap: str = "512m",
        security: BrokerSecurity | None = None,
    ) -> None:
        """`heap` is the JVM's -Xmx; 512 MB carries a backlog of millions of comments, which lives in the page cache.

        With `security`, clients come by TLS and say a name and password.
        """
        super().__init__(home)
        self.port = port
        self.controller_port = controller_port
        self.heap = heap
        self.security = security

    @property
    def bootstrap_servers(self) -> str:
        """What clients connect to."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _properties(self) -> Path:
        return self.home / "server.properties"

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        text = _PROPERTIES.format(
            host=LOOPBACK,
            port=self.port,
            controller_port=self.controller_port,
            data=self._data,
            max_bytes=MAX_MESSAGE_BYTES + 1_024 * 1_024,  # the topic's limit decides; batch headers come on top
        )
        self._properties.touch(mode=0o600)  # it may hold a password
        self._properties.write_text(text + self._secure_properties())
        (self.home / "log4j2.yaml").write_text(_LOG4J)
        if not (self._data / "meta.properties").exists():
            self._format()

    def _secure_properties(self) -> str:
        found = self.security
        if found is None:
            return ""
        return _SECURE_PROPERTIES.format(
            host=LOOPBACK,
            port=self.port,
            controller_port=self.controller_port,
            # a properties file takes a backslash for the begin of an escape
            jaas=jaas(found.username, found.password, **{f"user_{found.username}": found.password}).replace(
                "\\", "\\\\"
            ),
            keystore=found.keystore.resolve(),
            truststore=found.truststore.resolve(),
        )

    def _format(self) -> None:
        tool = ["kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(self._properties)]
        done = subprocess.run([*self._jvm("128m"), *tool], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NodeError(f"kafka: its data folder {self._data} could not be formatted: {done.stdout}{done.stderr}")

    def _jvm(self, heap: str) -> list[str]:
        return [
            java(),
            f"-Xmx{heap}",
            FIRST_COMPILER_ONLY,
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={self.home / 'log4j2.yaml'}",
            f"-Dkafka.logs.dir={self.home}",
            "-cp",
            classpath("kafka"),
        ]

    def command(self) -> list[str]:
        return [*self._jvm(self.heap), "kafka.Kafka", str(self._properties)]

    def ready(self) -> bool:
        """The listener opens after the broker has caught up with its controller and is unfenced."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1):
                return True
        except OSError:
            return False


def security_of(settings: Settings) -> BrokerSecurity | None:
    """The broker's part of `SECURE=1`; None without it."""
    if not settings.secure or settings.kafka_password is None or settings.kafka_ca_file is None:
        return None
    return BrokerSecurity(
        settings.kafka_username,
        settings.kafka_password.get_secret_value(),
        keystore=broker_file(folder_of(settings)),
        truststore=settings.kafka_ca_file,
    )


def _cluster_id() -> str:
    """A random id in Kafka's form; like Kafka's own never one with a leading dash, which would read as an option."""
    while (cluster := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return cluster


def main() -> None:
    """Become the platform's broker: prepare, then replace this process by the JVM."""
    settings = load_settings()
    node = KafkaNode(
        settings.data_dir / "kafka",
        port=settings.kafka_port,
        controller_port=settings.kafka_controller_port,
        security=security_of(settings),
    )
    node.prepare()
    command = node.command()
    os.chdir(node.home)
    os.execv(command[0], command)  # noqa: S606 - one's own command, no shell wanted


if __name__ == "__main__":
    main()
