"""The scan for secrets and the look at the lock files."""

import json
from pathlib import Path

import pytest

from configs.settings import ROOT
from local import audit

_KEY = "a3f1" + "c9d0e47b" + "5a6f2b8e" + "d0c1b2a3f4e5"  # made up, and in no file as a whole


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the project's place, with one file that has a key in it."""
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "BASELINE", tmp_path / ".secrets.baseline")
    monkeypatch.setattr(audit, "committed_files", lambda: ["client.py"])
    (tmp_path / "client.py").write_text(f'api_key = "{_KEY}"\n')
    return tmp_path


def test_a_key_in_a_file_is_found_and_not_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["secrets"]) == 1
    told = capsys.readouterr().out
    assert "client.py, line 1" in told
    assert _KEY not in told


def test_what_was_looked_at_is_accepted_wherever_it_moves(project: Path) -> None:
    assert audit.main(["secrets", "--accept"]) == 0
    (project / "client.py").write_text(f'\n\n# moved\napi_key = "{_KEY}"\n')
    assert audit.main(["secrets"]) == 0
    assert _KEY not in (project / ".secrets.baseline").read_text()
    (project / "client.py").write_text(f'api_key = "{_KEY[::-1]}"\n')
    assert audit.main(["secrets"]) == 1


def test_a_variables_name_is_no_secret_and_a_password_is(project: Path) -> None:
    (project / "client.py").write_text('password = "KAFKA_PASSWORD"\n')
    assert audit.main(["secrets"]) == 0
    (project / "client.py").write_text('password = "correct-horse"\n')
    assert audit.main(["secrets"]) == 1


def test_the_files_of_the_repository_are_read_but_for_digests() -> None:
    names = audit.committed_files()
    assert "configs/settings.py" in names
    assert ".env.example" in names
    assert not any(name.endswith((".lock", ".gz", ".secrets.baseline")) for name in names)


def test_our_lock_files_pin_every_package() -> None:
    for name in audit.LOCKS:
        assert audit.unpinned((ROOT / name).read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "requests>=2.0 \\\n    --hash=sha256:aa",
        "requests==2.0",
        "requests==2.0 \\\n    # via praw",
        "git+https://example.org/x.git \\\n    --hash=sha256:aa",
    ],
)
def test_a_package_without_version_or_hash_is_told(line: str) -> None:
    assert audit.unpinned(f"# made by a tool\nattrs==1.0 \\\n    --hash=sha256:bb\n{line}\n") == [
        line.partition("\n")[0]
    ]


def test_known_holes_are_told_and_unknown_packages_counted() -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}
    report = {
        "dependencies": [
            {"name": "requests", "version": "2.0", "vulns": [hole]},
            {"name": "attrs", "version": "1.0", "vulns": []},
            {"name": "odd", "skip_reason": "not found"},
        ]
    }
    assert audit.vulnerabilities(json.dumps(report)) == (["requests 2.0: PYSEC-2026-1, fixed in 2.1"], 1)


def test_wrong_usage() -> None:
    assert audit.main(["everything"]) == 2
