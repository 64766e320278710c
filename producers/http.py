"""A `requests` session that cannot hang: the whole body has a deadline and a size limit, not just each read."""

import math
import time
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, ReadTimeout
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from common.clock import Clock

BODY_SECONDS = 30.0
"""A page of 100 comments takes well under a second; a body that drips longer than this is given up."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Far above any honest page, and small enough for a laptop's memory."""
MAX_RETRY_AFTER_SECONDS = 900.0
"""A pause longer than this is cut: a wrong header must not silence a producer for a day."""
_CHUNK = 64 * 1024


class BoundedSession(requests.Session):
    """Reads every body to its end inside `send`, within `BODY_SECONDS` and `MAX_BODY_BYTES`.

    A time-out of `requests` bounds the wait for each read only, so a server that drips one byte a second would hold
    a poll for hours. Bodies are therefore read piece by piece (`read1` returns what has arrived) against a deadline.
    """

    body_seconds = BODY_SECONDS

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send and read the whole answer.

        Raises:
            requests.exceptions.RequestException: the usual ones; `ReadTimeout` also for a body that takes too long.
        """
        deadline = time.monotonic() + self.body_seconds
        response = super().send(request, **{**kwargs, "stream": True})
        try:
            # The body is in `_content` from here on, as if requests had read it itself (stream=False).
            response._content = _read_all(response, deadline)
            response._content_consumed = True  # type: ignore[attr-defined]
        finally:
            response.close()
        return response


def _read_all(response: requests.Response, deadline: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise ChunkedEncodingError(f"the body is larger than {MAX_BODY_BYTES} bytes")
            if time.monotonic() > deadline:
                raise ReadTimeout("the body took too long")
    except ReadTimeoutError:
        raise ReadTimeout("the body stopped coming") from None
    except DecodeError:
        raise ContentDecodingError("the body's compression is broken") from None
    except (HTTPError, OSError) as error:
        if isinstance(error, requests.exceptions.RequestException):
            raise
        raise ChunkedEncodingError(f"the body broke off ({type(error).__name__})") from None
    return b"".join(pieces)


def parse_retry_after(value: str | None, now: Clock) -> float | None:
    """Seconds to wait from a `Retry-After` header: delta-seconds or an HTTP-date (RFC 9110 §10.2.3).

    None when the header is absent or unreadable; never negative, never above `MAX_RETRY_AFTER_SECONDS`.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            seconds = (date - now()).total_seconds()
        except (ValueError, TypeError):  # no date at all, or one without a zone
            return None
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
