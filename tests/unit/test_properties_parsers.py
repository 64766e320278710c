"""Every parser of outside input takes or refuses whatever comes, and never crashes."""

import json

import pytest

from tests.faults import fuzz
from tests.faults.fuzz import try_out
from tests.faults.nonsense import JSON
from tests.faults.parsers import PARSERS, Parser

_EXAMPLES = 60
"""Enough for every branch of the strategies; `python -m tests.faults.fuzz` tries thousands."""


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_nonsense_crashes_no_parser(parser: Parser) -> None:
    told = try_out(parser, _EXAMPLES, number=1)
    assert told["crashes"] == 0, told
    assert told["inputs"] > 10


def test_a_parser_that_crashes_is_found() -> None:
    told = try_out(Parser("naive", JSON, lambda value: value["id"], (KeyError,)), 200, 1)
    assert told["crashes"] > 0
    assert "TypeError" in told["first_crash"]


def test_the_figures_are_printed_and_a_crash_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(fuzz, "PARSERS", (Parser("sound", JSON, repr), Parser("refusing", JSON, len, (TypeError,))))
    assert fuzz.main(["--examples", "30"], lines.append) == 0
    told = [json.loads(line) for line in lines]
    assert [line["inputs"] for line in told] == [30, 30, 60]
    assert told[-1]["refused"] == told[1]["refused"] > 0
    monkeypatch.setattr(fuzz, "PARSERS", (Parser("crashing", JSON, len),))
    assert fuzz.main(["--examples", "30"], lines.append) == 1
