"""The process that Spark forks its Python workers from: `spark.python.daemon.module`, in place of `pyspark.daemon`.

Two things make Spark's own cost a fixed time in every task, which a query with a trigger a second feels:

- It puts archives (pyspark.zip, a jar) on the path, and each task calls `importlib.invalidate_caches()`, which reads
  the directory of every archive anew: 0.1 s and more of CPU a task. Where the same packages are installed as files,
  the archives are taken off the path.
- Each worker imports everything by itself. Here the imports happen once, before the fork, and their memory is shared.
- Each worker would build its linker with its first task, which may come minutes after the start and then waits some
  seconds. The newest snapshot's linker is built here, before the fork.
"""

import gc
import importlib
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_ARCHIVES = (".zip", ".jar")
CATALOGUE_VARIABLE = "TRENDSCOPE_CATALOGUE"
"""Names the folder of the catalogue's snapshots, see `processors.spark_session`."""


def without_archives(path: Sequence[str]) -> list[str]:
    """The import path without archives, if PySpark is found on the rest; else the path as it is."""
    rest = [entry for entry in path if not entry.endswith(_ARCHIVES)]
    found = importlib.machinery.PathFinder.find_spec("pyspark", rest)
    needed = importlib.machinery.PathFinder.find_spec("py4j", rest)
    return rest if found and needed else list(path)


def main() -> None:
    """Import, then serve Spark's requests for workers until it ends."""
    sys.path[:] = without_archives(sys.path)
    for entry in [entry for entry in sys.path_importer_cache if entry.endswith(_ARCHIVES)]:
        del sys.path_importer_cache[entry]
    from pyspark.daemon import manager  # noqa: PLC0415 - after the path is settled

    importlib.import_module("processors.job")
    stage = importlib.import_module("processors.stage")
    if folder := os.environ.get(CATALOGUE_VARIABLE):
        stage.warm_up(Path(folder))
    gc.collect()
    gc.freeze()  # what the workers share is never looked at by their collectors, and so stays shared
    manager()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
