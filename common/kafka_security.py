"""How this process's Kafka clients prove who they are: set once at its start, used by every client it opens.

Without `SECURE=1` there is nothing to prove. With it: SASL/PLAIN (name and password) inside TLS, and the broker's
certificate is checked against `KAFKA_CA_FILE`.
"""

from typing import Any

from configs.settings import Settings
from contracts.errors import ConfigurationError

_clients: dict[str, Any] = {}


def use(settings: Settings) -> None:
    """From now on, clients are opened as these settings say.

    Raises:
        ConfigurationError: `SECURE=1`, and the password or the authority's certificate is missing.
    """
    _clients.clear()
    if not settings.secure:
        return
    _clients.update(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_plain_username=settings.kafka_username,
        sasl_plain_password=_password(settings),
        ssl_cafile=_authority(settings),
    )


def client_options() -> dict[str, Any]:
    """The keyword arguments of `kafka`'s clients."""
    return dict(_clients)


def spark_options(settings: Settings) -> dict[str, str]:
    """The options of Spark's Kafka source.

    Raises:
        ConfigurationError: see `use`.
    """
    if not settings.secure:
        return {}
    return {
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.jaas.config": jaas(settings.kafka_username, _password(settings)),
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.location": _authority(settings),
    }


def jaas(name: str, password: str, **more: str) -> str:
    """A line of Java's login configuration."""
    pairs = {"username": name, "password": password, **more}
    told = " ".join(f'{key}="{_quoted(value)}"' for key, value in pairs.items())
    return f"org.apache.kafka.common.security.plain.PlainLoginModule required {told};"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _password(settings: Settings) -> str:
    secret = settings.kafka_password
    if secret is None:
        raise ConfigurationError("SECURE=1 wants KAFKA_PASSWORD: set it in .env")
    return secret.get_secret_value()


def _authority(settings: Settings) -> str:
    file = settings.kafka_ca_file
    if file is None or not file.is_file():
        raise ConfigurationError(
            "SECURE=1 wants KAFKA_CA_FILE: the certificate of the authority that signed the broker's"
        )
    return str(file)
