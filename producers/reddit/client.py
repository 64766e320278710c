"""Reddit's API through `praw`, read-only: pages of the comment listing, and every failure as one of ours."""

import threading
import time
from collections.abc import Callable
from typing import Any

import praw
import prawcore
from praw.exceptions import PRAWException, RedditAPIException
from prawcore.exceptions import (
    BadJSON,
    Forbidden,
    InsufficientScope,
    InvalidToken,
    NotFound,
    OAuthException,
    PrawcoreException,
    Redirect,
    RequestException,
    ResponseException,
    UnavailableForLegalReasons,
)

from common.clock import Clock, system_clock
from configs.settings import Settings
from contracts.errors import ConfigurationError
from producers.errors import SourceError, SourceRefusedError, SourceUnavailableError
from producers.http import MAX_RETRY_AFTER_SECONDS, BoundedSession, parse_retry_after
from producers.reddit.things import PAGE_SIZE, Page
from producers.retrying import with_retries

REQUEST_TIMEOUT_SECONDS = 15.0
"""prawcore tries a request up to three times, so that a silent server costs a poll well under a minute."""
RETRY_DEADLINE_SECONDS = 60.0
"""Beyond it the poll is given up and the next one, an interval later, goes on from the same position."""

_KEYS = "create a 'script' app at https://www.reddit.com/prefs/apps and set REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"
Observe = Callable[[int | str], None]


class RedditClient:
    """The comments of the joined subreddits, as `producers.reddit.things.Listing`."""

    def __init__(
        self, settings: Settings, stop: threading.Event, observe: Observe, clock: Clock = system_clock
    ) -> None:
        """`observe` is told the status of each HTTP answer, or why there was none.

        Raises:
            ConfigurationError: a key is missing.
        """
        secret = settings.reddit_client_secret
        if not settings.reddit_client_id or secret is None or not secret.get_secret_value():
            raise ConfigurationError(f"no Reddit keys: {_KEYS} in .env, or let the simulator stand in")
        self._stop = stop
        self._names = "+".join(settings.reddit_subreddits)
        self._gate = _Gate(stop, observe, clock)
        self._reddit = praw.Reddit(
            client_id=settings.reddit_client_id,
            client_secret=secret.get_secret_value(),
            user_agent=settings.reddit_user_agent,
            reddit_url=settings.reddit_url.rstrip("/"),
            oauth_url=settings.reddit_oauth_url.rstrip("/"),
            username=None,
            password=None,
            refresh_token=None,
            check_for_updates=False,
            check_for_async=False,
            requestor_class=_Requestor,
            requestor_kwargs={"session": BoundedSession(), "gate": self._gate},
        )
        self._reddit.read_only = True

    def page(self, *, before: str | None = None, after: str | None = None) -> Page:
        """One page of the listing (see `Listing.page`), retried with back-off.

        Raises:
            SourceError: no usable answer before the deadline, or the service is stopping.
            ConfigurationError: the keys or the subreddits are refused.
        """
        params: dict[str, str | int] = {"limit": PAGE_SIZE}
        params.update({name: value for name, value in (("before", before), ("after", after)) if value})
        return with_retries(lambda: self._page(params), stop=self._stop, deadline=RETRY_DEADLINE_SECONDS)

    def _page(self, params: dict[str, str | int]) -> Page:
        self._gate.wait()
        try:
            answer = self._reddit.request(method="GET", path=f"r/{self._names}/comments/", params=params)
        except (SourceError, ConfigurationError):
            raise
        except OAuthException as error:
            raise _refused_grant(error) from None
        except (PrawcoreException, PRAWException) as error:
            raise self._translate(error) from None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError) as error:
            # prawcore reads headers and token answers without checks: nonsense in them ends here.
            raise SourceUnavailableError(f"Reddit's answer has an unexpected form ({type(error).__name__})") from None
        return _read_listing(answer)

    def _translate(self, error: Exception) -> Exception:
        if isinstance(error, InvalidToken) or _status(error) == 401:
            return ConfigurationError(f"Reddit refused the keys (HTTP 401): {_KEYS}")
        if isinstance(error, Forbidden | NotFound | Redirect | UnavailableForLegalReasons | InsufficientScope):
            return ConfigurationError(
                f"Reddit gives no comments of r/{self._names} (HTTP {_status(error)}): REDDIT_SUBREDDITS names one "
                "that is private, banned, misspelt or gone, or the application may not read it"
            )
        status = _status(error)
        if status is not None and 400 <= status < 500 and status != 408:
            return SourceRefusedError(f"Reddit refused the request (HTTP {status})", status)
        return SourceUnavailableError(_outage(error, status))


