"""The objects of a compose service: a workload, its network name, its claims."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.kubernetes.pods import Service, pod, ports

_INSIDE = {
    "kafka": [9092, 9404],
    "cassandra": [9404],
    "spark-master": [7077],
    "spark-worker": [8081],
    "alert-receiver": [9110],
}
"""Ports of the network alone, beside the published ones."""
_BY_NAME = {"kafka", "cassandra", "spark-master", "spark-worker", "trend-processor"}
"""They bind to, or are met at, their own name: it must be the pod's address, not a virtual one."""
_SHARED = {"processor-data"}
"""Claims of several pods at once: the storage class has to offer ReadWriteMany (NFS, CephFS, EFS ...)."""
_SIZES = {"kafka-data": "20Gi", "cassandra-data": "20Gi", "prometheus-data": "10Gi"}
_SIZE = "2Gi"
"""Of the others: positions, checkpoints, models."""


def labels(name: str) -> dict[str, str]:
    """The recommended labels."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "trendscope"}


def objects(name: str, services: Mapping[str, Service], variables: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Everything of one service, in the order of a readable file."""
    service = services[name]
    if service["restart"] != "unless-stopped":
        yield _job(name, pod(name, services, variables))
        return
    yield from (_claim(volume) for volume in claims(service))
    if open_ports := [*ports(service), *_INSIDE.get(name, [])]:
        yield _network_name(name, open_ports)
    yield _workload(name, pod(name, services, variables))


def claims(service: Service) -> list[str]:
    """The volumes that outlive a pod."""
    sources = [mount.split(":")[0] for mount in service.get("volumes", ())]
    return [source for source in sources if not source.startswith(".") and source != "jmx-agent"]


def _claim(name: str) -> dict[str, Any]:
    mode = "ReadWriteMany" if name in _SHARED else "ReadWriteOnce"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {"accessModes": [mode], "resources": {"requests": {"storage": _SIZES.get(name, _SIZE)}}},
    }


def _network_name(name: str, open_ports: list[int]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "selector": {"app.kubernetes.io/name": name},
        "ports": [{"name": f"p{port}", "port": port, "targetPort": port} for port in dict.fromkeys(open_ports)],
    }
    if name in _BY_NAME:
        # A node finds itself by its name before it is ready.
        spec |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels(name)}, "spec": spec}


def _workload(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "replicas": 1,
            # Never two of one: a volume, a consumer group or a checkpoint belongs to one process.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {"metadata": {"labels": labels(name)}, "spec": spec},
        },
    }


def _job(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "backoffLimit": 20,
            "template": {"metadata": {"labels": labels(name)}, "spec": {"restartPolicy": "OnFailure", **spec}},
        },
    }
