"""The .cql files and the models they hold say the same; the queries keep to keys."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import storage
from contracts.errors import ConfigurationError
from contracts.events import Breakout, Prediction, TmdbFilm, TrendUpdate
from storage.codec import columns_of
from storage.migrations import SCHEMA, load
from storage.records import FilmHour, FilmMomentum, LedgerEntry, MentionExample, ModelMetric

CHANGING = {
    "trend_score",
    "trending_rank",
    "revision",
    "popularity",
    "mentions",
    "predicted",
    "value",
    "count",
    "is_final",
}


def tables() -> dict[str, str]:
    """The body of each CREATE TABLE, by its name."""
    statements = [statement for migration in load() for statement in migration.statements]
    matches = (re.match(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*)\)", text, re.DOTALL) for text in statements)
    return {match[1]: match[2] for match in matches if match}


def columns(body: str) -> set[str]:
    return {match[1] for line in body.splitlines() if (match := re.match(r"\s+([a-z_]+) [a-z]", line))}


@pytest.mark.parametrize(
    ("table", "model", "more"),
    [
        ("movies", TmdbFilm, set()),
        ("movie_trends", TrendUpdate, set()),
        ("trends_by_window", TrendUpdate, set()),
        ("mentions", MentionExample, set()),
        ("predictions", Prediction, set()),
        ("predictions_by_time", Prediction, set()),
        ("model_metrics", ModelMetric, set()),
        ("ledger", LedgerEntry, {"bucket"}),
        ("momentum_by_window", FilmMomentum, set()),
        ("film_hours", FilmHour, set()),
        ("breakouts", Breakout, {"day"}),
    ],
)
def test_a_table_has_a_column_for_each_field(table: str, model: type[BaseModel], more: set[str]) -> None:
    assert columns(tables()[table]) == set(columns_of(model)) | more


def test_nothing_that_changes_is_part_of_a_key() -> None:
    for name, body in tables().items():
        key = re.search(r"PRIMARY KEY \((.*)\)|(\w+) \w+ PRIMARY KEY", body)
        assert key, name
        assert not CHANGING & set(re.findall(r"\w+", key[0])), name


def test_each_table_says_in_a_comment_what_it_answers() -> None:
    for path in SCHEMA.glob("*.cql"):
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"CREATE TABLE", text):
            comment = text[: match.start()].rstrip().split("\n\n")[-1]
            assert comment.startswith("--"), path
            assert "?" in comment or "one row" in comment.lower(), comment


def test_no_query_filters_what_it_did_not_ask_for() -> None:
    package = Path(storage.__file__).parent
    assert not [
        path
        for path in package.rglob("*.*")
        if path.suffix in {".py", ".cql"} and "ALLOW FILTERING" in path.read_text()
    ]


def test_every_statement_of_the_product_can_be_run_again() -> None:
    for migration in load():
        assert migration.statements
        assert all("IF NOT EXISTS" in statement for statement in migration.statements)


@pytest.mark.parametrize(
    "names", [("1_a.cql",), ("001_A.cql",), ("002_a.cql",), ("001_a.cql", "001_b.cql"), ("001_a.cql", "003_b.cql")]
)
def test_wrong_names_and_numbers_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ConfigurationError):
        load(tmp_path)


def test_a_file_is_split_at_semicolons_but_not_at_those_in_comments(tmp_path: Path) -> None:
    (tmp_path / "001_a.cql").write_text("-- one; two\nSELECT 1; -- three; four\nSELECT 2;\n\n;")
    (migration,) = load(tmp_path)
    assert migration.statements == ("SELECT 1", "SELECT 2")
