"""A serving process of a test's own: `python -m serving` on a free port, over the tests' Cassandra."""

import os
import subprocess
import sys
from pathlib import Path

import requests

from configs.settings import ROOT, Settings
from local.environment import to_environment
from tests.support.waiting import wait_until

_START_SECONDS = 60.0


class Served:
    """Starts, kills and starts again; always on the same port."""

    def __init__(self, settings: Settings, log: Path, key: str | None = None) -> None:
        """`key` is the API's, for a process that asks for one."""
        self.settings, self._log = settings, log
        self._headers = {"X-API-Key": key} if key else {}
        self.url = f"http://127.0.0.1:{settings.serving_port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it until it shows a ranking with momentum and forecasts."""
        environment = {**os.environ, **to_environment(self.settings)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "serving"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        wait_until(self._is_whole, _START_SECONDS, what=f"the ranking of {self.url} (log: {self._log})", poll=0.2)

    def ensure(self) -> None:
        """Start it when a test before has stopped it and failed."""
        if self._process is None:
            self.start()

    def stop(self) -> None:
        """Kill it, as a machine that loses power does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def get(self, path: str) -> dict[str, object]:
        """An answer of the API."""
        answer = requests.get(self.url + path, headers=self._headers, timeout=10)
        answer.raise_for_status()
        body: dict[str, object] = answer.json()
        return body

    def _is_whole(self) -> bool:
        try:
            films = self.get("/api/v1/trending?limit=1")["films"]
        except requests.RequestException:
            return False
        return bool(films) and isinstance(films, list) and bool(films[0]["momentum"]) and bool(films[0]["forecast"])
