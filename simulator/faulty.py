"""The ASGI layer that strikes requests with the faults that are on, and counts all requests."""

import asyncio
import json
import time
from typing import Literal

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator import tmdb_json
from simulator.faults import BOTH, STATUSES, Api, Fault
from simulator.world import World

_REQUESTS = Counter("trendscope_simulator_requests_total", "Requests by API and status", ["api", "status"])
_SECONDS = Histogram(
    "trendscope_simulator_request_seconds",
    "Time to answer",
    ["api"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5),
)
_STRIKES = STATUSES | BOTH
_HTML_429 = b"<!doctype html>\n<html><head><title>Too Many Requests</title></head><body>slow down</body></html>\n"


def api_of(path: str) -> Api | Literal["admin"]:
    """Which API a path belongs to."""
    if path.startswith("/3/"):
        return "tmdb"
    return "admin" if path.startswith(("/_sim", "/metrics", "/healthz", "/readyz")) else "reddit"


class FaultLayer:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, struck or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api = api_of(scope["path"])
        status = 0

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._answer(api, scope, receive, counting)
        finally:
            _REQUESTS.labels(api, str(status)).inc()
            _SECONDS.labels(api).observe(time.perf_counter() - began)

    async def _answer(self, api: Api | Literal["admin"], scope: Scope, receive: Receive, send: Send) -> None:
        # a token is granted even when the API behind it fails; token faults are the grant's own
        struck = None
        if api != "admin" and scope["path"] != "/api/v1/access_token":
            struck = self._world.faults.strike(api, _STRIKES, self._world.now())
        if struck is None:
            await self._app(scope, receive, send)
            return
        kind, fault = struck
        if kind == "slow":
            await asyncio.sleep(fault.delay)
            await self._app(scope, receive, send)
        elif kind == "reset":
            await _cut(send)
        elif kind == "bad_json":
            await _reply(send, 200, b'{"kind": "Listing", "data": {"children": [')
        elif kind == "empty_body":
            await _reply(send, 200, b"")
        else:
            await _reply_status(send, api, int(kind), fault)


async def _reply_status(send: Send, api: Api | Literal["admin"], status: int, fault: Fault) -> None:
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if api == "tmdb":
        body = tmdb_json.BY_STATUS.get(status, tmdb_json.error(status, "The request failed."))
        await _reply(send, status, json.dumps(body).encode(), headers)
    elif status == 401:
        headers["www-authenticate"] = 'Bearer realm="reddit", error="invalid_token"'
        await _reply(send, status, b'{"message": "Unauthorized", "error": 401}', headers)
    elif status == 429 and fault.retry_after is not None:
        # recorded: with Retry-After the body is a page for people
        await _reply(send, status, _HTML_429, {**headers, "content-type": "text/html; charset=UTF-8"})
    elif status >= 500 or status == 451:
        await _reply(send, status, b"", headers)
    else:
        names = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
        await _reply(send, status, json.dumps({"message": names[status], "error": status}).encode(), headers)


async def _reply(send: Send, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    fields = {"content-type": "application/json; charset=UTF-8", "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _cut(send: Send) -> None:
    """Announce more than is sent, and return: the server closes the connection in the middle of the body."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"100000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"kind": "Lis', "more_body": True})
