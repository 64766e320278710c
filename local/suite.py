"""`test`: the checks of the house and the tests, as CI runs them."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from configs.settings import ROOT

_BIN = Path(sys.executable).parent
_FAST = "not spark and not integration and not e2e"


COMPOSE_VARIABLE = "TRENDSCOPE_COMPOSE_TESTS"
"""Set, tests/compose is collected; it builds images, and so runs when asked for alone."""


def compose_command(pytest_args: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The tests of the containers; their output is shown as it comes, since they take a while."""
    return [("tests", [sys.executable, "-m", "pytest", "tests/compose", "-v", *pytest_args])]


FAULT_ROUNDS = ("--rounds", "20", "--minutes", "8")
"""As many rounds as CI has time for; `./setup.sh test --faults --rounds 200 --minutes 0` plays all of them."""


def faults_command(arguments: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The rounds of tests/faults; what comes later on the command line wins."""
    return [("tests", [sys.executable, "-m", "tests.faults", *FAULT_ROUNDS, *arguments])]


def commands(*, fast: bool, pytest_args: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """Each check's name and command; pytest comes last, so that its closing line does."""
    marks = ["-m", _FAST] if fast else []
    audits = [] if fast else [("dependencies", [sys.executable, "-m", "local.audit", "dependencies"])]
    return [
        ("style", [str(_BIN / "ruff"), "check", "."]),
        ("format", [str(_BIN / "ruff"), "format", "--check", "--quiet", "."]),
        ("types", [sys.executable, "-m", "mypy", "."]),
        ("imports", [str(_BIN / "lint-imports")]),
        ("secrets", [sys.executable, "-m", "local.audit", "secrets"]),
        *audits,
        ("tests", [sys.executable, "-m", "pytest", *marks, *pytest_args]),
    ]


def run(named: Sequence[tuple[str, list[str]]], say: Callable[[str], None]) -> list[str]:
    """Run every check, also after one failed; returns the names of those that did."""
    failed = []
    for name, command in named:
        say(f"{name}: {' '.join([Path(command[0]).name, *command[1:]])}")
        began = time.monotonic()
        try:
            code = subprocess.run(command, cwd=ROOT, check=False).returncode
        except OSError as error:
            say(f"{name}: {error}; `./setup.sh test` installs what is needed")
            code = 127
        if name != "tests":
            say(f"{name}: {'ok' if not code else 'FAILED'} ({time.monotonic() - began:.0f} s)")
        if code:
            failed.append(name)
    return failed
