"""What is missing on a machine is said in a sentence that helps."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from configs.settings import ROOT
from local.checks import check_disk, check_java, check_ports, check_python, is_free, memory_warning, port_owner
from local.errors import SetupError
from local.ports import free_port, free_ports
from local.programs import Program
from local.runtime import classpath, jars, java, java_version, runtime_dir


def fake_java(folder: Path, version: str) -> Path:
    """A launcher that says the version, as Java does: on standard error."""
    launcher = folder / "bin" / "java"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    launcher.chmod(0o755)
    return launcher


def program(*ports: tuple[str, int]) -> Program:
    return Program("kafka", ("true",), order=1, ports=ports)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port this process listens on."""
    with socket.create_server(("127.0.0.1", free_port())) as server:
        yield server.getsockname()[1]


class TestJava:
    @pytest.mark.parametrize(("said", "major"), [("17.0.15", 17), ("1.8.0_402", 8), ("21", 21), ("24-ea", 24)])
    def test_versions_are_read(self, tmp_path: Path, said: str, major: int) -> None:
        assert java_version(str(fake_java(tmp_path, said))) == major

    def test_java_home_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        launcher = fake_java(tmp_path, "17.0.1")
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        assert java() == str(launcher)
        assert check_java() == 17

    @pytest.mark.parametrize("said", ["11.0.2", "1.8.0_402", "25"])
    def test_one_that_is_too_old_or_too_new_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
    ) -> None:
        fake_java(tmp_path, said)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        with pytest.raises(SetupError, match=r"17 to 21 is needed .*openjdk-17-jre-headless"):
            check_java()

    def test_none_is_said_with_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(SetupError, match="no Java on the PATH: install Java 17"):
            java()

    def test_a_java_home_without_java_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        with pytest.raises(SetupError, match=f"no Java in JAVA_HOME={tmp_path}"):
            java()

    def test_a_launcher_that_fails_or_says_nothing_is_named(self, tmp_path: Path) -> None:
        silent = tmp_path / "java"
        silent.write_text("#!/bin/sh\n")
        silent.chmod(0o755)
        with pytest.raises(SetupError, match="nothing that looks like a version"):
            java_version(str(silent))
        silent.write_text("#!/bin/sh\nexit 1\n")
        with pytest.raises(SetupError, match="does not run"):
            java_version(str(silent))


class TestJarFolders:
    def test_the_environment_moves_them(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRENDSCOPE_RUNTIME", str(tmp_path))
        (tmp_path / "kafka").mkdir()
        (tmp_path / "kafka" / "b.jar").touch()
        (tmp_path / "kafka" / "a.jar").touch()
        assert [path.name for path in jars("kafka")] == ["a.jar", "b.jar"]
        assert classpath("kafka") == str(tmp_path / "kafka" / "*")

    def test_missing_ones_are_said_with_what_to_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRENDSCOPE_RUNTIME", str(tmp_path))
        with pytest.raises(SetupError, match=r"no jars in .*kafka: run `\./setup\.sh`"):
            jars("kafka")

    def test_without_the_variable_they_are_in_the_project(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TRENDSCOPE_RUNTIME", raising=False)
        assert runtime_dir() == ROOT / ".runtime"


class TestPorts:
    def test_free_ones_pass(self) -> None:
        one, two = free_ports(2)
        check_ports([program(("KAFKA_PORT", one), ("KAFKA_CONTROLLER_PORT", two))])

    def test_a_taken_one_is_told_with_its_owner_and_the_setting(self, taken: int) -> None:
        assert not is_free(taken)
        with pytest.raises(SetupError) as caught:
            check_ports([program(("KAFKA_PORT", taken))])
        text = str(caught.value)
        assert f"port {taken} (kafka) is taken by" in text
        assert f"pid {os.getpid()}" in text
        assert "set KAFKA_PORT in .env to a free port" in text

    def test_every_problem_is_told_at_once(self, taken: int) -> None:
        port = free_port()
        with pytest.raises(SetupError) as caught:
            check_ports([program(("KAFKA_PORT", taken)), program(("A_PORT", port), ("B_PORT", port))])
        assert f"B_PORT and A_PORT are both {port}" in str(caught.value)
        assert f"port {taken}" in str(caught.value)

    def test_an_owner_may_be_one_that_cannot_be_seen(self, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
        unseen = "a process that this user cannot see"
        assert port_owner(free_port()) == unseen

        def refused(kind: str) -> NoReturn:
            raise psutil.AccessDenied

        monkeypatch.setattr(psutil, "net_connections", refused)  # as on macOS
        with pytest.raises(SetupError, match=f"port {taken} .* is taken by {unseen}: stop that, or set KAFKA_PORT"):
            check_ports([program(("KAFKA_PORT", taken))])

    def test_picked_ports_differ_and_are_no_ports_of_outgoing_connections(self) -> None:
        found = free_ports(50)
        assert len(set(found)) == 50
        assert max(found) < 32_768


class TestDiskAndMemory:
    def test_a_full_disk_is_told_with_the_place(self, tmp_path: Path) -> None:
        with pytest.raises(SetupError, match=r"GB free at .*set DATA_DIR to another disk"):
            check_disk(tmp_path / "not" / "there" / "yet", needed=2**60)

    def test_enough_passes(self, tmp_path: Path) -> None:
        check_disk(tmp_path / "data", needed=1)

    def test_little_memory_is_a_warning(self) -> None:
        assert memory_warning(available=2 * 1024**3, needed=4 * 1024**3) is not None
        assert memory_warning(available=4 * 1024**3, needed=4 * 1024**3) is None


@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_another_python_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(SetupError, match=rf"Python 3\.{version[1]} runs this"):
        check_python(version)
    check_python((3, 11))
    check_python()
