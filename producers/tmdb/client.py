"""TMDB's API: one rate-limited `get`, and every failure as one of ours. The key appears in no message and no log."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from requests.auth import AuthBase
from requests_ratelimiter import LimiterMixin

from common.clock import Clock, system_clock
from configs.settings import Settings
from contracts.errors import ConfigurationError
from producers.errors import SourceRefusedError, SourceUnavailableError
from producers.http import BoundedSession, parse_retry_after
from producers.retrying import with_retries

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
"""TMDB answers in a few tenths of a second; ten without a byte means it will not answer."""
RETRY_DEADLINE_SECONDS = 45.0
"""A poll is five requests or so: even when each runs into this, the default interval of 300 s is kept."""

Observe = Callable[[int | str], None]


class _Session(LimiterMixin, BoundedSession):
    """A bounded session that waits before a request when the last second has had its share."""


class _Key(AuthBase):
    """Adds the key last, so that no request object of ours, and no error about one, holds it."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._is_token = key.startswith("eyJ") and key.count(".") == 2
        """TMDB's v4 "read access token" is a JWT and goes in a header; a v3 key goes in the query."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._is_token:
            request.headers["Authorization"] = f"Bearer {self._key}"
        else:
            request.prepare_url(request.url, {"api_key": self._key})
        return request


class TmdbClient:
    """GET requests to TMDB, at most `tmdb_requests_per_second` of them, retries included."""

    def __init__(
        self, settings: Settings, stop: threading.Event, observe: Observe, clock: Clock = system_clock
    ) -> None:
        """`observe` is told the status of each answer, or why there was none.

        Raises:
            ConfigurationError: the key is missing.
        """
        key = settings.tmdb_api_key.get_secret_value().strip() if settings.tmdb_api_key else ""
        if not key:
            raise ConfigurationError(
                "TMDB_API_KEY is not set: get a free key at https://www.themoviedb.org/settings/api and put it "
                "in .env, or let the simulator stand in"
            )
        # requests_ratelimiter logs the URL of a 429 and urllib3 that of a bad header; either may hold the key.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self._session = _Session(per_second=settings.tmdb_requests_per_second, limit_statuses=())
        self._session.headers["Accept"] = "application/json"
        self._auth = _Key(key)
        self._base = settings.tmdb_base_url.rstrip("/")
        self._language = settings.tmdb_language
        self._stop = stop
        self._observe = observe
        self._clock = clock
        self._open_at = 0.0

    def close(self) -> None:
        """Release the connections and the limiter's thread."""
        self._session.close()

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """Fetch one JSON object, retried with back-off until a deadline; waits out a pause TMDB has asked for.

        Raises:
            SourceUnavailableError: no usable answer before the deadline, or the service is stopping.
            SourceRefusedError: TMDB will not answer this request (400, 404, 422, …).
            ConfigurationError: the key is refused (401).
        """
        if self._stop.wait(max(0.0, self._open_at - time.monotonic())):
            raise SourceUnavailableError("stopping")
        return with_retries(
            lambda: self._get(path, params, READ_SECONDS), stop=self._stop, deadline=RETRY_DEADLINE_SECONDS
        )

    def get_once(self, path: str, *, within: float, **params: str | int) -> dict[str, Any]:
        """Like `get`, but a single try that takes at most about `within` seconds, and none while a pause lasts."""
        if self._open_at > time.monotonic():
            raise SourceUnavailableError("TMDB has asked for a pause")
        return self._get(path, params, min(READ_SECONDS, within / 2))

    def _get(self, path: str, params: dict[str, str | int], seconds: float) -> dict[str, Any]:
        if self._stop.is_set():
            raise SourceUnavailableError("stopping")
        try:
            response = self._session.get(
                self._base + path,
                params={"language": self._language, **params},
                auth=self._auth,
                timeout=(min(CONNECT_SECONDS, seconds), seconds),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            reason = type(error).__name__
            self._observe(reason)
            # `from None`: the original's text holds the URL, and with it the key.
            raise SourceUnavailableError(f"TMDB did not answer {path} ({reason})") from None
        self._observe(response.status_code)
        return self._read(path, response)

    def _read(self, path: str, response: requests.Response) -> dict[str, Any]:
        status = response.status_code
        if status == 401:
            raise ConfigurationError(
                "TMDB refused TMDB_API_KEY (HTTP 401): check it at https://www.themoviedb.org/settings/api"
            )
        if status == 429 or status >= 500 or status == 408:
            pause = parse_retry_after(response.headers.get("Retry-After"), self._clock)
            self._open_at = time.monotonic() + (pause or 0.0)
            raise SourceUnavailableError(f"TMDB answered {path} with HTTP {status}", pause)
        if status != 200:
            raise SourceRefusedError(f"TMDB refused {path} (HTTP {status})", status)
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise SourceUnavailableError(f"TMDB's answer to {path} is no JSON object")
        return answer
