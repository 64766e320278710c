"""Write `local/jars.lock`: resolve each server's jars with all they need and note their checksums.

`python -m local.lock_jars` after changing a version below; review the difference before committing it.
"""

import importlib.util
import shutil
import tempfile
from pathlib import Path

from local.jars.ivy import COORDINATE_PATTERN, Dependency, retrieve
from local.jars.lock import LOCK_FILE, Jar, read_lock, sha256_of, write_lock

ROOTS = {
    "kafka": (
        # The broker and its storage tool. kafka-tools and its web server are not needed to run it.
        Dependency("org.apache.kafka", "kafka_2.13", "4.3.1"),
        # Kafka leaves the choice of a logging backend to whoever packages it.
        Dependency("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4"),
    ),
    "cassandra": (Dependency("org.apache.cassandra", "cassandra-all", "5.0.9"),),
    "spark": (Dependency("org.apache.spark", "spark-sql-kafka-0-10_2.13", "4.0.0"),),
    "jmx": (Dependency("io.prometheus.jmx", "jmx_prometheus_javaagent", "1.0.1"),),
}
"""The newest releases whose jars are complete in the registry; the connector's version is pyspark's."""


def found_jars(server: str, folder: Path) -> list[Jar]:
    """The jars under a folder laid out by COORDINATE_PATTERN."""
    jars = []
    for path in sorted(folder.rglob("*.jar")):
        parts = path.relative_to(folder).parts
        classifier = parts[3] if len(parts) == 5 else ""
        jars.append(Jar(server, parts[0], parts[1], parts[2], classifier, sha256_of(path)))
    return jars


def without_those_of_spark(jars: list[Jar]) -> list[Jar]:
    """Leave out what pyspark ships itself, whatever its version: two versions on one class path conflict."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pyspark")
    shipped = {path.name.rpartition("-")[0] for path in (Path(spec.origin).parent / "jars").glob("*.jar")}
    return [jar for jar in jars if jar.module not in shipped]


def main() -> None:
    """Resolve all sets and write the lock file; prints what changed."""
    jars: list[Jar] = []
    work = Path(tempfile.mkdtemp(prefix="lock-jars-"))
    try:
        for server, roots in ROOTS.items():
            print(f"resolving {server} ...", flush=True)
            target = work / server / "jars"
            retrieve(server, roots, work=work / server, target=target, pattern=COORDINATE_PATTERN, transitive=True)
            found = found_jars(server, target)
            jars += without_those_of_spark(found) if server == "spark" else found
    finally:
        shutil.rmtree(work, ignore_errors=True)
    before = set(read_lock()) if LOCK_FILE.exists() else set()
    write_lock(jars)
    for mark, changed in (("-", before - set(jars)), ("+", set(jars) - before)):
        for jar in sorted(changed):
            print(mark, jar.server, jar.file_name)
    print(f"{LOCK_FILE}: {len(jars)} jars")


if __name__ == "__main__":
    main()
