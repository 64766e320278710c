"""MLflow's server: its port answers before it has loaded, and a taken port is said in one sentence."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from configs.settings import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until


def connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_its_port_answers_before_mlflow_is_loaded(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "monitoring.mlflow_server", "--port", str(port), "--folder", str(tmp_path / "f")]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        wait_until(lambda: connects(port), 60, what="the port", poll=0.05)
        assert not (tmp_path / "f" / "mlflow.db").exists()  # the database comes after seconds of imports
    finally:
        child.kill()
        child.wait(30)


def test_a_taken_port_ends_it_with_the_setting_to_change(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "monitoring.mlflow_server", "--port", str(port), "--folder", str(tmp_path)]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 78
    assert "set MLFLOW_PORT to another" in done.stderr
    assert time.monotonic() - began < 60
    assert list(tmp_path.iterdir()) == []
