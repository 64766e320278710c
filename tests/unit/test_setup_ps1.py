"""setup.ps1 offers on Windows what setup.sh offers elsewhere, for containers; it names only variables that exist."""

import re

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
