"""Where the servers' jars are, and the Java that runs them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from configs.settings import ROOT
from local.errors import JavaError, SetupError

MINIMUM_JAVA = 17
"""Spark 4 and Kafka 4 need 17; Cassandra 5 runs on 11 and 17."""
MAXIMUM_JAVA = 21
"""Cassandra 5 and Spark 4 use the security manager's remains, which Java 24 removed; 21 is the last tested by Spark."""


def runtime_dir() -> Path:
    """The folder with one sub-folder of jars a server (`TRENDSCOPE_RUNTIME` moves it)."""
    return Path(os.environ.get("TRENDSCOPE_RUNTIME") or ROOT / ".runtime").resolve()


def jars(server: str) -> list[Path]:
    """The jars of `kafka`, `cassandra` or `spark`, sorted by name.

    Raises:
        SetupError: they are not installed.
    """
    folder = runtime_dir() / server
    found = sorted(folder.glob("*.jar"))
    if not found:
        raise SetupError(f"no jars in {folder}: run `./setup.sh` (or `python -m local install`), which fetches them")
    return found


def classpath(server: str) -> str:
    """The wildcard class path of a server's jars, which keeps the command line short.

    Raises:
        SetupError: they are not installed.
    """
    return str(jars(server)[0].parent / "*")


def java() -> str:
    """The Java launcher: `$JAVA_HOME/bin/java`, else the one on the PATH.

    Raises:
        JavaError: there is none.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if found is None:
        where = f"in JAVA_HOME={home}" if home else "on the PATH"
        raise JavaError(
            f"no Java {where}: install Java {MINIMUM_JAVA} to {MAXIMUM_JAVA} "
            "(Debian: apt-get install openjdk-17-jre-headless)"
        )
    return found


def java_version(launcher: str) -> int:
    """The major version of a Java launcher.

    Raises:
        JavaError: it does not run, or does not say.
    """
    try:
        answer = subprocess.run([launcher, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise JavaError(f"{launcher} does not run: {error}") from error
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if match is None:
        raise JavaError(f"{launcher} -version says nothing that looks like a version")
    return int(match[1])
