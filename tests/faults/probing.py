"""A visitor who asks the API all the time, also while the platform is shot at, and notes what it claims."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import requests

from common.clock import system_clock, to_millis
from tests.faults.evidence import Answer

_PATH = "/api/v1/trending"
_EVERY_SECONDS = 0.5
_PATIENCE_SECONDS = 5.0


class Prober:
    """Asks for the ranking of the newest closed window; silence and errors are no claims."""

    def __init__(self, url: str) -> None:
        """Nothing is asked before the block is entered."""
        self._url = url + _PATH
        self._stop = threading.Event()
        self._silent = threading.Lock()
        self._thread = threading.Thread(target=self._follow, name="prober", daemon=True)
        self.answers: list[Answer] = []

    def __enter__(self) -> "Prober":
        """Ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing is asked within the block."""
        with self._silent:
            yield

    def ask(self) -> None:
        """Once."""
        with suppress(requests.RequestException, ValueError, KeyError, TypeError):
            answer = requests.get(self._url, params={"limit": 1}, timeout=_PATIENCE_SECONDS)
            answer.raise_for_status()
            source = answer.json()["source"]
            if source["as_of"] is not None:
                as_of = to_millis(datetime.fromisoformat(source["as_of"]))
                self.answers.append(Answer(_PATH, to_millis(system_clock()), as_of, bool(source["stale"])))

    def _follow(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            with self._silent:
                self.ask()
