"""Apache Cassandra 5, one node.

`python -m local.nodes.cassandra` prepares the data folder and becomes the server; this is what the supervisor runs.
"""

import os
import socket
from pathlib import Path

from configs.settings import load_settings
from local.nodes.base import FIRST_COMPILER_ONLY, LOOPBACK, Node
from local.nodes.commit_log import remove_unwritten
from local.runtime import classpath, jars, java

YAML = """\
cluster_name: trendscope
# One node and one token: a full scan is one range, and nothing is ever allocated anew.
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "{host}:{storage_port}"
auto_bootstrap: false
listen_address: {host}
storage_port: {storage_port}
ssl_storage_port: {ssl_storage_port}
rpc_address: {rpc}
start_native_transport: true
native_transport_port: {port}
endpoint_snitch: SimpleSnitch
data_file_directories: ["{home}/data"]
commitlog_directory: "{home}/commitlog"
hints_directory: "{home}/hints"
saved_caches_directory: "{home}/saved_caches"
cdc_raw_directory: "{home}/cdc_raw"
# A write is acknowledged once its log is on disk. The periodic default replays only what was synced before a kill, and
# offsets are committed on the strength of these writes. Measured here: 2,700 single writes/s instead of 5,000.
commitlog_sync: batch
commitlog_segment_size: 32MiB
commitlog_total_space: 512MiB
# A node whose disk is full or broken ends, and is started again until there is room. "stop" would leave a process that
# looks alive and serves nobody, which no supervisor mends.
disk_failure_policy: die
commit_failure_policy: die
# Every process shares a laptop's cores, so a pause of seconds is no failure yet.
read_request_timeout: 10s
range_request_timeout: 20s
write_request_timeout: 10s
request_timeout: 20s
concurrent_reads: 16
concurrent_writes: 32
concurrent_compactors: 1
compaction_throughput: 32MiB/s
# A dropped table is dropped: nobody looks for snapshots under a data folder that `reset` deletes.
auto_snapshot: false
user_defined_functions_enabled: false
authenticator: {authenticator}
materialized_views_enabled: false
"""

_LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date{ISO8601} %-5level %msg \\(%logger{0}\\)%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
  <logger name="org.apache.cassandra.db.compaction" level="WARN"/>
</configuration>
"""

_EXPORTS = (
    "java.base/java.lang.ref",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "jdk.attach/sun.tools.attach",
    "jdk.compiler/com.sun.tools.javac.file",
    "jdk.unsupported/sun.misc",
)
_OPENS = (
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.math",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "jdk.compiler/com.sun.tools.javac",
    "jdk.management/com.sun.management.internal",
)
"""What Cassandra 5.0 reaches into on Java 17 (its conf/jvm17-server.options names the same packages)."""


class CassandraNode(Node):
    """One node on 127.0.0.1, without JMX."""

    name = "cassandra"
    yields = True

    def __init__(self, home: Path, *, port: int, storage_port: int, heap: str = "1g", passwords: bool = False) -> None:
        """`port` speaks CQL, `storage_port` would speak to other nodes; `heap` is -Xms and -Xmx.

        With `passwords`, clients have to log in.
        """
        super().__init__(home)
        self.port = port
        self.storage_port = storage_port
        self.heap = heap
        self.passwords = passwords

    @property
    def _conf(self) -> Path:
        return self.home / "conf"

    def prepare(self) -> None:
        self._conf.mkdir(parents=True, exist_ok=True)
        yaml = YAML.format(
            host=LOOPBACK,
            rpc=LOOPBACK,
            port=self.port,
            storage_port=self.storage_port,
            ssl_storage_port=self.storage_port + 1,  # never opened: encryption between nodes is off
            home=self.home,
            authenticator="PasswordAuthenticator" if self.passwords else "AllowAllAuthenticator",
        )
        (self._conf / "cassandra.yaml").write_text(yaml)
        (self._conf / "logback.xml").write_text(_LOGBACK)
        for segment in remove_unwritten(self.home / "commitlog"):
            print(f"removed {segment.name}: a full disk had left it without a header", flush=True)

    def command(self) -> list[str]:
        agent = next(jar for jar in jars("cassandra") if jar.name.startswith("jamm-"))
        return [
            java(),
            f"-javaagent:{agent}",
            f"-Xms{self.heap}",
            f"-Xmx{self.heap}",
            "-Xss256k",
            FIRST_COMPILER_ONLY,
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=300",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+PerfDisableSharedMem",
            "-Djava.net.preferIPv4Stack=true",
            "-Djdk.attach.allowAttachSelf=true",
            "-Djava.security.manager=allow",
            *(f"--add-exports={package}=ALL-UNNAMED" for package in _EXPORTS),
            *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENS),
            # Alone in its ring there is nobody to wait for.
            "-Dcassandra.ring_delay_ms=0",
            "-Dcassandra.superuser_setup_delay_ms=0",
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            f"-Dcassandra.config=file://{self._conf / 'cassandra.yaml'}",
            f"-Dcassandra.storagedir={self.home}",
            f"-Dcassandra.logdir={self.home}",
            f"-Dlogback.configurationFile={self._conf / 'logback.xml'}",
            "-Dcassandra-foreground=yes",
            "-cp",
            f"{self._conf}{os.pathsep}{classpath('cassandra')}",
            "org.apache.cassandra.service.CassandraDaemon",
        ]

    def ready(self) -> bool:
        """An OPTIONS frame of the native protocol is answered; the port opens once the node serves."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(_OPTIONS_FRAME)
                return bool(connection.recv(1))
        except OSError:
            return False


_OPTIONS_FRAME = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0])
"""CQL binary protocol v4, section 2: version, flags, stream (2), opcode OPTIONS = 5, body length 0 (4)."""


def main() -> None:
    """Become the platform's Cassandra: prepare, then replace this process by the JVM."""
    settings = load_settings()
    node = CassandraNode(
        settings.data_dir / "cassandra",
        port=settings.cassandra_port,
        storage_port=settings.cassandra_storage_port,
        passwords=settings.secure,
    )
    node.prepare()
    command = node.command()
    os.chdir(node.home)
    os.execv(command[0], command)  # noqa: S606 - one's own command, no shell wanted


if __name__ == "__main__":
    main()
