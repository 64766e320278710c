"""The platform as one object: set up, start, wait until it shows something, stop, delete its data.

The command line, the end-to-end test and the benchmarks all use it, each with settings of its own.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from common import kafka_security
from configs.settings import Settings
from local.checks import check_disk, check_java, check_ports
from local.environment import PLATFORM_MARK, local_settings, service_environment, serving_host
from local.errors import SetupError
from local.jars.install import Progress, install_jars
from local.programs import Program, programs, prometheus_binary
from local.readiness import Readiness
from local.supervision import ProcessState, Supervisor, wait_gone
from monitoring.prometheus_config import render

Say = Callable[[str], None]

READY_SECONDS = 360.0
"""What a user is promised for a cold start."""
_STRAY_SECONDS = 30.0


class Platform:
    """All processes of one data folder. A second platform needs a DATA_DIR and ports of its own."""

    def __init__(
        self,
        settings: Settings,
        *,
        extra_env: Mapping[str, str] | None = None,
        simulator_args: Sequence[str] | None = None,
        without: Sequence[str] = (),
    ) -> None:
        """Nothing is started yet.

        Args:
            settings: where and how; APIs without keys are simulated.
            extra_env: more environment for the services.
            simulator_args: the simulator's command line.
            without: names of programs to leave out.
        """
        self._given = settings
        self.settings = local_settings(settings)
        kafka_security.use(self.settings)
        self.simulated = [
            name
            for name, key in (("TMDB", settings.tmdb_api_key), ("Reddit", settings.reddit_client_id))
            if key is None
        ]
        self.supervisor = Supervisor(self.settings.data_dir)
        self._extra = dict(extra_env or {})
        found = programs(
            self.settings,
            simulator=bool(self.simulated),
            simulator_args=simulator_args or (),
            prometheus=prometheus_binary(),
        )
        self.programs: list[Program] = [program for program in found if program.name not in without]

    @property
    def data_dir(self) -> Path:
        """The folder of everything it keeps."""
        return self.settings.data_dir.resolve()

    def check(self) -> None:
        """Look at the machine before a start; the ports that this platform has itself are as good as free.

        Raises:
            SetupError: Java, disk or ports are not as needed.
        """
        check_java()
        check_disk(self.data_dir)
        check_ports(self.programs, held=self._held_ports())

    def up(self, *, say: Say = lambda _: None, progress: Progress = lambda *_: None) -> None:
        """Start everything, or what is missing when it runs already. Returns once the supervisor runs.

        A platform that runs with another configuration is stopped first, and started with the present one; it goes on
        running when the machine lacks something that the present one needs.

        Raises:
            SetupError: the machine lacks something.
            NodeError: the supervisor did not start.
        """
        fingerprint = self._fingerprint()
        running = self.supervisor.is_running()
        if running and self._fingerprint_file.is_file() and self._fingerprint_file.read_text() == fingerprint:
            say("already running; starting what has stopped")
            install_jars(progress)
            self._start_missing()
            return
        self.check()  # before anything is stopped: what cannot start leaves running what runs
        install_jars(progress)
        if running:
            say("the configuration has changed: stopping first")
        self.stop(say=say)
        self._prepare()
        self.supervisor.start(service_environment(self.settings, os.environ, self._extra))
        self._fingerprint_file.write_text(fingerprint)

    def wait_ready(self, *, deadline: float = READY_SECONDS, say: Say = lambda _: None) -> None:
        """Wait until films with TrendScores and forecasts are in Cassandra; `say` gets each step's name once.

        Raises:
            SetupError: a service stopped because of a wrong setting.
            NodeError: the deadline passed; the text says which step was not reached.
        """
        Readiness(self.settings, self.supervisor, self.programs).wait(deadline, say)

    def stop(self, *, say: Say = lambda _: None) -> None:
        """Stop everything, sources first and stores last, and wait until all is gone; data stays.

        Raises:
            NodeError: the supervisor does not stop.
        """
        if self.supervisor.is_running():
            say("stopping: sources, then processing, then the stores")
            self.supervisor.shut_down()
        self._end_strays()

    def reset(self) -> None:
        """Stop, and delete everything in the data folder.

        Raises:
            SetupError: the data folder is not one of a platform.
        """
        self.stop()
        if not self.data_dir.exists():
            return
        if any(self.data_dir.iterdir()) and not self.supervisor.home.is_dir():
            raise SetupError(f"{self.data_dir} does not look like a data folder of TrendScope: delete it by hand")
        for path in self.data_dir.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def states(self) -> list[ProcessState]:
        """Every program's state; empty when the platform does not run."""
        return self.supervisor.states()

    def is_running(self) -> bool:
        """Whether its supervisor runs."""
        return self.supervisor.is_running()

    @property
    def _fingerprint_file(self) -> Path:
        return self.supervisor.home / "fingerprint"

    def _fingerprint(self) -> str:
        """A digest of all that the processes were started with; the inherited environment does not count."""
        environment = service_environment(self.settings, {}, self._extra)
        commands = [(program.name, program.command) for program in self.programs]
        return hashlib.sha256(json.dumps([environment, commands], sort_keys=True).encode()).hexdigest()

    def _prepare(self) -> None:
        self.supervisor.configure(self.programs)
        (self.data_dir / "mlflow").mkdir(exist_ok=True)
        if any(program.name == "prometheus" for program in self.programs):
            (self.data_dir / "prometheus").mkdir(exist_ok=True)
            (self.data_dir / "prometheus" / "prometheus.yml").write_text(render(self._given, serving_host(self._given)))

    def _start_missing(self) -> None:
        for state in self.states():
            if state.state in {"STOPPED", "EXITED", "FATAL"}:
                self.supervisor.start_program(state.name)

    def _end_strays(self) -> None:
        """End processes of this platform that outlived its supervisor (it was killed, say)."""
        strays = self._own_processes()
        for process in strays:
            process.terminate()
        for process in strays:
            if not wait_gone(process.pid, _STRAY_SECONDS):
                process.kill()

    def _held_ports(self) -> set[int]:
        """The ports that this platform's own processes listen on."""
        held: set[int] = set()
        for process in self._own_processes():
            with contextlib.suppress(psutil.Error):  # it went away in between
                connections = process.net_connections(kind="tcp")
                held |= {each.laddr.port for each in connections if each.status == psutil.CONN_LISTEN}
        return held

    def _own_processes(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            marked = process.environ().get(PLATFORM_MARK) == str(self.data_dir)
            return marked and process.pid != os.getpid()
        except (psutil.Error, OSError):
            return False
