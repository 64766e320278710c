"""Asking a running Prometheus."""

import time
from collections.abc import Iterable
from typing import Any

import requests

_POLL_SECONDS = 2.0


class Prometheus:
    """The HTTP API of one server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _get(self, path: str, **parameters: str) -> Any:
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30)
        document = answer.json()
        assert document["status"] == "success", document.get("error")
        return document["data"]

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The result of an instant query: a list of series, each with its labels and value. An error fails the test."""
        data = self._get("query", query=expr)
        result: list[dict[str, Any]] = data["result"]
        return [{"metric": {}, "value": result}] if data["resultType"] == "scalar" else result

    def has_data(self, expr: str) -> bool:
        """Whether an expression gives a number: no series, or only NaN, is none."""
        return any(series["value"][1] != "NaN" for series in self.query(expr))

    def targets(self) -> dict[str, list[str]]:
        """The health of each scrape job's targets."""
        found: dict[str, list[str]] = {}
        for target in self._get("targets", state="active")["activeTargets"]:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert rule with its health and whether it fires."""
        groups = self._get("rules", type="alert")["groups"]
        return [rule for group in groups for rule in group["rules"]]


def without_data(prometheus: Prometheus, expressions: Iterable[str], deadline: float) -> set[str]:
    """Which expressions have not given a number within `deadline` seconds, all of them together."""
    left = set(expressions)
    end = time.monotonic() + deadline
    while True:
        left = {expr for expr in left if not prometheus.has_data(expr)}
        if not left or time.monotonic() > end:
            return left
        time.sleep(_POLL_SECONDS)
