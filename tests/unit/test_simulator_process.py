"""The process: options, a clean stop, and exit codes that tell the supervisor what helps."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from common.listening import bind
from common.service import EXIT_CONFIGURATION
from contracts.errors import ConfigurationError
from simulator.options import Options, parse
from tests.unit.simulator_support import eventually

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", str(port), *arguments],
        cwd=ROOT,
        env={**os.environ, "BIND_ADDRESS": "127.0.0.1"},
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).ok
    except requests.ConnectionError:
        return False


def test_it_serves_until_terminated_and_ends_with_0() -> None:
    port = free_port()
    process = start(port=port)
    try:
        eventually(lambda: answers(port), 60)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert '"event": "serving"' in log
    assert '"event": "stopped"' in log


def test_a_taken_port_is_a_configuration_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(port=port)
        _, log = process.communicate(timeout=60)
        assert process.returncode == EXIT_CONFIGURATION
        assert f"port {port} on 127.0.0.1 is taken" in log
        with pytest.raises(ConfigurationError, match="SIMULATOR_PORT"):
            bind("127.0.0.1", port, "SIMULATOR_PORT")


def test_a_missing_recording_is_a_configuration_error() -> None:
    process = start("--replay", "/nowhere/comments.jsonl.gz", port=free_port())
    _, log = process.communicate(timeout=60)
    assert process.returncode == EXIT_CONFIGURATION
    assert "/nowhere/comments.jsonl.gz" in log


def test_a_replay_has_no_rate_limit_unless_asked_for() -> None:
    assert parse([]) == Options()
    assert parse(["--replay", "f.jsonl", "--speed", "0"]).reddit_requests == 0
    assert parse(["--replay", "f.jsonl", "--reddit-requests", "600"]).reddit_requests == 600


@pytest.mark.parametrize("wrong", [["--speed", "-1"], ["--rate", "0"], ["--limit", "0"], ["--hours", "nan"], ["--x"]])
def test_wrong_options_are_told(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(wrong)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
