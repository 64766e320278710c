"""Text of strangers where it could do harm: log lines, metrics, statements, the keyspace's name."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from configs.settings import ROOT, Settings
from contracts.errors import ConfigurationError
from storage.migrations import keyspace_of

HOSTILE = (
    'x\n{"event": "forged", "level": "critical"}',
    "\x1b[2J\x1b[31mred\x07",
    "\u2028\u2029\u0085 line separators",
    "\u202egnp.exe",
    '"} 1\nforged_total 9',
    "'; DROP KEYSPACE trendscope; --",
    "${jndi:ldap://x/y}",
)


def test_a_log_line_stays_one_line_of_plain_json() -> None:
    code = (
        "import json, sys\nfrom configs.logging import configure_logging, get_logger\n"
        "configure_logging('s')\n"
        "for text in json.load(sys.stdin): get_logger('l').warning('told', text=text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=json.dumps(HOSTILE), capture_output=True, text=True, check=True
    )
    lines = done.stderr.split("\n")[:-1]
    assert [json.loads(line)["text"] for line in lines] == list(HOSTILE)
    assert all(line.isascii() and line.isprintable() for line in lines), "nothing that a terminal obeys"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_cannot_forge_another_series(text: str) -> None:
    registry = CollectorRegistry()
    Counter("told", "By source", ["source"], registry=registry).labels(text).inc()
    families = list(text_string_to_metric_families(generate_latest(registry).decode()))
    names = {sample.name for family in families for sample in family.samples}
    assert names == {"told_total", "told_created"}


def test_no_label_of_ours_takes_what_people_write() -> None:
    """Labels are of a few kinds; the text, title, author or id of a comment would also be without bound."""
    personal = {
        "body",
        "text",
        "title",
        "author",
        "comment",
        "id",
        "comment_id",
        "query",
        "q",
        "path",
        "url",
        "subreddit",
    }
    found = {label for path in _sources() for label in _labels(ast.parse(path.read_text(encoding="utf-8")))}
    assert {"reason", "source", "horizon"} <= found, "the walk sees our metrics"
    assert not found & personal


@pytest.mark.parametrize("name", [*HOSTILE, "Trend", "a.b", "1a", "a" * 49, ""])
def test_a_keyspace_is_a_plain_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="CASSANDRA_KEYSPACE"):
        keyspace_of(Settings(_env_file=None).model_copy(update={"cassandra_keyspace": name}))


def test_no_statement_is_run_with_values_in_its_text() -> None:
    """Outside the migrations, whose text is ours, sessions run what was prepared; values are bound."""
    runs = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "storage").glob("*.py")
        if path.name != "migrations.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"execute", "execute_async"}
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.Constant)
    ]
    assert runs == []


def _sources() -> list[Path]:
    folders = ("common", "producers", "simulator", "storage", "processors", "ml_service", "monitoring", "serving")
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def _labels(tree: ast.Module) -> set[str]:
    kinds = {"Counter", "Gauge", "Histogram", "Summary", "Metric"}
    return {
        str(element.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
        for argument in node.args[2:3]
        if isinstance(argument, ast.List | ast.Tuple)
        for element in argument.elts
        if isinstance(element, ast.Constant)
    }
