"""What stands before every request: headers, optional keys with their limits, request metrics."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import Counter, Histogram
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from configs.logging import get_logger
from contracts.errors import ConfigurationError
from serving.guesses import Guesses, network_of, seconds_until
from serving.problems import ApiError, problem

log = get_logger(__name__)

COOKIE = "trendscope_key"
_SHORTEST_KEY = 16
"""Characters: a shorter one can be guessed."""

REQUESTS = Counter("trendscope_serving_requests", "Requests answered", ["route", "status"])
SECONDS = Histogram(
    "trendscope_serving_request_seconds", "Time to the begin of an answer", ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""On every answer that does not say otherwise; a page brings a Content-Security-Policy of its own."""
_OPEN = frozenset({"/api/v1/session", "/api/v1/openapi.json"})
"""Paths under /api that need no key."""


class Keys:
    """The API's keys, by name. Kept as digests: nothing shows a key, and each comparison takes the same time."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._digests = {name: _digest(key) for name, key in named.items()}
        self._guesses = Guesses()

    @classmethod
    def of(cls, setting: SecretStr | None) -> "Keys":
        """From `name:key,name:key`.

        Raises:
            ConfigurationError: an entry is not of that form, or a key is short or there twice.
        """
        entries = [part.strip() for part in (setting.get_secret_value() if setting else "").split(",") if part.strip()]
        named: dict[str, str] = {}
        for entry in entries:
            name, colon, key = entry.partition(":")
            if not (name and colon and len(key) >= _SHORTEST_KEY and key.isascii()):
                raise ConfigurationError(
                    f"API_KEYS: write name:key, separated by commas, a key of {_SHORTEST_KEY} or more ASCII characters"
                )
            if name in named or key in named.values():
                raise ConfigurationError(f"API_KEYS: the name or the key of {name} is there twice")
            named[name] = key
        return cls(named)

    def __bool__(self) -> bool:
        """Whether keys are asked for."""
        return bool(self._digests)

    def holder(self, key: str | None, client: tuple[str, int] | None) -> str:
        """Whose key it is that a client sends.

        Raises:
            ApiError: 401 without a key or with a wrong one; 429 for any key after too many wrong ones from there.
        """
        if not key:
            raise _refusal("send a key of this API as X-API-Key")
        network = network_of(client)
        if wait := self._guesses.wait(network):
            detail = "too many wrong keys came from this address"
            raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(wait)})
        name = self._name_of(key)
        if name is None:
            self._guesses.count(network)
            raise _refusal("no such key: send one of this API as X-API-Key")
        return name

    def _name_of(self, key: str) -> str | None:
        """Every known key is compared, so that the time says nothing."""
        digest, found = _digest(key), None
        for name, known in self._digests.items():
            if hmac.compare_digest(digest, known):
                found = name
        return found


def _refusal(detail: str) -> ApiError:
    return ApiError(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": 'ApiKey realm="trendscope"'})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, keys: Keys, rate: str) -> None:
        """`rate` is each key's, e.g. `1200/minute`."""
        self._app, self._keys = app, keys
        self._limit: RateLimitItem = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it; either way with the headers, and counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                SECONDS.labels(_route(scope)).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self._pass(scope, receive, send_with_headers)
        except Exception as error:
            log.error("request_failed", path=scope["path"], error=repr(error), exc_info=error)
            if not started:
                refusal = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a defect of this server", scope["path"])
                await refusal(scope, receive, send_with_headers)
        finally:
            REQUESTS.labels(_route(scope), str(status)).inc()

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if self._keys and path.startswith("/api/") and path not in _OPEN and scope["method"] != "OPTIONS":
            try:
                name = self._keys.holder(key_of(Headers(scope=scope)), scope.get("client"))
            except ApiError as error:
                refusal = problem(error.status, error.detail, path, error.headers)
                await refusal(scope, receive, send)
                return
            if not self._limiter.hit(self._limit, name):
                await self._too_many(name, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _too_many(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        reset = self._limiter.get_window_stats(self._limit, name).reset_time
        headers = {"Retry-After": str(seconds_until(reset))}
        refusal = problem(HTTPStatus.TOO_MANY_REQUESTS, f"more than {self._limit}", scope["path"], headers)
        await refusal(scope, receive, send)


def key_of(headers: Headers) -> str | None:
    """The key a request carries: as X-API-Key, as a bearer token, or in the page's cookie."""
    if key := headers.get("x-api-key"):
        return key
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    return cookies[COOKIE].value if COOKIE in cookies else None


def _route(scope: Scope) -> str:
    """The route's template: labels do not grow with films."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or "other")
