"""The OpenAPI document: FastAPI's, with problems as RFC 9457 has them."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from serving.platform_models import Problem

EXAMPLES = Path(__file__).parent / "examples.json"
"""An answer of each operation, shortened; from a run over simulated sources."""


def describe(app: FastAPI) -> None:
    """Complete the document an application gives of itself."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = Problem.model_json_schema()
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            document["components"]["securitySchemes"] = {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "Only with API_KEYS set."}
            }
            for path, answer in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
                document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"] = answer
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
