"""Detection delay and false alarms on streams with known changes: `python -m benchmarks.drift [--runs 4]`.

Two detectors are measured, each as the platform runs it:

- online: ADWIN on the champion's error (`ml_service.error_drift`) while the real engine forecasts a made-up stream
  whose dynamics change at a known window; beside it Page-Hinkley on the same values, and doing nothing;
- data: the hourly comparison of windows (`monitoring.drift`), its distance computed as Evidently computes it and its
  alarm as the service raises it, on tables whose distributions change at a known hour.

Prints one JSON object. Streams without a change give the false alarms per 10,000 windows.
"""

import argparse
import json
import sys
from typing import Any

from benchmarks.drift_data import data_drift
from benchmarks.drift_online import online_drift


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=4, help="streams of each kind (default 4)")
    parser.add_argument("--quiet-windows", type=int, default=10_000, help="windows without a change, in all")
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "online": online_drift(options.runs, options.quiet_windows),
        "data": data_drift(options.runs, options.quiet_windows),
    }
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
