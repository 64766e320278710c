"""`test`: the checks of the house and the tests, as CI runs them."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from configs.settings import ROOT

_BIN = Path(sys.executable).parent
_FAST = "not spark and not integration and not e2e and not data"
_SPREAD = ("--numprocesses", "logical", "--maxprocesses", "4", "--dist", "loadscope")
"""A process a core: tests/conftest.py says which tests stay together. A fifth would but import all once more."""

COMPOSE_VARIABLE = "TRENDSCOPE_COMPOSE_TESTS"
"""Set, tests/compose is collected; it builds images, and so runs when asked for alone."""


def compose_command(pytest_args: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The tests of the containers; their output is shown as it comes, since they take a while."""
    return [("tests", [sys.executable, "-m", "pytest", "tests/compose", "-v", *pytest_args])]


FAULT_ROUNDS = ("--rounds", "20", "--minutes", "15")
"""No round begins after fifteen minutes; `./setup.sh test --faults --rounds 200 --minutes 0` takes two hours."""


def faults_command(arguments: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The rounds of tests/faults; what comes later on the command line wins."""
    return [("tests", [sys.executable, "-m", "tests.faults", *FAULT_ROUNDS, *arguments])]


def commands(*, fast: bool, pytest_args: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """Each check's name and command; pytest comes last, so that its closing line does."""
    marks = ["tests/unit", "-m", _FAST] if fast else []
    audits = [] if fast else [("dependencies", [sys.executable, "-m", "local.audit", "dependencies"])]
    return [
        ("style", [str(_BIN / "ruff"), "check", "."]),
        ("format", [str(_BIN / "ruff"), "format", "--check", "--quiet", "."]),
        ("types", [sys.executable, "-m", "mypy", "."]),
        ("imports", [str(_BIN / "lint-imports")]),
        ("secrets", [sys.executable, "-m", "local.audit", "secrets"]),
        *audits,
        ("tests", [sys.executable, "-m", "pytest", *_SPREAD, *marks, *pytest_args]),
    ]


def run(named: Sequence[tuple[str, list[str]]], say: Callable[[str], None]) -> list[str]:
    """Run every check, also after one failed; returns the names of those that did.

    The last, the tests, start with the first, and their output is shown after the checks': every core has work.

    Args:
        named: names and commands, as of `commands`.
        say: takes a line at a time.
    """
    *checks, (name, command) = named
    tests = _started(command)
    failed = [check for check, arguments in checks if _check(check, arguments, say)]
    say(_title(name, command))
    if isinstance(tests, OSError):
        say(f"{name}: {tests}; `./setup.sh test` installs what is needed")
        return [*failed, name]
    with tests:
        for line in tests.stdout or ():
            say(line.rstrip("\n"))
    return [*failed, name] if tests.returncode else failed


def _title(name: str, command: Sequence[str]) -> str:
    return f"{name}: {' '.join([Path(command[0]).name, *command[1:]])}"


def _started(command: Sequence[str]) -> "subprocess.Popen[str] | OSError":
    # a pipe that nobody reads yet holds 64 KB; a child with more to say waits
    try:
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        return error


def _check(name: str, command: Sequence[str], say: Callable[[str], None]) -> bool:
    """Run one check; True when it failed."""
    say(_title(name, command))
    began = time.monotonic()
    child = _started(command)
    if isinstance(child, OSError):
        say(f"{name}: {child}; `./setup.sh test` installs what is needed")
        return True
    with child:
        for line in child.stdout or ():
            say(line.rstrip("\n"))
    failed = child.returncode != 0
    say(f"{name}: {'FAILED' if failed else 'ok'} ({time.monotonic() - began:.0f} s)")
    return failed
