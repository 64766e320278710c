"""The pod of a compose service."""

from collections.abc import Mapping
from typing import Any

from local.kubernetes.variables import environment, filled, referring

Service = Mapping[str, Any]

OUR_USER = 10001
_USERS = {"kafka": 1000, "cassandra": 999, "prometheus": 65534, "alertmanager": 65534, "grafana": 472}
"""The users of the public images, by number: Kubernetes checks that none is root before it starts them."""
AGENT = "init-jmx-agent"
"""Compose's one-shot that hands out the metrics agent becomes an init container of those that mount its volume."""
_AGENT_VOLUME = "jmx-agent"
_FOLDERS = {"kafka-data": "data"}
"""Where in a claim the data are, if not at its root: a new ext4 volume has `lost+found` there, and Kafka ends when it
finds a folder that is no partition. The others keep to folders and names of their own, and take no notice."""


def pod(name: str, services: Mapping[str, Service], variables: Mapping[str, str]) -> dict[str, Any]:
    """The pod's specification."""
    service = services[name]
    user = _USERS.get(name, OUR_USER)
    spec: dict[str, Any] = {
        # Else every service's address arrives as variables such as KAFKA_PORT, which are settings here.
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": int(str(service.get("stop_grace_period", "30s")).rstrip("s")),
        "containers": [_container(name, service, variables)],
        "volumes": _volumes(service),
    }  # fmt: skip
    if uses_agent(service):
        spec["initContainers"] = [_agent(services[AGENT], variables)]
    return {key: value for key, value in spec.items() if value != []}


def uses_agent(service: Service) -> bool:
    """Whether it mounts the volume with the metrics agent."""
    return any(mount.startswith(f"{_AGENT_VOLUME}:") for mount in service.get("volumes", ()))


def _container(name: str, service: Service, variables: Mapping[str, str]) -> dict[str, Any]:
    memory = _quantity(service["deploy"]["resources"]["limits"]["memory"])
    made: dict[str, Any] = {
        "name": name,
        "image": filled(service["image"], variables),
        "args": [referring(str(part), variables) for part in service.get("command", ())],
        "env": environment(service.get("environment") or {}, variables, service.get("command", ())),
        "ports": [{"containerPort": port} for port in ports(service)],
        "resources": {"requests": {"cpu": "100m", "memory": memory}, "limits": {"memory": memory}},
        "securityContext": _confined(service),
        "volumeMounts": _mounts(service),
    }
    if "healthcheck" in service:
        made |= _probes(service["healthcheck"])
    return {key: value for key, value in made.items() if value != []}


def _confined(service: Service) -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": list(service["cap_drop"])},
        "readOnlyRootFilesystem": bool(service.get("read_only", False)),
    }


def ports(service: Service) -> list[int]:
    """The container's side of the ports it publishes."""
    return [int(port.rsplit(":", 1)[1]) for port in service.get("ports", ())]


def _quantity(memory: str) -> str:
    return memory.replace("m", "Mi").replace("g", "Gi")


def _probes(check: Mapping[str, Any]) -> dict[str, Any]:
    """Ready: compose's own check. Alive: the service answers at all, as one does that waits for another."""
    kind, *words = check["test"]
    command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
    times = {"periodSeconds": 10, "timeoutSeconds": 8}
    found: dict[str, Any] = {
        "startupProbe": {"exec": {"command": command}, "failureThreshold": 30, **times},
        "readinessProbe": {"exec": {"command": command}, "failureThreshold": 3, **times},
    }
    if command[:3] == ["python", "-m", "common.probe"] and len(command) == 4:
        alive = [*command, "/healthz"]
        # A service that is not ready yet is alive: only the second probe may end it, and it starts at once.
        found["startupProbe"]["exec"] = {"command": alive}
        found["livenessProbe"] = {"exec": {"command": alive}, "failureThreshold": 6, **times}
    return found


def slug(path: str) -> str:
    """The ConfigMap of a mounted file's folder, or of a mounted folder: `./deploy/jmx/kafka.yml` is in `deploy-jmx`."""
    parts = path.removeprefix("./").split("/")
    return "-".join(parts[:-1] if "." in parts[-1] else parts)


def _mounts(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for mount in service.get("volumes", ()):
        source, target, *mode = mount.split(":")
        made: dict[str, Any] = {"name": slug(source) if source.startswith(".") else source, "mountPath": target}
        if mode:
            made["readOnly"] = True
        if source.startswith(".") and "." in source.rsplit("/", 1)[1]:
            made["subPath"] = source.rsplit("/", 1)[1]
        elif source in _FOLDERS:
            made["subPath"] = _FOLDERS[source]
        found.append(made)
    return found + [{"name": "tmp", "mountPath": text.split(":")[0]} for text in service.get("tmpfs", ())]


def _volumes(service: Service) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for mount in service.get("volumes", ()):
        source = mount.split(":")[0]
        if source == _AGENT_VOLUME:
            found[source] = {"emptyDir": {}}
        elif source.startswith("."):
            found[slug(source)] = {"configMap": {"name": slug(source)}}
        else:
            found[source] = {"persistentVolumeClaim": {"claimName": source}}
    for text in service.get("tmpfs", ()):
        size = next(part.removeprefix("size=") for part in text.split(":")[1].split(",") if part.startswith("size="))
        found["tmp"] = {"emptyDir": {"medium": "Memory", "sizeLimit": _quantity(size)}}
    return [{"name": name, **volume} for name, volume in found.items()]


def _agent(service: Service, variables: Mapping[str, str]) -> dict[str, Any]:
    """Copies the agent into the pod's own volume."""
    made = _container(AGENT, service, variables)
    mounts = [{"name": _AGENT_VOLUME, "mountPath": "/data"}]
    return {**{key: value for key, value in made.items() if key != "env"}, "volumeMounts": mounts}
