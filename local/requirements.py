"""The packages of each service's image: `python -m local.requirements` writes `requirements/<service>.lock`.

Each file is a part of `requirements.lock`: what the service imports, and what that needs in turn, with the same
versions and hashes. Who needs whom is read from the lock file's own `# via` comments, so that nothing is resolved anew.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from configs.settings import ROOT

LOCK = ROOT / "requirements.lock"
FOLDER = ROOT / "requirements"

_KAFKA = ("kafka-python", "crc32c", "lz4")
_COMMON = (*_KAFKA, "prometheus-client", "pydantic", "pydantic-settings", "structlog", "tenacity")
_STORE = (*_COMMON, "cassandra-driver")
_SPARK = ("pyspark",)

SERVICES: Mapping[str, tuple[str, ...]] = {
    "init": _STORE,
    "tmdb-producer": (*_COMMON, "requests", "requests-ratelimiter", "urllib3"),
    "reddit-producer": (*_COMMON, "praw", "requests", "urllib3"),
    "simulator": (*_COMMON, "fastapi", "orjson", "uvicorn"),
    # Spark itself is by far the largest package and changes the least: a layer of its own.
    "spark": _SPARK,
    "trend-processor": (
        *_STORE, *_SPARK, "numpy", "orjson", "pandas", "pyahocorasick", "pyarrow", "vadersentiment",
    ),
    "ml-service": (*_STORE, "mlflow", "numpy", "pandas", "river", "scipy"),
    "mlflow": ("mlflow",),
    "drift": (*_STORE, "evidently", "mlflow", "pandas"),
    "momentum": (*_STORE, "orjson", "requests"),
    "serving": (*_STORE, "fastapi", "httptools", "limits", "orjson", "rapidfuzz", "requests", "uvicorn", "uvloop"),
    "alert-receiver": _COMMON,
}  # fmt: skip
"""By compose service: the packages that its code imports, or that it is."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of the lock file."""

    name: str
    text: str
    """Its lines: the version and the hashes, without the comments."""
    needed_by: frozenset[str]


def read_lock(text: str) -> dict[str, Pinned]:
    """The packages of a lock file by name; `needed_by` is read from the `# via` comments below each."""
    found: dict[str, Pinned] = {}
    for block in re.split(r"(?m)^(?=\S)", text):
        name = re.match(r"[A-Za-z0-9._-]+", block)
        if name is None:
            continue
        lines = block.splitlines()
        comments = " ".join(line.strip(" #") for line in lines if line.lstrip().startswith("#"))
        pin = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
        parents = frozenset(word for word in comments.removeprefix("via").split() if not word.startswith("("))
        found[name[0]] = Pinned(name[0], pin, parents)
    return found


def closure(lock: Mapping[str, Pinned], wanted: Iterable[str]) -> list[Pinned]:
    """The wanted packages and all they need, sorted by name.

    Raises:
        KeyError: one is not in the lock file.
    """
    names: set[str] = set()
    todo = list(wanted)
    while todo:
        name = lock[todo.pop()].name
        if name not in names:
            names.add(name)
            todo += [package.name for package in lock.values() if name in package.needed_by]
    return [lock[name] for name in sorted(names)]


def render(service: str, lock: Mapping[str, Pinned]) -> str:
    """The text of a service's file."""
    packages = closure(lock, SERVICES[service])
    head = f"# {service}: {len(packages)} packages; made from requirements.lock by `python -m local.requirements`\n"
    return head + "\n".join(package.text for package in packages) + "\n"


def main(folder: Path = FOLDER) -> None:
    """Write the files."""
    lock = read_lock(LOCK.read_text())
    folder.mkdir(exist_ok=True)
    for service in SERVICES:
        (folder / f"{service}.lock").write_text(render(service, lock))


if __name__ == "__main__":
    main()
