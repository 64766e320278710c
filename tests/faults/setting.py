"""The platform that is shot at: its settings, its load, the folders that a fault can fill up."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from simulator.catalogue import BUNDLED

SETTINGS: dict[str, Any] = {
    # Windows of a minute every twenty seconds: a round of two minutes sees windows closed, forecast and scored.
    "trend_window_duration": timedelta(minutes=1),
    "trend_slide_duration": timedelta(seconds=20),
    "watermark_delay": timedelta(seconds=30),
    "forecast_horizons": (1, 3),
    "ml_snapshot_interval": 5.0,
    "mlflow_model_interval": timedelta(minutes=1),
    "tmdb_fetch_interval": 10.0,
    "tmdb_catalogue_pages": 2,
    "reddit_fetch_interval": 1.0,
    "author_hash_key": "faults",
}
_RATE = 6.0
"""Comments a second: a window of a minute holds some hundreds, a round some thousands."""
_FILMS = 150
"""Of the simulator's catalogue: every listed film has a row a window, and a forecast a row and horizon."""
DISKS = {"checkpoint": "96m", "kafka": "256m", "cassandra": "1536m"}
"""Folders under the data folder, and the size of the small disk that stands in for each. Cassandra's commit log alone
may take 512 MB."""


def simulator_arguments(folder: Path, seed: int) -> list[str]:
    """The simulator's command line: no request limits, and the best known films as its catalogue (kept in `folder`)."""
    lines = BUNDLED.read_text(encoding="utf-8").splitlines()
    lines.sort(key=lambda line: -(json.loads(line)["popularity"] or 0))
    path = folder / "catalogue.jsonl"
    path.write_text("\n".join(lines[:_FILMS]) + "\n", encoding="utf-8")
    limits = ["--reddit-requests", "0", "--tmdb-requests", "0"]
    return ["--seed", str(seed), "--rate", str(_RATE), *limits, "--catalogue", str(path)]


@cache
def can_mount() -> bool:
    """Whether small disks can be made: it takes root, and a container's root may not either."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as place:
        try:
            _mount(Path(place), "64k")
        except subprocess.CalledProcessError:
            return False
        _unmount(Path(place))
        return True


def _mount(place: Path, size: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "faults", str(place)]
    subprocess.run(command, check=True, capture_output=True)


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)


@contextmanager
def small_disks(data: Path) -> Iterator[None]:
    """Mount a tmpfs in the place of each folder of `DISKS`, and take it away again."""
    mounted: list[Path] = []
    try:
        for name, size in DISKS.items():
            place = data / name
            place.mkdir(parents=True)
            _mount(place, size)
            mounted.append(place)
        yield
    finally:
        for place in reversed(mounted):
            _unmount(place)
