"""Signals to the platform's processes, as whatever goes wrong would send them."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from local.platform import Platform
from local.supervision import ProcessState, wait_gone
from tests.support.waiting import wait_until

_POLL = 0.05
_START_SECONDS = 120.0
"""For the supervisor to start again what was killed: its back-off reaches half a minute."""


def state_of(platform: Platform, name: str) -> ProcessState:
    """A program as the supervisor sees it.

    Raises:
        LookupError: it is no part of this platform.
    """
    states = {state.name: state for state in platform.states()}
    if name not in states:
        raise LookupError(f"{name} is no program of this platform, which runs {', '.join(sorted(states))}")
    return states[name]


def pid_of(platform: Platform, name: str) -> int:
    """The pid of a running program, waited for."""

    def found() -> int | None:
        state = state_of(platform, name)
        return state.pid if state.state == "RUNNING" else None

    return wait_until(found, _START_SECONDS, what=f"{name} to run", poll=_POLL) or 0


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descends from it and still runs; empty when it is gone."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [one for one in (parent, *parent.children(recursive=True)) if _runs(one)]
    return []


def kill(platform: Platform, name: str) -> int:
    """SIGKILL to a program, once; the supervisor starts it again by itself. The pid that was."""
    pid = pid_of(platform, name)
    os.kill(pid, signal.SIGKILL)
    wait_gone(pid, _START_SECONDS)
    return pid


def kill_for_good(platform: Platform, name: str) -> None:
    """SIGKILL to a program that the supervisor does not start again; `start_program` ends that.

    The supervisor is told to stop a frozen process: its SIGTERM stays pending (or ends it, where nobody handles it), so
    that the process dies without having run another instruction.
    """
    pid = pid_of(platform, name)
    os.kill(pid, signal.SIGSTOP)
    stopping = threading.Thread(target=platform.supervisor.stop_program, args=(name,), daemon=True)
    stopping.start()
    wait_until(lambda: state_of(platform, name).state != "RUNNING", _START_SECONDS, what=f"{name} to be stopped")
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    stopping.join(_START_SECONDS)


def kill_part(platform: Platform, name: str, text: str) -> int | None:
    """SIGKILL to a descendant of a program whose command line holds `text`; its pid, None when there is none."""
    parts = [part for part in family(pid_of(platform, name))[1:] if text in _command(part)]
    if not parts:
        return None
    with suppress(psutil.NoSuchProcess):
        parts[-1].kill()
    return int(parts[-1].pid)


@contextmanager
def frozen(platform: Platform, name: str) -> Iterator[None]:
    """SIGSTOP to a program and its descendants for the length of the block: there, and silent."""
    stopped = family(pid_of(platform, name))
    for process in stopped:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _runs(process: psutil.Process) -> bool:
    """False for a zombie: it has ended, and only waits to be asked how."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
