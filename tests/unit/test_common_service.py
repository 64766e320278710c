"""A service's frame, in a process of its own: exit codes, signals, logs."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from configs.settings import ROOT
from tests.support.waiting import wait_until

PROGRAM = """
import sys
from common.service import run_service
from configs.logging import get_logger
from contracts.errors import ConfigurationError, DependencyError, TrendScopeError

def main(settings, stop):
    {body}

run_service("probe", main)
"""


def start(body: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(body: str, **environment: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the log's events and its text."""
    process = start(body, **environment)
    out, err = process.communicate(timeout=60)
    assert out == "", "logs go to standard error"
    events = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    return process.returncode, events, err


def test_a_service_that_returns_exits_0() -> None:
    code, events, _ = run("pass")
    assert code == 0
    assert [event["event"] for event in events] == ["starting", "stopped"]
    assert {event["service"] for event in events} == {"probe"}


@pytest.mark.parametrize(
    ("body", "code", "event"),
    [
        ("raise ConfigurationError('KAFKA_PORT: wrong')", 78, "configuration_error"),
        ("raise DependencyError('no Kafka')", 69, "dependency_error"),
    ],
)
def test_an_error_with_a_meaning_is_one_line_and_a_code(body: str, code: int, event: str) -> None:
    exit_code, events, text = run(body)
    assert exit_code == code
    assert events[-1]["event"] == event
    assert events[-1]["error"] in {"KAFKA_PORT: wrong", "no Kafka"}
    assert "Traceback" not in text


def test_a_wrong_setting_is_a_configuration_error() -> None:
    code, events, _ = run("pass", KAFKA_PORT="0")
    assert code == 78
    assert "KAFKA_PORT" in events[-1]["error"]


def test_a_defect_is_no_clean_exit() -> None:
    code, _, text = run("raise ValueError('a defect')")
    assert code == 1
    assert "a defect" in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_service_finish_its_work(number: signal.Signals) -> None:
    process = start(
        "get_logger('p').info('ready'); stop.wait(50); get_logger('p').info('drained', by_signal=stop.is_set())"
    )
    assert process.stderr is not None
    lines: list[str] = []
    wait_until(lambda: lines.append(process.stderr.readline()) or "ready" in lines[-1], what="the log line 'ready'")  # type: ignore[func-returns-value, union-attr]
    process.send_signal(number)
    _, rest = process.communicate(timeout=30)
    assert process.returncode == 0
    events = [json.loads(line) for line in rest.splitlines()]
    assert [event["event"] for event in events] == ["drained", "stopped"]
    assert events[0]["by_signal"] is True


def test_a_signal_that_another_thread_got_ends_a_wait_without_a_deadline() -> None:
    # The kernel may give a process's signal to any thread; the main one then sleeps on, whatever a handler would do.
    body = """
    import signal, threading, time
    other = threading.Thread(target=time.sleep, args=(50,), daemon=True)
    other.start()
    threading.Timer(1, lambda: signal.pthread_kill(other.ident, signal.SIGTERM)).start()
    stop.wait()
"""
    code, events, _ = run(body)
    assert code == 0
    assert [event["event"] for event in events] == ["starting", "stopped"]


def test_a_secret_never_reaches_the_log() -> None:
    body = (
        "get_logger('p').info('login', client_secret='s3cret-1', TMDB_API_KEY='s3cret-2', access_token='s3cret-3', "
        "Authorization='s3cret-4', user='ann', settings=settings)"
    )
    _, events, text = run(body, TMDB_API_KEY="s3cret-5", REDDIT_CLIENT_ID="id", REDDIT_CLIENT_SECRET="s3cret-6")
    assert "s3cret" not in text
    assert events[1]["user"] == "ann"
    assert events[1]["client_secret"] == "***"


def test_a_librarys_log_has_the_same_form_and_one_line_an_event() -> None:
    body = (
        "import logging; logging.getLogger('lib').warning('two\\nlines \\ud800'); logging.getLogger('lib').debug('no')"
    )
    _, events, text = run(body)
    assert [event["event"] for event in events] == ["starting", "two\nlines \ud800", "stopped"]
    assert events[1] | {"timestamp": ""} == {
        "event": "two\nlines \ud800", "level": "warning", "logger": "lib", "service": "probe", "timestamp": "",
    }  # fmt: skip
    assert len(text.splitlines()) == 3


def test_an_exception_in_a_log_is_part_of_its_line() -> None:
    _, events, _ = run("\n    try: 1 / 0\n    except ZeroDivisionError: get_logger('p').exception('failed')")
    assert "ZeroDivisionError" in events[1]["exception"]


def test_the_level_is_a_setting() -> None:
    body = "get_logger('p').info('quiet'); get_logger('p').error('loud')"
    _, events, _ = run(body, LOG_LEVEL="error")
    assert [event["event"] for event in events] == ["loud"]
