"""Health, and the page's key."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from serving.context import Context
from serving.problems import ApiError, documented
from serving.security import COOKIE, Keys


class Session(BaseModel):
    """A key of the API."""

    key: str = Field(min_length=1, max_length=200)


class Health(BaseModel):
    """`ok`, or what is missing."""

    status: str = Field(examples=["ok"])


def router(context: Context, keys: Keys) -> APIRouter:
    """The routes."""
    api = APIRouter(tags=["operation"])
    board = context.board

    @api.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Prometheus's exposition."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @api.get("/healthz", response_model=Health)
    async def healthz() -> Health:
        """The process is alive."""
        return Health(status="ok")

    @api.get("/readyz", response_model=Health, responses=documented(503))
    async def readyz() -> Health:
        """It has something to show: a closed window. Also when the store has gone silent since: see `stale`."""
        if board.state.closed is None or board.state.catalogue is None:
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "no closed window was read yet")
        return Health(status="ok")

    @api.post("/api/v1/session", status_code=HTTPStatus.NO_CONTENT, responses=documented(400, 401, 422, 429))
    async def open_session(session: Session, request: Request) -> Response:
        """Keep a key in a cookie that scripts cannot read, for the dashboard in this browser."""
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        if keys:
            keys.holder(session.key, request.scope.get("client"))
            by_tls = _by_tls(request)
            response.set_cookie(COOKIE, session.key, httponly=True, samesite="strict", secure=by_tls, path="/")
        return response

    return api


def _by_tls(request: Request) -> bool:
    """Whether the browser came by https, to this server or to a proxy before it. The header is believed from anybody:
    who makes it up gets a cookie that his own browser does not send back."""
    asked = request.headers.get("x-forwarded-proto", request.url.scheme)
    return asked.partition(",")[0].strip().lower() == "https"
