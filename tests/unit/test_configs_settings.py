"""Settings: what is written is what is meant, a wrong value names its variable, and no secret is ever shown."""

from datetime import timedelta
from pathlib import Path

import pytest

from configs.settings import Settings, load_settings, parse_duration
from contracts.errors import ConfigurationError

SECRET = "hunter2-very-secret"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of this host, no `.env` of this checkout."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")


WRONG = [
    ("TMDB_FETCH_INTERVAL", "0"),
    ("TMDB_FETCH_INTERVAL", "soon"),
    ("REDDIT_FETCH_INTERVAL", "-5"),
    ("TMDB_REQUESTS_PER_SECOND", "inf"),
    ("W1_POPULARITY", "-1"),
    ("W2_MENTIONS", "nan"),
    ("POPULARITY_REFERENCE", "0"),
    ("TREND_WINDOW_DURATION", "5"),
    ("TREND_WINDOW_DURATION", "5 fortnights"),
    ("WATERMARK_DELAY", "-1 minutes"),
    ("KAFKA_PORT", "70000"),
    ("CASSANDRA_PORT", "http"),
    ("CASSANDRA_REPLICATION", "0"),
    ("STARTUP_DEADLINE", "0"),
    ("TREND_TTL_DAYS", "0"),
    ("FORECAST_HORIZONS", "1,x"),
    ("FORECAST_HORIZONS", "0"),
    ("REDDIT_SUBREDDITS", " , "),
    ("CASSANDRA_HOSTS", ","),
    ("FORECAST_COVERAGE", "1"),
    ("LOG_LEVEL", "LOUD"),
    ("MAX_COMMENT_BYTES", "10"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=rf"\b{name}(\.\d)?: "):
        load_settings()


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "0")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(ConfigurationError, match=r"KAFKA_PORT: .*LOG_LEVEL: "):
        load_settings()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"TREND_WINDOW_DURATION": "5 minutes", "TREND_SLIDE_DURATION": "2 minutes"}, "TREND_SLIDE_DURATION"),
        ({"TREND_SLIDE_DURATION": "0 seconds"}, "TREND_SLIDE_DURATION"),
        ({"TREND_SLIDE_DURATION": "500 milliseconds"}, "TREND_SLIDE_DURATION must be whole seconds"),
        ({"TREND_SLIDE_DURATION": "10 minutes"}, "TREND_SLIDE_DURATION"),
        ({"W1_POPULARITY": "0", "W2_MENTIONS": "0", "W3_SENTIMENT": "0"}, "W3_SENTIMENT"),
        ({"REDDIT_CLIENT_ID": "x"}, "REDDIT_CLIENT_SECRET"),
        ({"REDDIT_CLIENT_SECRET": SECRET}, "REDDIT_CLIENT_ID"),
    ],
)
def test_values_that_do_not_go_together_name_the_variables(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=named) as caught:
        load_settings()
    assert SECRET not in str(caught.value)


def test_a_secret_is_in_no_error_and_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMDB_API_KEY", "REDDIT_CLIENT_SECRET", "AUTHOR_HASH_KEY"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("REDDIT_CLIENT_ID", "id")
    settings = load_settings()
    assert settings.tmdb_api_key is not None
    assert settings.tmdb_api_key.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    monkeypatch.setenv("KAFKA_PORT", SECRET)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None, "the cause would carry the value into a log"


def test_overrides_win_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("KAFKA_PORT=1\nMLFLOW_PORT=1\nCASSANDRA_PORT=1\nUNKNOWN=1\n")
    monkeypatch.setenv("MLFLOW_PORT", "2")
    monkeypatch.setenv("CASSANDRA_PORT", "2")
    settings = load_settings(cassandra_port=3)
    assert (settings.kafka_port, settings.mlflow_port, settings.cassandra_port) == (1, 2, 3)


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_API_KEY", "")
    monkeypatch.setenv("KAFKA_PORT", "")
    settings = load_settings()
    assert settings.tmdb_api_key is None
    assert settings.kafka_port == 9092


def test_lists_and_durations_are_written_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDDIT_SUBREDDITS", "movies, boxoffice ,,TrueFilm")
    monkeypatch.setenv("FORECAST_HORIZONS", "1, 6")
    monkeypatch.setenv("TREND_WINDOW_DURATION", " 1 Hour ")
    settings = load_settings()
    assert settings.reddit_subreddits == ("movies", "boxoffice", "TrueFilm")
    assert settings.forecast_horizons == (1, 6)
    assert settings.trend_window_duration == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("750 milliseconds", 0.75),
        ("1 second", 1),
        ("90 seconds", 90),
        ("5 minutes", 300),
        ("2 hours", 7_200),
        ("1 day", 86_400),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        ({}, True),
        ({"tmdb_api_key": "k"}, True),
        ({"reddit_client_id": "i", "reddit_client_secret": "s"}, True),
        ({"tmdb_api_key": "k", "reddit_client_id": "i", "reddit_client_secret": "s"}, False),
    ],
)
def test_the_simulator_is_needed_while_a_key_is_missing(keys: dict[str, str], needed: bool) -> None:
    assert load_settings(**keys).needs_simulator is needed


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().kafka_port = 1  # type: ignore[misc]
