"""setup.ps1 offers on Windows what setup.sh offers elsewhere, for containers; it names only variables that exist."""

import re
import shutil
import subprocess

import pytest

from configs.settings import ROOT

SCRIPT = (ROOT / "setup.ps1").read_text()
SHELL = (ROOT / "setup.sh").read_text()


def commands(text: str, script: str) -> set[str]:
    return set(re.findall(rf"^#   \./{re.escape(script)} \[?([a-z]+)\]?", text, re.MULTILINE)) - {"help"}


def test_it_has_every_command_that_containers_need() -> None:
    here = commands(SCRIPT, "setup.ps1")
    assert here == commands(SHELL, "setup.sh") - {"test"}
    assert set(re.findall(r"^    '([a-z]+)' \{", SCRIPT, re.MULTILINE)) == here


def test_the_variables_it_reads_are_those_of_the_example() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    used = set(re.findall(r"'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'", SCRIPT))
    assert len(used) > 10
    assert used - named == set()


def test_brackets_are_closed() -> None:
    bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*", "", SCRIPT)
    for opening, closing in ("()", "{}", "[]"):
        assert bare.count(opening) == bare.count(closing)


def test_help_is_the_whole_comment_at_the_top_and_nothing_else() -> None:
    (count,) = re.findall(r"-TotalCount (\d+)", SCRIPT)
    lines = SCRIPT.splitlines()
    assert all(line.startswith("#") for line in lines[: int(count)])
    assert not lines[int(count)].startswith("#")


def test_what_a_program_says_of_errors_is_redirected_only_where_that_ends_nothing() -> None:
    """Windows PowerShell 5.1 makes errors of it, which end the script; there is no PowerShell to try it with."""
    body = SCRIPT.split("function Invoke-Quietly")[1].split("\n}\n")[0]
    assert "$ErrorActionPreference = 'Continue'" in body
    assert len(re.findall(r"(?:\*|2)>", body)) == len(re.findall(r"(?:\*|2)>", SCRIPT)) == 1


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="no working copy of git")
def test_files_come_with_the_line_ends_that_bash_reads() -> None:
    names = ["setup.sh", ".ci/run", "native/build.sh", "deploy/cassandra/healthcheck.sh", "requirements.lock"]
    command = ["git", "check-attr", "eol", "--", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{name}: eol: lf" for name in names]
