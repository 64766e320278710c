"""The registered models: `python -m ml_service.models list`, `python -m ml_service.models rollback [--to VERSION]`.

A rollback moves the alias `champion` and leaves a request at the version; the service looks for one every ten seconds,
leads with that version's learner from the next window on, and answers at the version; when it refuses, it moves the
alias back. A service that does not run follows when it is started.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from common.clock import system_clock
from common.service import EXIT_CONFIGURATION, EXIT_DEPENDENCY
from configs.settings import Settings, load_settings
from contracts.errors import ConfigurationError
from ml_service.errors import VersionError
from ml_service.registry import TAG_CONFIGURATION, TAG_LINEAGE, TAG_ROLE, Registry, Version

_POLL_SECONDS = 1.0


def table(versions: Sequence[Version], aliases: dict[str, int]) -> str:
    """One line a version."""
    lines = [f"{'version':>7}  {'configuration':<13}  {'logged as':<10}  {'lead':>4}  aliases"]
    for one in versions:
        names = ",".join(sorted(name for name, number in aliases.items() if number == one.number))
        lines.append(
            f"{one.number:>7}  {one.tags.get(TAG_CONFIGURATION, '?'):<13}  {one.tags.get(TAG_ROLE, '?'):<10}"
            f"  {one.tags.get(TAG_LINEAGE, '?'):>4}  {names}"
        )
    return "\n".join(lines) + "\n"


def await_answer(registry: Registry, version: Version, seconds: float, sleep: Callable[[float], None]) -> str | None:
    """Wait for the service's answer; None when there was none in time."""
    end = time.monotonic() + seconds
    while (said := registry.answer(version)) is None and time.monotonic() < end:
        sleep(_POLL_SECONDS)
    return said


def _tracking_uri(settings: Settings) -> str:
    """As the local runner hands it to the service, when nobody set another."""
    if "mlflow_tracking_uri" in settings.model_fields_set:
        return settings.mlflow_tracking_uri
    return f"http://127.0.0.1:{settings.mlflow_port}"


def _open(settings: Settings) -> Registry:
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    import mlflow  # noqa: PLC0415 - takes seconds: not before the arguments are right

    uri = _tracking_uri(settings)
    return Registry(mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri))


def run(options: argparse.Namespace, registry: Registry, say: Callable[[str], Any]) -> int:
    """Do what the command line says; returns the exit code."""
    if options.command == "list":
        say(table(registry.versions(), registry.aliases()))
        return 0
    version = registry.roll_back(options.to, system_clock)
    say(f"champion is version {version.number} ({version.tags.get(TAG_CONFIGURATION)}); waiting for the service\n")
    said = await_answer(registry, version, options.wait, time.sleep)
    if said is None:
        say("the service did not answer: it follows when it runs and MLflow is in its reach\n")
        return EXIT_DEPENDENCY
    say(f"the service: {said}\n")
    return 0 if said.startswith("from ") else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m ml_service.models", description=(__doc__ or "").split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="versions, newest first")
    back = commands.add_parser("rollback", help="lead with the former champion again, or with a version")
    back.add_argument("--to", type=int, help="number of the version (default: the last one before the lead changed)")
    back.add_argument("--wait", type=float, default=120.0, help="seconds to wait for the service (default 120)")
    options = parser.parse_args(arguments)
    try:
        return run(options, _open(load_settings()), sys.stdout.write)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIGURATION
    except VersionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception as error:  # noqa: BLE001 - MLflow's client raises its own and those of three libraries
        sys.stderr.write(f"MLflow did not do it: {error}\n")
        return EXIT_DEPENDENCY


if __name__ == "__main__":
    sys.exit(main())
