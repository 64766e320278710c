"""`.env.example` names every setting with its default, and settings survive the way into a service's environment."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from configs.settings import Settings, load_settings
from local.envfile import EXAMPLE, ensure_env_file
from local.environment import PLATFORM_MARK, local_settings, service_environment, to_environment
from local.errors import SetupError

_LINE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
SETTINGS, CONTAINERS = EXAMPLE.read_text().split("\n# --- Containers")
"""The second part is docker-compose.yml's alone; tests/unit/test_containers_files.py holds the two together."""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def plain(**values: object) -> Settings:
    """Settings of these values and defaults alone."""
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


def canonical(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in to_environment(settings).items() if name != "DATA_DIR"}


def test_the_example_names_every_setting_once() -> None:
    names = [name for name, _ in _LINE.findall(SETTINGS)]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_the_examples_values_are_the_defaults(tmp_path: Path) -> None:
    everything = tmp_path / "env"
    everything.write_text("".join(f"{name}={value}\n" for name, value in _LINE.findall(SETTINGS)))
    assert canonical(Settings(_env_file=everything)) == canonical(plain())


def test_the_example_as_it_is_changes_nothing() -> None:
    assert Settings(_env_file=EXAMPLE).model_fields_set == set()


def test_settings_come_back_the_same_from_a_services_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = plain(
        tmdb_api_key="tmdb",
        reddit_client_id="id",
        reddit_client_secret="secret",
        reddit_subreddits="movies,boxoffice",
        watermark_delay=timedelta(minutes=7),
        forecast_horizons="1,2",
        w1_popularity=0.1,
        data_dir=Path("/tmp/with space"),
        spark_master="local[2]",
    )
    for name, value in to_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings(_env_file=None) == settings


def test_an_api_without_key_is_simulated_at_a_demos_pace() -> None:
    local = local_settings(plain(simulator_port=8123))
    assert local.tmdb_base_url == "http://127.0.0.1:8123/3"
    assert local.reddit_url == local.reddit_oauth_url == "http://127.0.0.1:8123"
    assert local.tmdb_api_key == SecretStr("simulated")
    assert (local.reddit_client_id, local.reddit_client_secret) == ("simulated", SecretStr("simulated"))
    assert (local.tmdb_fetch_interval, local.reddit_fetch_interval) == (60, 5)


def test_a_service_told_where_the_simulator_is_uses_it_for_what_has_no_key() -> None:
    told = load_settings(_env_file=None, simulate_at="http://simulator:8090", tmdb_api_key="real")
    assert (told.tmdb_base_url, told.tmdb_api_key) == ("https://api.themoviedb.org/3", SecretStr("real"))
    assert (told.reddit_url, told.reddit_client_id) == ("http://simulator:8090", "simulated")
    assert load_settings(_env_file=None).reddit_client_id is None


def test_only_the_api_without_key_is_simulated() -> None:
    local = local_settings(plain(tmdb_api_key="real", tmdb_fetch_interval=300))
    assert local.tmdb_base_url == "https://api.themoviedb.org/3"
    assert local.tmdb_api_key == SecretStr("real")
    assert local.tmdb_fetch_interval == 300
    assert local.reddit_client_id == "simulated"


def test_an_interval_of_the_users_own_is_kept_while_simulated() -> None:
    local = local_settings(plain(tmdb_fetch_interval=300, reddit_fetch_interval=1))
    assert (local.tmdb_fetch_interval, local.reddit_fetch_interval) == (300, 1)


def test_servers_are_those_of_this_platform() -> None:
    local = local_settings(plain(kafka_port=19092, kafka_bootstrap_servers="elsewhere:1", mlflow_port=15000))
    assert local.kafka_bootstrap_servers == "127.0.0.1:19092"
    assert local.cassandra_hosts == ("127.0.0.1",)
    assert local.mlflow_tracking_uri == "http://127.0.0.1:15000"


def test_a_tracking_server_of_the_users_own_is_kept() -> None:
    assert local_settings(plain(mlflow_tracking_uri="http://mlflow:80")).mlflow_tracking_uri == "http://mlflow:80"


def test_the_services_environment_has_what_was_inherited_the_settings_and_the_extras() -> None:
    settings = plain(data_dir=Path("/tmp/x"), kafka_port=19092, bind_address="192.0.2.1")
    found = service_environment(settings, {"PATH": "/bin", "KAFKA_PORT": "1"}, {"EXTRA": "2"})
    assert (found["PATH"], found["KAFKA_PORT"], found["EXTRA"]) == ("/bin", "19092", "2")
    assert found["BIND_ADDRESS"] == "127.0.0.1", "the API alone gets another address, by its command"
    assert found[PLATFORM_MARK] == str(Path("/tmp/x").resolve())


def test_env_is_made_once_private_and_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    assert ensure_env_file(target)
    assert target.read_text() == EXAMPLE.read_text()
    assert target.stat().st_mode & 0o777 == 0o600
    target.write_text("TMDB_API_KEY=mine\n")
    assert not ensure_env_file(target)
    assert target.read_text() == "TMDB_API_KEY=mine\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env"]


def test_a_missing_example_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="belongs to the repository"):
        ensure_env_file(tmp_path / ".env", tmp_path / "none")
