"""Small files that survive a power cut, and the lock that keeps a second producer away from them."""

import fcntl
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.files import write_atomically
from configs.logging import get_logger
from contracts.errors import ConfigurationError

_LOCK_PATIENCE_SECONDS = 5.0
"""A supervisor may start the successor while the last process is still on its way out."""

log = get_logger(__name__)


def source_folder(data_dir: Path, producer: str, base_url: str) -> Path:
    """The folder for what a producer remembers about one API host; made when absent.

    One a host: positions and details of the simulator mean nothing to the real API, and the other way round.
    """
    host = re.sub(r"[^a-zA-Z0-9.]+", "-", urlsplit(base_url).netloc) or "unknown"
    folder = data_dir / "producers" / producer / host
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def save_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object atomically."""
    write_atomically(path, json.dumps(value, separators=(",", ":")).encode())


def load_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None when there is none. A damaged file is set aside under `.damaged` and counts as none."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    path.replace(path.with_name(path.name + ".damaged"))
    log.error("damaged_file_set_aside", path=str(path))
    return None


@contextmanager
def exclusive(path: Path, stop: threading.Event, patience: float = _LOCK_PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock file `path` for as long as the block runs; the kernel frees it when the process dies.

    Raises:
        ConfigurationError: another process holds it still after `patience` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        waited = 0.0
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited >= patience or stop.wait(0.2):
                    raise ConfigurationError(
                        f"another producer works in {path.parent}: stop it, or give this one its own DATA_DIR"
                    ) from None
                waited += 0.2
        yield
