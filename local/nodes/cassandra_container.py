"""`python -m local.nodes.cassandra_container` writes `deploy/cassandra/cassandra.yaml`: the local node's choices, for a
container that others reach by its name."""

from pathlib import Path

from configs.settings import ROOT
from local.nodes.cassandra import YAML

FILE = ROOT / "deploy" / "cassandra" / "cassandra.yaml"
_NAME = "cassandra"
_HEAD = "# Made by `python -m local.nodes.cassandra_container` from the local node's configuration; change that.\n"


def render() -> str:
    """The file's text. Clients are told the container's address, since every interface is listened on."""
    everywhere = "0.0.0.0"  # noqa: S104 - of the container; docker-compose.yml publishes it on the loopback alone
    yaml = YAML.format(
        authenticator="AllowAllAuthenticator",
        host=_NAME,
        rpc=everywhere,
        port=9042,
        storage_port=7000,
        ssl_storage_port=7001,
        home="/var/lib/cassandra",
    )
    return _HEAD + yaml + f"broadcast_rpc_address: {_NAME}\n"


def main(file: Path = FILE) -> None:
    """Write the file."""
    file.write_text(render())


if __name__ == "__main__":
    main()
