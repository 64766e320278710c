"""Who may talk to the pods. A network policy counts only where the cluster's network plugin enforces them."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.kubernetes.objects import labels
from local.kubernetes.pods import Service, ports

REACHED = "serving"
"""The one service that is met from elsewhere: the others ask for no password, or are asked by ours alone."""
_OURS = {"matchLabels": {"app.kubernetes.io/part-of": "trendscope"}}


def policies(services: Mapping[str, Service]) -> Iterator[dict[str, Any]]:
    """Our pods take connections from each other; `REACHED` takes them from anywhere, on its published port.

    What they open themselves is not limited: producers and webhooks go to the internet.
    """
    yield _policy("trendscope", _OURS, {"from": [{"podSelector": _OURS}]})
    open_ports = [{"protocol": "TCP", "port": port} for port in ports(services[REACHED])]
    yield _policy(REACHED, {"matchLabels": {"app.kubernetes.io/name": REACHED}}, {"ports": open_ports})


def _policy(name: str, pods: Mapping[str, Any], allowed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": [allowed]},
    }
