"""Bring the pinned jars to this machine: fetch what is missing, verify everything, move it into place."""

import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.errors import SetupError
from local.jars.ivy import FILE_PATTERN, Dependency, retrieve
from local.jars.lock import LOCK_FILE, SERVERS, Jar, is_intact, read_lock
from local.runtime import runtime_dir

Progress = Callable[[str, int, int], None]
"""Called with a server's name, the number of its jars fetched and the number to fetch."""


def install_jars(
    progress: Progress = lambda *_: None,
    *,
    lock: Path = LOCK_FILE,
    runtime: Path | None = None,
    servers: Sequence[str] = SERVERS,
) -> int:
    """Make every server's folder hold exactly its pinned jars; return how many had to be fetched.

    A call that is interrupted goes on where it stopped: Ivy keeps what it has in `<runtime>/.ivy` until all is done.

    Raises:
        SetupError: a jar could not be fetched, or is not the pinned one.
    """
    runtime = runtime or runtime_dir()
    jars = read_lock(lock)
    wanted = {server: [jar for jar in jars if jar.server == server] for server in servers}
    missing = {server: missing_jars(wanted[server], runtime / server) for server in servers}
    todo = [server for server in servers if missing[server]]
    with ThreadPoolExecutor(
        len(servers)
    ) as pool:  # three Ivys side by side: each waits for the network most of the time
        for done in [pool.submit(_fetch, server, missing[server], runtime, progress) for server in todo]:
            done.result()
    for server in servers:
        _remove_strangers(wanted[server], runtime / server)
    shutil.rmtree(runtime / ".ivy", ignore_errors=True)
    return sum(len(each) for each in missing.values())


def missing_jars(wanted: Iterable[Jar], folder: Path) -> list[Jar]:
    """The jars that are not in the folder, or not intact."""
    return [jar for jar in wanted if not is_intact(jar, folder)]


def as_dependencies(jars: Iterable[Jar]) -> list[Dependency]:
    """The modules to ask for, each with exactly the artifacts wanted."""
    modules: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for jar in jars:
        modules[jar.organisation, jar.module, jar.revision].append(jar.classifier)
    return [Dependency(*coordinates, tuple(classifiers)) for coordinates, classifiers in modules.items()]


def _fetch(server: str, jars: list[Jar], runtime: Path, progress: Progress) -> None:
    work = runtime / ".ivy" / server
    fetched = 0

    def count(line: str) -> None:
        nonlocal fetched
        if "[SUCCESSFUL ]" in line:
            fetched += 1
            progress(server, min(fetched, len(jars)), len(jars))

    progress(server, 0, len(jars))
    arrived = work / "arrived"
    retrieve(
        server,
        as_dependencies(jars),
        work=work,
        target=arrived,
        pattern=FILE_PATTERN,
        transitive=False,
        on_line=count,
    )
    accept(jars, arrived, runtime / server, work)
    progress(server, len(jars), len(jars))


def accept(jars: Iterable[Jar], arrived: Path, folder: Path, work: Path) -> None:
    """Move verified jars from `arrived` into `folder`.

    Raises:
        SetupError: one has another checksum than the lock file says; all of `work` is removed, so that the next try
            fetches it anew, and nothing of this call is moved.
    """
    wrong = missing_jars(jars, arrived)
    if wrong:
        shutil.rmtree(work, ignore_errors=True)
        names = ", ".join(jar.file_name for jar in wrong[:5])
        raise SetupError(
            f"not the pinned content, refused: {names}. What was fetched is deleted; run the command again. "
            "If it happens again, the registry (or a proxy before it) serves other bytes than local/jars.lock names: "
            "do not use them, tell the maintainers"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for jar in jars:
        (arrived / jar.file_name).replace(folder / jar.file_name)


def _remove_strangers(wanted: Iterable[Jar], folder: Path) -> None:
    """Delete jars of an older lock file: the class path is a wildcard, so two versions would meet on it."""
    names = {jar.file_name for jar in wanted}
    for path in folder.glob("*.jar"):
        if path.name not in names:
            path.unlink()


if __name__ == "__main__":  # `python -m local.jars.install SERVER...`: how an image gets its jars
    install_jars(servers=sys.argv[1:] or SERVERS)
