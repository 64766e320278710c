"""What a worker process is spared: archives on its import path, and a collector that looks at the catalogue."""

import gc
import importlib.machinery
import subprocess
import sys
from pathlib import Path

import pyspark

from configs.settings import ROOT
from processors.linking.model import CommentText, Film
from processors.stage import _lasting_linker
from processors.worker_daemon import without_archives


def test_archives_leave_the_path_and_the_rest_keeps_its_order() -> None:
    path = ["/x/pyspark.zip", *sys.path, "/x/spark-core.jar", "/y"]
    found = without_archives(path)
    assert found == [entry for entry in path if not entry.endswith((".zip", ".jar"))]
    assert importlib.machinery.PathFinder.find_spec("pyspark", found) is not None


def test_archives_stay_where_pyspark_is_nowhere_else(tmp_path: Path) -> None:
    path = [str(tmp_path), "/x/pyspark.zip", "/x/py4j.zip"]
    assert without_archives(path) == path


def test_the_daemon_has_no_archive_left_when_it_serves() -> None:
    """Its `manager` is replaced by a report: what would be forked, and what a worker finds already imported."""
    archives = sorted(Path(pyspark.__file__).parent.glob("python/lib/*.zip"))
    assert archives
    script = """
import sys
sys.path[:0] = sys.argv[1:]
from processors import worker_daemon
path = list(sys.path)
sys.path[:] = worker_daemon.without_archives(sys.path)
import pyspark.daemon
sys.path[:] = path
del sys.argv[1:]
pyspark.daemon.manager = lambda: print(
    sum(e.endswith((".zip", ".jar")) and "python3" not in e for e in (*sys.path, *sys.path_importer_cache)),
    "processors.stage" in sys.modules, "processors.job" in sys.modules)
worker_daemon.main()
"""
    command = [sys.executable, "-c", script, *map(str, archives)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["0", "True", "True"]


def test_a_linker_is_out_of_the_collectors_sight_and_works() -> None:
    before = gc.get_freeze_count()
    linker = _lasting_linker([Film(7, "Inception", year=2010, vote_count=30_000)])
    try:
        assert gc.get_freeze_count() > before
        found = linker.link(CommentText("I watched Inception last night."))
        assert [mention.movie_id for mention in found.mentions] == [7]
    finally:
        gc.unfreeze()
