"""The Kubernetes manifests are docker-compose.yml's, complete, and confined as the `restricted` profile wants."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from configs.settings import ROOT
from local.containers.variables import read
from local.kubernetes.__main__ import FOLDER, compose_services, files, main
from local.kubernetes.pods import AGENT, slug
from local.kubernetes.variables import SECRETS, defaults, environment, filled, referring

MADE = files(compose_services())
REFERENCE = re.compile(r"\$\(([A-Z_]+)\)")


def documents() -> Iterator[dict[str, Any]]:
    for text in MADE.values():
        yield from yaml.safe_load_all(text)


WORKLOADS = {one["metadata"]["name"]: one for one in documents() if one["kind"] in {"Deployment", "Job"}}


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = WORKLOADS[name]["spec"]["template"]["spec"]
    return spec


def kustomizations() -> list[Path]:
    return [path for folder in ("deploy", "monitoring") for path in (ROOT / folder).rglob("kustomization.yaml")]


def test_the_committed_files_are_up_to_date(tmp_path: Path) -> None:
    main(tmp_path)
    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.yaml")}
    kept = {path: (FOLDER / path).read_text() for path in made}
    assert made == kept


def test_every_service_has_its_workload() -> None:
    assert WORKLOADS.keys() == compose_services().keys() - {AGENT}


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_pod_is_confined(name: str) -> None:
    spec = pod(name)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["enableServiceLinks"] is False, "KAFKA_PORT and the like are settings"
    for container in [*spec["containers"], *spec.get("initContainers", ())]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_pod_mounts_is_there(name: str) -> None:
    spec = pod(name)
    volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
    for container in [*spec["containers"], *spec.get("initContainers", ())]:
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes.keys()
    claims = {one["metadata"]["name"] for one in documents() if one["kind"] == "PersistentVolumeClaim"}
    maps = {
        generator["name"]: path.parent
        for path in kustomizations()
        for generator in yaml.safe_load(path.read_text()).get("configMapGenerator", ())
    }
    for volume in volumes.values():
        if "persistentVolumeClaim" in volume:
            assert volume["persistentVolumeClaim"]["claimName"] in claims
        if "configMap" in volume:
            assert volume["configMap"]["name"] in maps


def test_every_mounted_file_is_in_its_map() -> None:
    for path in kustomizations():
        for generator in yaml.safe_load(path.read_text()).get("configMapGenerator", ()):
            for name in generator.get("files", ()):
                assert (path.parent / name).is_file(), f"{path}: {name}"
    rules = (ROOT / "monitoring" / "prometheus" / "kustomization.yaml").read_text()
    assert all(f"rules/{path.name}" in rules for path in (ROOT / "monitoring/prometheus/rules").glob("*.yml"))
    boards = (ROOT / "monitoring" / "grafana" / "kustomization.yaml").read_text()
    assert all(f"dashboards/{path.name}" in boards for path in (ROOT / "monitoring/grafana/dashboards").glob("*.json"))


def test_every_file_belongs_to_a_kustomization() -> None:
    for path in MADE:
        listed = yaml.safe_load((FOLDER / path.parent / "kustomization.yaml").read_text())["resources"]
        assert path.name in listed


def test_servers_are_met_at_their_own_address_and_services_at_a_virtual_one() -> None:
    services = {one["metadata"]["name"]: one["spec"] for one in documents() if one["kind"] == "Service"}
    assert services["kafka"]["clusterIP"] == "None"
    assert {port["port"] for port in services["kafka"]["ports"]} >= {9092, 9404}
    assert "clusterIP" not in services["serving"]


def test_kafka_does_not_take_a_new_volumes_lost_and_found_for_a_partition() -> None:
    mounts = {mount["name"]: mount for mount in pod("kafka")["containers"][0]["volumeMounts"]}
    assert mounts["kafka-data"]["subPath"]
    assert mounts["kafka-data"]["mountPath"] == compose_services()["kafka"]["environment"]["KAFKA_LOG_DIRS"]


POLICIES = [one["spec"] for one in documents() if one["kind"] == "NetworkPolicy"]


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def allows(rule: dict[str, Any], source: dict[str, str] | None, port: int) -> bool:
    """Whether an ingress rule is for connections from a pod of the namespace, by its labels, or from outside (None)."""
    by_port = "ports" not in rule or port in {one["port"] for one in rule["ports"]}
    if "from" not in rule:
        return by_port
    return by_port and source is not None and any(selects(peer["podSelector"], source) for peer in rule["from"])


def admitted(source: dict[str, str] | None, name: str, port: int) -> bool:
    """As Kubernetes has it: everything where no policy selects the pod, else what any of those that do allows."""
    labels = WORKLOADS[name]["spec"]["template"]["metadata"]["labels"]
    about = [policy for policy in POLICIES if selects(policy["podSelector"], labels)]
    return not about or any(allows(rule, source, port) for policy in about for rule in policy["ingress"])


@pytest.mark.parametrize("name", WORKLOADS)
def test_only_the_api_is_reached_from_elsewhere(name: str) -> None:
    ours = WORKLOADS["momentum"]["spec"]["template"]["metadata"]["labels"]
    for port in (8000, 9092, 9042, 5000, 7077):
        assert admitted(ours, name, port)
        for stranger in (None, {"app.kubernetes.io/name": "stranger"}):
            assert admitted(stranger, name, port) == ((name, port) == ("serving", 8000))


def test_settings_come_from_a_map_and_secrets_from_a_secret() -> None:
    given = {
        "A": "${LOG_LEVEL:-}",
        "B": "${TMDB_API_KEY:-}",
        "C": "-Xmx${HEAP:-1g}",
        "D": "plain",
        "E": "${URL:-http://x}",
    }
    made = environment(given, {}, ["--rate=${RATE:-1.1}"])
    found = {one["name"]: one for one in made}
    assert found["A"]["valueFrom"]["configMapKeyRef"] == {
        "name": "trendscope-settings",
        "key": "LOG_LEVEL",
        "optional": True,
    }
    assert found["B"]["valueFrom"]["secretKeyRef"]["name"] == "trendscope-secrets"
    assert (found["C"]["value"], found["D"]["value"]) == ("-Xmx$(GIVEN_HEAP)", "plain")
    assert [one["name"] for one in made[:2]] == ["GIVEN_HEAP", "GIVEN_RATE"], "what is referred to comes first"
    for name, key in {"GIVEN_HEAP": "HEAP", "GIVEN_RATE": "RATE", "E": "URL"}.items():
        asked = {"name": "trendscope-settings", "key": key, "optional": False}
        assert found[name]["valueFrom"]["configMapKeyRef"] == asked
    assert referring("--rate=${RATE:-1.1} ${MY_PORT:-1}", {}) == "--rate=$(GIVEN_RATE) 1"
    assert filled("${X:-1}${Y:?why}", {"X": "2"}) == "2"
    values = "".join(MADE.values())
    assert all(f"value: {secret}" not in values for secret in SECRETS)


def test_the_map_has_what_compose_gives_by_default() -> None:
    wanted = {name: value for one in compose_services().values() for name, value in defaults(one).items()}
    assert {"SPARK_EXECUTOR_MEMORY", "KAFKA_HEAP", "SIMULATOR_RATE", "MLFLOW_TRACKING_URI"} <= wanted.keys()
    kept = read(FOLDER / "base" / "settings.env")
    assert {name: kept.get(name) for name in wanted} == wanted
    entries = [entry for name in WORKLOADS for entry in pod(name)["containers"][0].get("env", ())]
    asked = [key for entry in entries if (key := entry.get("valueFrom", {}).get("configMapKeyRef"))]
    assert {key["key"] for key in asked if not key["optional"]} == wanted.keys()


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_container_refers_to_is_in_its_environment(name: str) -> None:
    for container in pod(name)["containers"]:
        seen: set[str] = set()
        for one in container.get("env", ()):
            assert set(REFERENCE.findall(one.get("value", ""))) <= seen
            seen.add(one["name"])
        assert set(REFERENCE.findall(" ".join(container.get("args", ())))) <= seen


def test_a_mounted_folder_and_a_mounted_file_name_their_map() -> None:
    assert slug("./deploy/jmx/kafka.yml") == "deploy-jmx"
    assert slug("./monitoring/prometheus/rules") == "monitoring-prometheus-rules"


def test_every_document_holds_to_the_schemas_of_kubernetes() -> None:
    for document in documents():
        kubernetes_validate.validate(document, "1.31", strict=True)


def test_the_schemas_refuse_what_kubernetes_does_not_know() -> None:
    wrong = next(one for one in documents() if one["kind"] == "Deployment")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**wrong, "spec": {**wrong["spec"], "replica": 1}}, "1.31", strict=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_the_demo() -> None:
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER / "demo")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    assert {one["metadata"]["name"] for one in built if one["kind"] == "Deployment"} <= WORKLOADS.keys()
    assert len(built) > 40
    assert all(one["metadata"].get("namespace") == "trendscope" for one in built if one["kind"] != "Namespace")
