"""Errors as RFC 9457 problem details, for every status and from every place."""

from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from configs.logging import get_logger
from contracts.errors import DependencyError

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 5


class ApiError(Exception):
    """An error the client is told of."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more


class NotFoundError(ApiError):
    """404."""

    def __init__(self, detail: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, detail)


class NotLoadedError(ApiError):
    """503: never read from the store so far; later attempts may succeed."""

    def __init__(self, detail: str = "not read from the store yet: it does not answer, or nothing is there") -> None:
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": str(_RETRY_SECONDS)})


def problem(status: int, detail: str | None, path: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """A problem as a response."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "instance": path,
        **more,
    }
    return Response(
        orjson.dumps(content),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def install(app: FastAPI) -> None:
    """Answer every error of an application as a problem."""

    async def api_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)  # noqa: S101 - registered for it alone
        return problem(error.status, error.detail, request.url.path, error.headers, **error.more)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, str(error.detail), request.url.path, headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        errors = [{"where": [str(part) for part in each["loc"]], "what": each["msg"]} for each in error.errors()]
        first = f"{'.'.join(errors[0]['where'])}: {errors[0]['what']}" if errors else "the request is not valid"
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, first, request.url.path, errors=errors)

    async def away(request: Request, error: Exception) -> Response:
        log.warning("store_away", error=str(error))
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "the store does not answer",
            request.url.path,
            {"Retry-After": str(_RETRY_SECONDS)},
        )

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(DependencyError, away)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems an operation may answer, for its OpenAPI entry."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