class _Gate:
    """Where requests wait: pauses that Reddit asked for are waited out here, so that the stop signal ends them."""

    def __init__(self, stop: threading.Event, observe: Observe, clock: Clock) -> None:
        self._stop = stop
        self.observe = observe
        self._clock = clock
        self._open_at = 0.0

    def wait(self) -> None:
        """Wait until requests are allowed again.

        Raises:
            SourceUnavailableError: the service is stopping.
        """
        if self._stop.wait(max(0.0, self._open_at - time.monotonic())):
            raise SourceUnavailableError("stopping")

    def check(self) -> None:
        """Refuse a request, a retry inside prawcore included, once the service is stopping."""
        if self._stop.is_set():
            raise SourceUnavailableError("stopping")

    def answered(self, status: int, headers: Any) -> None:
        """Note the answer's limits.

        Raises:
            SourceUnavailableError: 429. prawcore would read Retry-After as a number only and not wait for it.
        """
        self.observe(status)
        reset = _number(headers.get("x-ratelimit-reset"))
        if status == 429:
            pause = parse_retry_after(headers.get("retry-after"), self._clock)
            pause = pause if pause is not None else reset
            raise SourceUnavailableError("Reddit asks for a pause (HTTP 429)", pause)
        remaining = _number(headers.get("x-ratelimit-remaining"))
        if remaining is not None and remaining < 1 and reset is not None:
            self._open_at = time.monotonic() + reset


class _Requestor(prawcore.Requestor):
    """prawcore's way to the network, with the gate in front and the answer's status noted."""

    def __init__(self, *, gate: _Gate, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._gate = gate

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:  # noqa: ARG002
        """Issue one HTTP request; `timeout` is prawcore's constant, ours is shorter."""
        self._gate.check()
        try:
            response = super().request(*args, timeout=REQUEST_TIMEOUT_SECONDS, **kwargs)
        except RequestException as error:
            self._gate.observe(type(error.original_exception).__name__)
            raise
        self._gate.answered(response.status_code, response.headers)
        return response


def _refused_grant(error: OAuthException) -> Exception:
    """The token answer came with status 200 and an `error`: a word about the keys, or a status in disguise."""
    code = str(error.error)
    if code.isdigit() and (code == "429" or code.startswith("5")):
        return SourceUnavailableError(f"Reddit's token answer says {code}")
    return ConfigurationError(f"Reddit refused the keys ({code[:60]}): {_KEYS}")


def _outage(error: Exception, status: int | None) -> str:
    if isinstance(error, BadJSON):
        return "Reddit's answer is no JSON"
    if isinstance(error, RequestException):
        return f"Reddit did not answer ({type(error.original_exception).__name__})"
    return f"Reddit answered HTTP {status}" if status else f"Reddit's answer makes no sense ({type(error).__name__})"


def _status(error: Exception) -> int | None:
    if isinstance(error, RedditAPIException):  # praw's form of a 400 that says why
        return 400
    if isinstance(error, ResponseException | Redirect):
        return int(error.response.status_code)
    return None


def _number(value: Any) -> float | None:
    try:
        return min(max(float(value), 0.0), MAX_RETRY_AFTER_SECONDS)
    except (TypeError, ValueError):
        return None


def _read_listing(answer: Any) -> Page:
    data = answer.get("data") if isinstance(answer, dict) and answer.get("kind") == "Listing" else None
    things = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(things, list):
        raise SourceUnavailableError("Reddit's answer is no listing")
    after = data.get("after")
    return Page(things, after if isinstance(after, str) and after else None)
