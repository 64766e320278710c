"""The OpenAPI document: FastAPI's, with problems as RFC 9457 has them."""

from typing import Any

from fastapi import FastAPI

from serving.platform_models import Problem


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
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
