"""From compose's `${NAME:-default}` to values, keys of a ConfigMap and keys of a Secret."""

import re
from collections.abc import Mapping
from typing import Any

SECRETS = frozenset(
    {
        "TMDB_API_KEY", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "AUTHOR_HASH_KEY", "API_KEYS",
        "BREAKOUT_WEBHOOK_URL", "GRAFANA_ADMIN_PASSWORD",
    }
)  # fmt: skip
"""Variables that come from the Secret `trendscope-secrets`, which people make; all but the last may be missing."""
SETTINGS_MAP, SECRET = "trendscope-settings", "trendscope-secrets"

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?:(:-|:\?)([^}]*))?\}")


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with each variable's value, or its default."""
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or (found[3] if found[2] == ":-" else ""), text)


def environment(given: Mapping[str, Any], variables: Mapping[str, str]) -> list[dict[str, Any]]:
    """A container's `env`: one variable alone is looked up in the cluster, anything else is a value."""
    found: list[dict[str, Any]] = []
    for name, value in given.items():
        text = str(value)
        alone = _VARIABLE.fullmatch(text)
        if alone is None:
            found.append({"name": name, "value": filled(text, variables)})
        elif alone[1] in SECRETS:
            found.append({"name": name, "valueFrom": {"secretKeyRef": _key(SECRET, alone)}})
        elif alone[2] == ":-" and alone[3]:
            found.append({"name": name, "value": filled(text, variables)})
        else:
            found.append({"name": name, "valueFrom": {"configMapKeyRef": _key(SETTINGS_MAP, alone)}})
    return found


def _key(holder: str, variable: re.Match[str]) -> dict[str, Any]:
    return {"name": holder, "key": variable[1], "optional": variable[2] != ":?"}
