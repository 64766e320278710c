"""docker-compose.yml, the Dockerfiles and `.env.example` agree with the code and each other; no engine is needed."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.settings import ROOT, Settings
from local import requirements
from local.containers.variables import read
from local.envfile import EXAMPLE
from local.nodes import cassandra_container
from local.nodes.cassandra import YAML
from serving.scrape import link_candidates

COMPOSE = ROOT / "docker-compose.yml"
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
ONE_SHOT = {name for name in SERVICES if name.startswith("init-")}
OURS = {name for name, service in SERVICES.items() if "build" in service}

SECRETS = {
    "TMDB_API_KEY": {"tmdb-producer"},
    "REDDIT_CLIENT_ID": {"reddit-producer"},
    "REDDIT_CLIENT_SECRET": {"reddit-producer"},
    "AUTHOR_HASH_KEY": {"reddit-producer"},
    "API_KEYS": {"serving"},
    "BREAKOUT_WEBHOOK_URL": {"momentum"},
}
"""Which services a secret is given to."""

ADDRESSES = {"KAFKA_BOOTSTRAP_SERVERS", "CASSANDRA_HOSTS", "SIMULATE_AT", "SPARK_MASTER", "SPARK_DRIVER_HOST"}
"""Settings that the compose network decides, not the user."""
OF_A_HOST = {"CASSANDRA_PORT", "DATA_DIR", "BIND_ADDRESS", "METRICS_HOST", "PUBLISHED_PORTS"}
"""Settings that mean nothing to a container: its ports and folders are fixed, and published on others."""
OF_THE_LOCAL_RUNNER = {
    "SECURE", "KAFKA_USERNAME", "KAFKA_PASSWORD", "KAFKA_CA_FILE", "CASSANDRA_USERNAME", "CASSANDRA_PASSWORD",
}  # fmt: skip
"""Logins of the servers it starts; in the compose network servers are met by the stack's own containers alone."""


def variables(service: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in (service.get("environment") or {}).items()}


def dockerfile(name: str) -> str:
    return Path(ROOT, SERVICES[name]["build"]["dockerfile"]).read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert re.fullmatch(r"\d+[mg]", service["deploy"]["resources"]["limits"]["memory"])
    assert service["restart"] in ({"no", "on-failure:5"} if name in ONE_SHOT else {"unless-stopped"})
    assert name in ONE_SHOT or service["healthcheck"]["test"]
    if name in OURS:
        assert service["read_only"] is True
        assert "\nUSER 10001:10001\n" in dockerfile(name)


@pytest.mark.parametrize(
    ("name", "servers"),
    [
        ("tmdb-producer", {"kafka"}),
        ("reddit-producer", {"kafka"}),
        ("trend-processor", {"kafka", "cassandra", "spark-master", "spark-worker"}),
        ("ml-service", {"kafka", "cassandra", "mlflow"}),
        ("momentum", {"kafka", "cassandra"}),
        ("serving", {"cassandra"}),
        ("drift", {"cassandra", "mlflow"}),
    ],
)
def test_a_stop_ends_a_service_before_the_servers_it_talks_to(name: str, servers: set[str]) -> None:
    assert servers <= SERVICES[name]["depends_on"].keys()


def test_the_core_needs_nothing_that_a_profile_may_leave_out() -> None:
    for name, service in SERVICES.items():
        for other in service.get("depends_on", ()):
            assert "profiles" not in SERVICES[other], f"{name} needs {other}"


def test_nothing_is_published_beyond_the_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(published) > 10
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_a_heap_leaves_room_within_its_containers_memory() -> None:
    megabytes = {"m": 1, "g": 1024}
    heaps = {"kafka": 512, "cassandra": 768, "trend-processor": 1024, "spark-worker": 1024 + 256, "spark-master": 256}
    for name, heap in heaps.items():
        limit = SERVICES[name]["deploy"]["resources"]["limits"]["memory"]
        assert heap * 1.8 <= int(limit[:-1]) * megabytes[limit[-1]], name


def test_every_setting_reaches_a_container_and_secrets_only_those_that_need_them() -> None:
    given = {name: variables(service) for name, service in SERVICES.items() if name in OURS}
    everywhere = {variable for found in given.values() for variable in found}
    wanted = {name.upper() for name in Settings.model_fields if not name.endswith("_port")}
    assert wanted - OF_A_HOST - OF_THE_LOCAL_RUNNER - everywhere == set()
    for secret, services in SECRETS.items():
        assert {name for name, found in given.items() if secret in found} == services & given.keys(), secret


def test_a_setting_that_is_not_set_stays_the_default() -> None:
    for name in OURS:
        for variable, value in variables(SERVICES[name]).items():
            if variable.lower() in Settings.model_fields and variable not in ADDRESSES | OF_A_HOST:
                assert re.match(rf"\$\{{{variable}:-", value), f"{name}: {variable}={value}"


