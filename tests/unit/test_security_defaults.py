"""What is open and what is written down when nobody has configured anything."""

from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from configs.settings import ROOT, Settings
from local.environment import service_environment
from local.nodes.base import LOOPBACK
from local.nodes.cassandra import CassandraNode
from local.nodes.kafka import KafkaNode
from local.programs import programs
from local.supervision import Supervisor
from processors import spark_session

_SECRETS = {
    name: f"{name}-of-somebody" for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
}


def test_nothing_listens_beyond_this_machine() -> None:
    assert Settings(_env_file=None).bind_address == LOOPBACK == "127.0.0.1"


def test_nobody_ends_the_job_from_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "connector_jars", list)
    assert spark_session._configuration(Settings(_env_file=None), 2)["spark.ui.killEnabled"] == "false"


def test_the_servers_of_the_local_run_listen_on_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = KafkaNode(tmp_path / "k", port=1, controller_port=2)
    monkeypatch.setattr(kafka, "_format", lambda: None)
    kafka.prepare()
    listeners = [
        line
        for line in (tmp_path / "k" / "server.properties").read_text().splitlines()
        if line.startswith("listeners=")
    ]
    assert listeners == ["listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"]
    CassandraNode(tmp_path / "c", port=1, storage_port=2).prepare()
    lines = (tmp_path / "c" / "conf" / "cassandra.yaml").read_text().splitlines()
    assert {line for line in lines if "_address:" in line} == {"listen_address: 127.0.0.1", "rpc_address: 127.0.0.1"}


def test_secrets_reach_the_services_by_their_environment_and_are_in_no_file(tmp_path: Path) -> None:
    assert {"tmdb_api_key", "reddit_client_secret", "kafka_password", "cassandra_password"} <= _SECRETS.keys()
    values = {name: SecretStr(value) for name, value in _SECRETS.items()}
    settings = Settings(_env_file=None, data_dir=tmp_path).model_copy(update=values)
    environment = service_environment(settings, {}, {})
    assert all(environment[name.upper()] == value for name, value in _SECRETS.items())
    found = programs(settings, simulator=True, prometheus="/usr/bin/prometheus")
    assert not [value for value in _SECRETS.values() if any(value in " ".join(one.command) for one in found)]
    Supervisor(tmp_path).configure(found)
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert written
    assert not [value for value in _SECRETS.values() if value in written]


def test_nobody_ends_the_job_from_the_masters_page() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert "-Dspark.ui.killEnabled=false" in services["spark-master"]["environment"]["SPARK_DAEMON_JAVA_OPTS"].split()
