"""Jars are what the lock file says, or they are refused."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from local.errors import SetupError
from local.jars import install, ivy
from local.jars.install import accept, as_dependencies, install_jars, missing_jars
from local.jars.ivy import Dependency
from local.jars.lock import LOCK_FILE, SERVERS, Jar, is_intact, read_lock, sha256_of, write_lock
from local.lock_jars import ROOTS, found_jars, without_those_of_spark


def jar(content: bytes = b"content", server: str = "kafka", module: str = "m", classifier: str = "") -> Jar:
    return Jar(server, "org", module, "1.0", classifier, hashlib.sha256(content).hexdigest())


def put(folder: Path, known: Jar, content: bytes = b"content") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / known.file_name
    path.write_bytes(content)
    return path


class TestLock:
    def test_it_comes_back_as_it_was_written(self, tmp_path: Path) -> None:
        jars = sorted([jar(module="b"), jar(module="a", classifier="native"), jar(server="spark")])
        write_lock(jars, tmp_path / "lock")
        assert read_lock(tmp_path / "lock") == jars

    def test_a_file_is_named_as_in_the_registry(self) -> None:
        assert jar().file_name == "m-1.0.jar"
        assert jar(classifier="linux-x86_64").file_name == "m-1.0-linux-x86_64.jar"

    @pytest.mark.parametrize("line", ["kafka org m 1.0 -", f"redis org m 1.0 - {'0' * 64}", "kafka org m 1.0 - 0123"])
    def test_a_damaged_line_is_shown(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "lock").write_text(f"# head\n{line}\n")
        with pytest.raises(SetupError, match="damaged"):
            read_lock(tmp_path / "lock")

    def test_a_missing_file_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(SetupError, match="restore it"):
            read_lock(tmp_path / "lock")

    def test_the_committed_one_has_every_root_and_no_file_twice(self) -> None:
        jars = read_lock(LOCK_FILE)
        coordinates = {(each.server, each.organisation, each.module, each.revision) for each in jars}
        for server in SERVERS:
            for root in ROOTS[server]:
                assert (server, root.organisation, root.module, root.revision) in coordinates
        names = [(each.server, each.file_name) for each in jars]
        assert len(names) == len(set(names))

    def test_no_jar_of_the_committed_one_meets_another_version_of_sparks(self) -> None:
        spark = [each for each in read_lock(LOCK_FILE) if each.server == "spark"]
        assert without_those_of_spark(spark) == spark
        assert {each.module for each in spark} >= {"kafka-clients", "spark-sql-kafka-0-10_2.13"}

    def test_jars_are_found_with_their_coordinates(self, tmp_path: Path) -> None:
        main, native = jar(), jar(b"n", classifier="native")
        for relative, content in (("org/m/1.0/m.jar", b"content"), ("org/m/1.0/native/m.jar", b"n")):
            (tmp_path / relative).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / relative).write_bytes(content)
        assert found_jars("kafka", tmp_path) == [main, native]


class TestDependencies:
    def test_artifacts_of_one_module_are_asked_for_together(self) -> None:
        asked = as_dependencies([jar(), jar(classifier="native"), jar(module="other")])
        assert asked == [Dependency("org", "m", "1.0", ("", "native")), Dependency("org", "other", "1.0", ("",))]

    def test_named_artifacts_alone_are_fetched(self) -> None:
        xml = Dependency("o", "m", "1", ("", "native")).to_xml()
        assert 'transitive="false"' in xml
        assert xml.count("<artifact") == 2
        assert 'm:classifier="native"' in xml

    def test_a_root_brings_all_it_needs(self) -> None:
        assert "transitive" not in Dependency("o", "m", "1").to_xml()


class TestAccepting:
    def test_verified_jars_are_moved(self, tmp_path: Path) -> None:
        put(tmp_path / "work" / "arrived", jar())
        accept([jar()], tmp_path / "work" / "arrived", tmp_path / "kafka", tmp_path / "work")
        assert is_intact(jar(), tmp_path / "kafka")

    def test_other_content_is_refused_and_deleted_and_nothing_is_moved(self, tmp_path: Path) -> None:
        good, bad = jar(module="good"), jar(module="bad")
        put(tmp_path / "work" / "arrived", good)
        put(tmp_path / "work" / "arrived", bad, b"tampered")
        with pytest.raises(SetupError, match=r"refused: bad-1\.0\.jar(.|\n)*run the command again"):
            accept([good, bad], tmp_path / "work" / "arrived", tmp_path / "kafka", tmp_path / "work")
        assert not (tmp_path / "kafka").exists()
        assert not (tmp_path / "work").exists()

    def test_a_cut_off_jar_is_missing(self, tmp_path: Path) -> None:
        put(tmp_path, jar(), b"cont")
        assert missing_jars([jar()], tmp_path) == [jar()]
        assert sha256_of(tmp_path / jar().file_name) != jar().sha256


class TestInstalling:
    @pytest.fixture
    def fetched(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Names of what a registry with every jar's right content was asked for."""
        asked: list[str] = []

        def retrieve(
            name: str, dependencies: list[Dependency], *, target: Path, on_line: Callable[[str], None], **_: object
        ) -> None:
            target.mkdir(parents=True, exist_ok=True)
            for each in dependencies:
                asked.append(f"{name}:{each.module}")
                (target / f"{each.module}-{each.revision}.jar").write_bytes(b"content")
                on_line(f"\t[SUCCESSFUL ] {each.module}")

        monkeypatch.setattr(install, "retrieve", retrieve)
        return asked

    @pytest.fixture
    def lock(self, tmp_path: Path) -> Path:
        write_lock(
            [jar(server=server, module=module) for server in SERVERS for module in ("a", "b")], tmp_path / "lock"
        )
        return tmp_path / "lock"

    def test_only_what_is_missing_is_fetched(self, tmp_path: Path, lock: Path, fetched: list[str]) -> None:
        put(tmp_path / "rt" / "kafka", jar(module="a"))
        seen: list[tuple[str, int, int]] = []
        assert install_jars(lambda *step: seen.append(step), lock=lock, runtime=tmp_path / "rt") == 5
        assert sorted(fetched) == ["cassandra:a", "cassandra:b", "kafka:b", "spark:a", "spark:b"]
        assert ("cassandra", 2, 2) in seen
        assert ("kafka", 1, 1) in seen

    def test_a_second_call_fetches_nothing(self, tmp_path: Path, lock: Path, fetched: list[str]) -> None:
        install_jars(lock=lock, runtime=tmp_path / "rt")
        fetched.clear()
        assert install_jars(lock=lock, runtime=tmp_path / "rt") == 0
        assert fetched == []
        assert sorted(path.name for path in (tmp_path / "rt").iterdir()) == sorted(SERVERS)

    def test_a_jar_of_an_older_lock_is_removed(self, tmp_path: Path, lock: Path, fetched: list[str]) -> None:
        old = put(tmp_path / "rt" / "kafka", jar(module="old"))
        install_jars(lock=lock, runtime=tmp_path / "rt")
        assert not old.exists()
        assert fetched


