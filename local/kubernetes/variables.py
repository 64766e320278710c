"""From compose's `${NAME:-default}` to values, keys of a ConfigMap and keys of a Secret."""

import re
from collections.abc import Iterable, Mapping
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
_LOOKED_UP = "GIVEN_"
"""Before the name of a variable that only others refer to: Kafka's image takes every KAFKA_* for the broker's own."""


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with each variable's value, or its default."""
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or (found[3] if found[2] == ":-" else ""), text)


def referring(text: str, variables: Mapping[str, str]) -> str:
    """The text with settings that have a default here as Kubernetes' own `$(NAME)`; the others filled in."""
    referred = _VARIABLE.sub(lambda one: f"$({_LOOKED_UP}{one[1]})" if _is_default(one) else one[0], text)
    return filled(referred, variables)


def environment(
    given: Mapping[str, Any], variables: Mapping[str, str], command: Iterable[Any] = ()
) -> list[dict[str, Any]]:
    """A container's `env`: one variable alone is looked up in the cluster, anything else is a value.

    What values and the `command` refer to comes first, as Kubernetes wants it.
    """
    texts = {name: str(value) for name, value in given.items()}
    alone = {name: one for name, text in texts.items() if (one := _VARIABLE.fullmatch(text))}
    within = [text for name, text in texts.items() if name not in alone]
    return [
        *(_looked_up(_LOOKED_UP + one[1], one) for one in _referred([*within, *map(str, command)])),
        *(
            _looked_up(name, alone[name]) if name in alone else {"name": name, "value": referring(text, variables)}
            for name, text in texts.items()
        ),
    ]


def defaults(service: Mapping[str, Any]) -> dict[str, str]:
    """The settings for which compose has a default of its own, and the cluster needs one in its ConfigMap."""
    texts = [*(service.get("environment") or {}).values(), *service.get("command", ())]
    return {one[1]: one[3] for one in _referred(map(str, texts))}


def _referred(texts: Iterable[str]) -> list[re.Match[str]]:
    return list({one[1]: one for text in texts for one in _VARIABLE.finditer(text) if _is_default(one)}.values())


def _is_default(variable: re.Match[str]) -> bool:
    """Whether it is a setting with a default in compose; ports are those of compose's host alone."""
    return bool(variable[2] == ":-" and variable[3]) and not variable[1].endswith("_PORT")


def _looked_up(name: str, variable: re.Match[str]) -> dict[str, Any]:
    if variable[1] in SECRETS:
        return {"name": name, "valueFrom": {"secretKeyRef": _key(SECRET, variable)}}
    return {"name": name, "valueFrom": {"configMapKeyRef": _key(SETTINGS_MAP, variable)}}


def _key(holder: str, variable: re.Match[str]) -> dict[str, Any]:
    return {"name": holder, "key": variable[1], "optional": variable[2] != ":?" and not variable[3]}
