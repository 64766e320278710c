"""A service whose clock is wrong: `python -m tests.faults.shifted FILE MODULE [ARGUMENT ...]`; FILE holds the
shift in seconds.

The file is read at every look at the clock, so that whoever writes it makes the clock step.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import common.clock


def main(file: Path, module: str, *arguments: str) -> None:
    """Replace the system's clock before the service imports it, then become the service."""

    def shifted() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or 0))

    common.clock.system_clock = shifted
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
