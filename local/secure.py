"""`SECURE=1` on one machine: passwords and certificates, made once and kept in the data folder, for its owner alone."""

import json
import os
import secrets
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from common.clock import Clock, system_clock
from configs.settings import Settings
from local.nodes.base import LOOPBACK

_YEARS = timedelta(days=3650)
"""The authority signs one certificate of one machine; `reset` makes both anew."""
_SKEW = timedelta(days=1)
"""Valid from yesterday on: a clock that is set back must not shut the broker."""
_PRIVATE = 0o600


def folder_of(settings: Settings) -> Path:
    """Where they are kept."""
    return settings.data_dir / "secure"


def with_secrets(settings: Settings) -> Settings:
    """The settings with the passwords and the authority's file of this data folder, unless they name their own."""
    if not settings.secure:
        return settings
    made = _passwords(folder_of(settings))
    return settings.model_copy(
        update={
            "kafka_password": settings.kafka_password or SecretStr(made["kafka"]),
            "cassandra_password": settings.cassandra_password or SecretStr(made["cassandra"]),
            "kafka_ca_file": settings.kafka_ca_file or authority_file(folder_of(settings)),
        }
    )


def authority_file(folder: Path) -> Path:
    """The authority's certificate, made with the broker's when they are not there."""
    authority, broker = folder / "authority.pem", folder / "broker.pem"
    if not (authority.exists() and broker.exists()):
        certificate, key_and_chain = _certificates(system_clock)
        _write(broker, key_and_chain)
        _write(authority, certificate)
    return authority


def broker_file(folder: Path) -> Path:
    """The broker's key and certificate, in one file as Kafka reads it."""
    authority_file(folder)
    return folder / "broker.pem"


def _passwords(folder: Path) -> dict[str, str]:
    file = folder / "passwords.json"
    if not file.exists():
        _write(file, json.dumps({name: secrets.token_urlsafe(24) for name in ("kafka", "cassandra")}).encode())
    found: dict[str, str] = json.loads(file.read_text())
    return found


def _write(path: Path, data: bytes) -> None:
    """As a whole, readable by its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:
        file.write(data)
    draft.replace(path)


def _certificates(clock: Clock) -> tuple[bytes, bytes]:
    """An authority's certificate, and a key with a certificate for this machine's own address that it has signed."""
    authority_key, broker_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, broker_name = _name("TrendScope authority"), _name("localhost")
    authority = (
        _builder(authority_name, authority_name, authority_key, clock)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address(LOOPBACK))]
    broker = (
        _builder(broker_name, authority_name, broker_key, clock)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = broker_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return authority.public_bytes(pem), key + broker.public_bytes(pem) + authority.public_bytes(pem)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, clock: Clock
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock() - _SKEW)
        .not_valid_after(clock() + _YEARS)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
