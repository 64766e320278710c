"""Data drift: recent windows against earlier ones.

    python -m monitoring.drift_detection           a service: compares on a schedule, serves reports and metrics
    python -m monitoring.drift_detection --once    one comparison now; prints its summary

The service itself is small: each comparison is a process of its own, because Evidently takes 300 MB and ten seconds
of one core to load, and is needed for one second an hour.
"""

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta

from common.metrics import serve_metrics
from common.service import run_service
from configs.logging import get_logger
from configs.settings import Settings
from contracts.errors import DependencyError, TrendScopeError
from monitoring.drift import telemetry
from monitoring.drift.pages import Pages
from monitoring.drift.reports import Reports
from monitoring.drift.telemetry import DONE, FAILED, TOO_LITTLE

log = get_logger(__name__)

EXIT_TOO_LITTLE = 3
"""Of `--once`: there are not enough final windows yet."""
_DEADLINE_SECONDS = 600.0
"""A comparison on a machine that is busy with other things."""
_RETRY = timedelta(minutes=2)
"""After a comparison that could not be made, so that the first one comes soon after a start."""


def reports_of(settings: Settings) -> Reports:
    """Where the reports are."""
    return Reports(settings.data_dir / "drift")


def service(settings: Settings, stop: threading.Event) -> None:
    """Compare on a schedule until `stop`."""
    reports = reports_of(settings)
    trouble: dict[str, str | None] = {"is": None}
    serve_metrics(settings.bind_address, settings.drift_port, lambda: trouble["is"], Pages(reports))
    latest = reports.latest()
    if latest is not None:
        telemetry.show(latest)
    while not stop.is_set():
        result = run_comparison(stop)
        if stop.is_set():
            return
        trouble["is"] = "the last comparison failed: the log says why" if result == FAILED else None
        latest = reports.latest()
        if result == DONE and latest is not None:
            telemetry.show(latest)
        pause = settings.drift_interval if result == DONE else min(_RETRY, settings.drift_interval)
        stop.wait(pause.total_seconds())


def run_comparison(stop: threading.Event) -> str:
    """A comparison in a process of its own, which `stop` ends; how it ended, as `telemetry.RUNS` has it."""
    command = [sys.executable, "-m", "monitoring.drift_detection", "--once"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    waited = 0.0
    while child.poll() is None and waited < _DEADLINE_SECONDS and not stop.wait(0.5):
        waited += 0.5
    if child.poll() is None:
        child.kill()
    code = child.wait()
    result = {0: DONE, EXIT_TOO_LITTLE: TOO_LITTLE}.get(code, FAILED)
    if stop.is_set():
        return result
    telemetry.RUNS.labels(result).inc()
    if result == FAILED:
        log.warning("comparison_failed", exit_code=code)
    return result


def once(settings: Settings) -> int:
    """Compare now; exit code 0, or `EXIT_TOO_LITTLE`."""
    from monitoring.drift.comparison import NotEnoughError, run  # noqa: PLC0415 - pandas: not in the service itself

    try:
        result = run(settings, reports_of(settings))
    except NotEnoughError as error:
        log.info("too_little_data", reason=str(error))
        return EXIT_TOO_LITTLE
    sys.stdout.write(json.dumps(result.to_json(), indent=1) + "\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line; exits as every service does."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.drift_detection")
    parser.add_argument("--once", action="store_true", help="compare once and print the summary")
    options = parser.parse_args(arguments)
    if not options.once:
        run_service("drift", service)
        return
    code = 0

    def work(settings: Settings, _: threading.Event) -> None:
        nonlocal code
        try:
            code = once(settings)
        except DependencyError:
            raise
        except TrendScopeError as error:
            raise DependencyError(str(error)) from error

    run_service("drift", work)
    sys.exit(code)


if __name__ == "__main__":
    main()