class TestIvy:
    @pytest.fixture
    def script(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Stands in for Java; the test writes what it does."""
        path = tmp_path / "java"
        path.touch(mode=0o755)
        monkeypatch.setattr(ivy, "java", lambda: str(path))
        return path

    def call(self, tmp_path: Path, lines: list[str]) -> None:
        ivy.retrieve(
            "kafka",
            [Dependency("o", "m", "1", ("",))],
            work=tmp_path / "work",
            target=tmp_path / "target",
            pattern=ivy.FILE_PATTERN,
            transitive=False,
            on_line=lines.append,
        )

    def test_every_line_is_passed_on(self, tmp_path: Path, script: Path) -> None:
        script.write_text("#!/bin/sh\necho one\necho two\n")
        lines: list[str] = []
        self.call(tmp_path, lines)
        assert lines == ["one\n", "two\n"]
        assert 'usepoms="false"' in (tmp_path / "work" / "settings.xml").read_text()

    def test_a_failure_says_why_and_what_to_do(self, tmp_path: Path, script: Path) -> None:
        script.write_text("#!/bin/sh\necho '  :: UNRESOLVED DEPENDENCY: o#m;1: not found'\nexit 1\n")
        with pytest.raises(SetupError, match=r"UNRESOLVED DEPENDENCY: o#m;1(.|\n)*goes on where it stopped"):
            self.call(tmp_path, [])

    def test_ivy_comes_with_pyspark(self) -> None:
        assert ivy.ivy_jar().is_file()
