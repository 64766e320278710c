"""The schedule: a comparison is a process of its own, its end is counted, and `stop` does not wait for it."""

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from configs.settings import Settings, load_settings
from monitoring import drift_detection
from monitoring.drift import telemetry
from tests.support.ports import free_port
from tests.support.waiting import wait_until


def count(result: str) -> float:
    return float(telemetry.RUNS.labels(result)._value.get())


class Children:
    """Stands in for the comparison: each child runs the next of some programs."""

    def __init__(self, *programs: str) -> None:
        self.programs, self.started, self.seen = list(programs), 0, 0
        self._real = subprocess.Popen

    def __call__(self, command: list[str], **options: object) -> object:
        assert command[1:] == ["-m", "monitoring.drift_detection", "--once"]
        program = self.programs[min(self.started, len(self.programs) - 1)]
        self.started += 1
        return self._real([sys.executable, "-c", program])

    def is_new(self) -> bool:
        """Whether another one was started since it was last asked."""
        known, self.seen = self.seen, self.started
        return self.seen > known


@pytest.mark.parametrize(("code", "result"), [(0, "done"), (3, "too_little_data"), (69, "failed"), (1, "failed")])
def test_how_a_comparison_ended_is_counted(code: int, result: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.drift_detection.subprocess.Popen", Children(f"raise SystemExit({code})"))
    before = count(result)
    assert drift_detection.run_comparison(threading.Event()) == result
    assert count(result) == before + 1


def test_a_comparison_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.drift_detection.subprocess.Popen", Children("import time; time.sleep(60)"))
    monkeypatch.setattr(drift_detection, "_DEADLINE_SECONDS", 0.5)
    before = count("failed")
    assert drift_detection.run_comparison(threading.Event()) == "failed"
    assert count("failed") == before + 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, drift_port=free_port())


def test_the_service_serves_while_it_compares_and_stops_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = Children("import time; time.sleep(60)")
    monkeypatch.setattr("monitoring.drift_detection.subprocess.Popen", children)
    stop = threading.Event()
    running = threading.Thread(target=drift_detection.service, args=(settings, stop))
    running.start()
    wait_until(lambda: children.started, what="the first comparison")
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.drift_port}/", timeout=5) as answer:
        assert b"No comparison yet" in answer.read()
        assert answer.headers["Content-Type"].startswith("text/html")
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.drift_port}/metrics", timeout=5) as answer:
        assert b"trendscope_drift_runs_total" in answer.read()
    began = time.monotonic()
    stop.set()
    running.join(10)
    assert not running.is_alive()
    assert time.monotonic() - began < 5


def test_a_failed_comparison_is_tried_again_soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    children = Children("raise SystemExit(3)")
    monkeypatch.setattr("monitoring.drift_detection.subprocess.Popen", children)
    monkeypatch.setattr(drift_detection, "_RETRY", settings.drift_interval / 36_000)
    stop = threading.Event()
    running = threading.Thread(target=drift_detection.service, args=(settings, stop))
    running.start()
    wait_until(lambda: children.started >= 3, what="two more tries")
    stop.set()
    running.join(10)
    assert not running.is_alive()


def readiness(settings: Settings) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.drift_port}/readyz", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_is_ready_unless_the_last_comparison_failed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little data is no failure. Each comparison waits until the test lets it end."""
    held = "import pathlib, time\nwhile not pathlib.Path({!r}).exists(): time.sleep(0.01)\nraise SystemExit({})"
    gates = [tmp_path / name for name in ("first", "second", "third")]
    programs = [held.format(str(gate), code) for gate, code in zip(gates, (3, 1, 3), strict=True)]
    children = Children(*programs, "import time; time.sleep(60)")
    monkeypatch.setattr("monitoring.drift_detection.subprocess.Popen", children)
    monkeypatch.setattr(drift_detection, "_RETRY", settings.drift_interval / 36_000)
    stop = threading.Event()
    running = threading.Thread(target=drift_detection.service, args=(settings, stop))
    running.start()
    expected = [(200, "ok"), (200, "ok"), (503, "the last comparison failed: the log says why"), (200, "ok")]
    for answer, gate in zip(expected, [*gates, None], strict=True):
        wait_until(children.is_new, what="the next comparison")
        assert readiness(settings) == answer
        if gate:
            gate.touch()
    stop.set()
    running.join(10)
    assert not running.is_alive()
