"""supervisord: its configuration, its start, and typed calls of its RPC interface."""

import contextlib
import hashlib
import http.client
import os
import shlex
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from common.service import EXIT_CONFIGURATION
from configs.settings import ROOT
from local.errors import NodeError
from local.launch import YIELD
from local.nodes.base import tail
from local.programs import Program

_SUPERVISORD = """\
[unix_http_server]
file={socket}
chmod=0700

[supervisord]
logfile={home}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={home}/supervisord.pid
childlogdir={logs}
minfds=256
identifier=trendscope

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

_PROGRAM = """
[program:{name}]
command={command}
directory={root}
priority={order}
autorestart=unexpected
exitcodes=0,{configuration}
startsecs=0
stopwaitsecs={stop_seconds}
stopasgroup={stop_group}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""

_SOCKET_PATH_LIMIT = 100
"""A unix socket's path has 104 bytes on macOS, 108 on Linux."""
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One program as the supervisor sees it."""

    name: str
    state: str
    """RUNNING, EXITED, STOPPED, STARTING, STOPPING, BACKOFF or FATAL."""
    pid: int | None
    since: datetime | None
    """When it entered the state."""
    exit_code: int

    @property
    def is_misconfigured(self) -> bool:
        """It gave up because a setting is wrong."""
        return self.state == "EXITED" and self.exit_code == EXIT_CONFIGURATION


class Supervisor:
    """The supervisord of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is started or read yet."""
        self.home = data_dir.resolve() / "supervisor"
        self.logs = data_dir.resolve() / "logs"

    @property
    def _config(self) -> Path:
        return self.home / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """Its RPC socket; under the temporary folder when the data folder's path is too long for one."""
        path = self.home / "rpc.sock"
        if len(str(path)) <= _SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"trendscope-{os.getuid()}-{digest}.sock"

    def log_file(self, name: str) -> Path:
        """A program's log."""
        return self.logs / f"{name}.log"

    def log_tail(self, name: str, lines: int) -> str:
        """The last lines of a program's log; empty when there is none."""
        return tail(self.log_file(name), lines)

    def configure(self, programs: Sequence[Program]) -> None:
        """Write the configuration."""
        for folder in (self.home, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        header = _SUPERVISORD.format(socket=self.socket, home=self.home, logs=self.logs)
        text = header + "".join(self._section(program) for program in programs)
        self._config.write_text(text)

    def _section(self, program: Program) -> str:
        launcher = [sys.executable, "-m", "local.launch", *([YIELD] if program.yields else [])]
        starts = str(self.home / f"{program.name}.starts")
        command = shlex.join([*launcher, starts, *program.command]).replace("%", "%%")  # supervisor expands %(...)s
        return _PROGRAM.format(
            name=program.name,
            command=command,
            root=ROOT,
            order=program.order,
            configuration=EXIT_CONFIGURATION,
            stop_seconds=program.stop_seconds,
            stop_group=str(program.stop_group).lower(),
            log=self.log_file(program.name),
        )

    def start(self, environment: Mapping[str, str], deadline: float = 30) -> None:
        """Start supervisord in the background; it starts every program.

        Raises:
            NodeError: it did not come up before the deadline.
        """
        for stale in self.home.glob("*.starts"):
            stale.unlink()
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)]
        done = subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)
        end = time.monotonic() + deadline
        while not self.is_running():
            if done.returncode or time.monotonic() > end:
                log = tail(self.home / "supervisord.log")
                raise NodeError(f"supervisord did not start: {done.stdout}{done.stderr}\n{log}")
            time.sleep(_POLL_SECONDS)

    def is_running(self) -> bool:
        """Whether supervisord answers."""
        return self._call("supervisor.getState") is not None

    def states(self) -> list[ProcessState]:
        """Every program's state; empty when supervisord does not answer."""
        return [_state(info) for info in self._call("supervisor.getAllProcessInfo") or []]

    def start_program(self, name: str) -> None:
        """Start a program that is stopped or has exited; nothing when it runs."""
        self._call("supervisor.startProcess", name, False)

    def stop_program(self, name: str) -> None:
        """Stop a program and wait until it is gone; nothing when it does not run."""
        self._call("supervisor.stopProcess", name)

    def shut_down(self, deadline: float = 300) -> None:
        """Stop every program by descending order, then supervisord itself; returns when all are gone.

        Raises:
            NodeError: they were not gone before the deadline.
        """
        pid = self._call("supervisor.getPID")
        if pid is None:
            return
        self._call("supervisor.shutdown")
        if not wait_gone(pid, deadline):
            raise NodeError(f"supervisord (pid {pid}) still runs {deadline:.0f} s after it was told to stop")

    def _call(self, method: str, *arguments: Any) -> Any:
        """One RPC; None when supervisord is not there or refuses (a fault says the program is already so)."""
        proxy = xmlrpc.client.ServerProxy(
            "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{self.socket}")
        )
        with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error), proxy as connection:
            return getattr(connection, method)(*arguments)
        return None


def wait_gone(pid: int, deadline: float) -> bool:
    """Wait until a process has ended; False when `deadline` seconds passed first.

    A zombie has ended: nobody may be there to reap an orphan, in a container without an init process for example.
    """
    end = time.monotonic() + deadline
    while True:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)


def _state(info: Mapping[str, Any]) -> ProcessState:
    state = str(info["statename"])
    began = info["start"] if state in {"RUNNING", "STARTING"} else info["stop"]
    return ProcessState(
        name=str(info["name"]),
        state=state,
        pid=int(info["pid"]) or None,
        since=datetime.fromtimestamp(int(began), UTC) if began else None,
        exit_code=int(info["exitstatus"]),
    )
