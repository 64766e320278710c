"""SECURE=1: what is made, who may read it, and what clients and servers get of it."""

import ssl
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from pydantic import SecretStr

from common import kafka_security
from configs.settings import Settings
from contracts.errors import ConfigurationError
from local.environment import local_settings, to_environment
from local.nodes.cassandra import CassandraNode
from local.nodes.kafka import KafkaNode, security_of
from local.secure import authority_file, broker_file, folder_of, with_secrets
from storage.connection import role_of
from storage.roles import ensure_role


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    kafka_security.use(Settings(_env_file=None))


def secured(folder: Path, **values: Any) -> Settings:
    return with_secrets(Settings(_env_file=None, secure=True, data_dir=folder, **values))


def test_without_it_nothing_is_made(tmp_path: Path) -> None:
    settings = local_settings(Settings(_env_file=None, data_dir=tmp_path))
    kafka_security.use(settings)
    assert kafka_security.client_options() == kafka_security.spark_options(settings) == {}
    assert role_of(settings) is None
    assert security_of(settings) is None
    assert not folder_of(settings).exists()
    ensure_role(settings)  # and nobody is asked


def test_passwords_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first, second = secured(tmp_path), secured(tmp_path)
    assert first.kafka_password == second.kafka_password
    assert first.kafka_password != first.cassandra_password
    assert first.kafka_password is not None
    assert len(first.kafka_password.get_secret_value()) >= 32
    for path in folder_of(first).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(folder_of(first).stat().st_mode) == 0o700


def test_a_password_of_ones_own_is_kept(tmp_path: Path) -> None:
    settings = secured(tmp_path, kafka_password="mine", cassandra_password="mine too")
    assert settings.kafka_password == SecretStr("mine")
    assert role_of(settings) == ("trendscope", "mine too")


def test_the_brokers_certificate_is_the_authoritys_and_of_this_machine(tmp_path: Path) -> None:
    authority = x509.load_pem_x509_certificate(authority_file(tmp_path).read_bytes())
    broker = x509.load_pem_x509_certificates(broker_file(tmp_path).read_bytes())[0]
    broker.verify_directly_issued_by(authority)
    names = broker.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    context = ssl.create_default_context(cafile=str(authority_file(tmp_path)))
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


def test_a_client_that_checks_the_authority_and_the_address_accepts_the_broker(tmp_path: Path) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(broker_file(tmp_path))
    trusting = ssl.create_default_context(cafile=str(authority_file(tmp_path)))
    assert _handshake(trusting, served, "127.0.0.1") is None
    assert isinstance(_handshake(trusting, served, "127.0.0.2"), ssl.SSLCertVerificationError)
    other = ssl.create_default_context(cafile=str(authority_file(tmp_path / "other")))
    assert isinstance(_handshake(other, served, "127.0.0.1"), ssl.SSLCertVerificationError)


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> ssl.SSLError | None:
    """Both sides in memory; what went wrong for the client."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        try:
            ours.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            return error
        else:
            return None
        with suppress(ssl.SSLWantReadError):
            theirs.do_handshake()
    raise AssertionError("no end of the handshake")


def test_the_services_get_it_by_their_environment(tmp_path: Path) -> None:
    settings = local_settings(Settings(_env_file=None, secure=True, data_dir=tmp_path))
    environment = to_environment(settings)
    read = Settings(_env_file=None, **_as_keywords(environment))
    assert (read.secure, read.kafka_password, read.kafka_ca_file) == (
        True, settings.kafka_password, settings.kafka_ca_file,
    )  # fmt: skip


def test_clients_prove_who_they_are(tmp_path: Path) -> None:
    settings = secured(tmp_path)
    kafka_security.use(settings)
    options = kafka_security.client_options()
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "PLAIN")
    assert options["ssl_cafile"] == str(authority_file(folder_of(settings)))
    spark = kafka_security.spark_options(settings)
    assert options["sasl_plain_password"] in spark["kafka.sasl.jaas.config"]
    assert spark["kafka.ssl.truststore.location"] == options["ssl_cafile"]


def test_a_password_cannot_end_its_line_of_java() -> None:
    assert kafka_security.jaas("me", 'a"; evil="\\').endswith('password="a\\"; evil=\\"\\\\";')


@pytest.mark.parametrize("missing", ["kafka_password", "kafka_ca_file"])
def test_what_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    settings = secured(tmp_path).model_copy(update={missing: None})
    with pytest.raises(ConfigurationError, match=missing.upper()):
        kafka_security.use(settings)


def test_a_role_wants_its_password_and_a_plain_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CASSANDRA_PASSWORD"):
        role_of(Settings(_env_file=None, secure=True))
    for name in ("a'; DROP ROLE x; --", "cassandra", "ünï"):
        with pytest.raises(ConfigurationError, match="CASSANDRA_USERNAME"):
            ensure_role(secured(tmp_path, cassandra_username=name))


def test_the_servers_ask_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = secured(tmp_path)
    kafka = KafkaNode(tmp_path / "k", port=1, controller_port=2, security=security_of(settings))
    monkeypatch.setattr(kafka, "_format", lambda: None)
    kafka.prepare()
    properties = tmp_path / "k" / "server.properties"
    assert "SASL_SSL://127.0.0.1:1" in properties.read_text()
    assert stat.S_IMODE(properties.stat().st_mode) == 0o600
    assert settings.kafka_password is not None
    assert settings.kafka_password.get_secret_value() not in repr(kafka.security)
    CassandraNode(tmp_path / "c", port=1, storage_port=2, passwords=True).prepare()
    assert "authenticator: PasswordAuthenticator" in (tmp_path / "c" / "conf" / "cassandra.yaml").read_text()


def _as_keywords(environment: dict[str, str]) -> dict[str, Any]:
    return {name.lower(): value for name, value in environment.items()}