def test_the_dashboards_links_go_to_the_ports_that_are_published() -> None:
    told = dict(pair.split("=") for pair in variables(SERVICES["serving"])["PUBLISHED_PORTS"].split(","))
    linked = {service: port for _, service, port, _ in link_candidates(Settings(_env_file=None))}
    assert told.keys() == linked.keys()
    for service, port in told.items():
        assert f"127.0.0.1:{port}:{linked[service]}" in SERVICES[service]["ports"]


def test_the_example_names_every_variable_of_the_compose_file() -> None:
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE.read_text())) - {"CODE_VERSION"}
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert used - named == set()
    containers = EXAMPLE.read_text().split("\n# --- Containers")[1]
    only_here = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", containers, re.MULTILINE))
    assert only_here - used == {"COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"}


def test_defaults_in_the_compose_file_are_the_examples() -> None:
    example = dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    defaults = re.findall(r"\$\{([A-Z0-9_]+):-([^}]+)\}", COMPOSE.read_text())
    inside = {"MLFLOW_TRACKING_URI", "CODE_VERSION"}  # an address of the compose network; what the code is
    assert {name: value for name, value in defaults if name not in inside} == {
        name: example[name] for name, _ in defaults if name not in inside
    }


def test_images_are_pinned_and_named_in_one_place() -> None:
    images = {name: value for name, value in read(EXAMPLE).items() if name.endswith("_IMAGE")}
    assert all(re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-slim-bookworm)?", image) for image in images.values())
    for name, service in SERVICES.items():
        assert name in OURS or re.match(r"\$\{[A-Z]+_IMAGE:\?", service["image"])
    for name in OURS:
        assert f"ARG PYTHON_IMAGE={images['PYTHON_IMAGE']}\n" in dockerfile(name)
        assert re.findall(r"^FROM (\S+)", dockerfile(name), re.MULTILINE)[0] == "${PYTHON_IMAGE}"


def test_the_images_python_and_the_spark_of_the_connector_fit() -> None:
    assert "pyspark==4.0.0" in (ROOT / "requirements" / "spark.lock").read_text()
    connector = next(
        line for line in (ROOT / "local" / "jars.lock").read_text().splitlines() if "spark-sql-kafka" in line
    )
    assert " 4.0.0 " in connector


def test_the_packages_of_each_image_are_up_to_date(tmp_path: Path) -> None:
    requirements.main(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in requirements.FOLDER.iterdir()}
    assert made == kept


def test_a_package_brings_what_it_needs() -> None:
    lock = requirements.read_lock(
        "a==1 \\\n    --hash=x\n    # via\n    #   b\n    #   project (pyproject.toml)\nb==2\n    # via c\nc==3\n"
    )
    assert [package.name for package in requirements.closure(lock, ["c"])] == ["a", "b", "c"]
    assert [package.name for package in requirements.closure(lock, ["b"])] == ["a", "b"]
    assert lock["a"].text == "a==1 \\\n    --hash=x"
    assert lock["a"].needed_by == {"b", "project"}


def copied(name: str) -> list[Path]:
    """The Python files in a service's image."""
    found: list[Path] = []
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(name).split("\nFROM ")[-1], re.MULTILINE):
        for source in line.split():
            path = ROOT / source
            found += (
                sorted(ROOT.glob(source)) if "*" in source else [path] if path.is_file() else sorted(path.rglob("*.py"))
            )
    return [path for path in found if path.suffix == ".py"]


def imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_image_has_every_package_its_code_imports_and_no_other_services_code(name: str) -> None:
    installed = (ROOT / "requirements" / re.findall(r"requirements/(\S+)\.lock", dockerfile(name))[-1]).with_suffix(
        ".lock"
    )
    packages = {
        re.sub("[-_.]+", "-", found) for found in re.findall(r"^([a-z0-9._-]+)==", installed.read_text(), re.MULTILINE)
    }
    own = {path.relative_to(ROOT).parts[0] for path in copied(name)}
    distributions = packages_distributions()
    for path in copied(name):
        for module in imports(path) - sys.stdlib_module_names - own:
            names = {re.sub("[-_.]+", "-", found).lower() for found in distributions.get(module, ())}
            assert names & packages, f"{path.relative_to(ROOT)} imports {module}"


def test_cassandras_configuration_is_the_local_nodes(tmp_path: Path) -> None:
    cassandra_container.main(tmp_path / "cassandra.yaml")
    assert (tmp_path / "cassandra.yaml").read_text() == cassandra_container.FILE.read_text()
    container = yaml.safe_load(cassandra_container.render())
    local = yaml.safe_load(
        YAML.format(authenticator="x", host="h", rpc="h", port=1, storage_port=2, ssl_storage_port=3, home="/x")
    )
    assert container.keys() - local.keys() == {"broadcast_rpc_address"}
    assert container["commitlog_sync"] == local["commitlog_sync"] == "batch"
