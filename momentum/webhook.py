"""Tells a Slack-compatible webhook of breakouts, in a thread of its own: a slow receiver holds up nothing."""

import queue
import threading
from collections.abc import Callable

import orjson
import requests
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from configs.logging import get_logger
from contracts.events import Breakout
from momentum import telemetry

log = get_logger(__name__)

_TIMEOUT_SECONDS = 5.0
_ATTEMPTS = 4
"""At 0, 1, 3 and 7 seconds: what is not through by then is told in the log; the topic and the table have it anyway."""
_WAITING = 100
"""Messages that may wait; further ones are dropped: nobody reads a hundred alerts at once."""

Post = Callable[[str, bytes], None]


def text_of(breakout: Breakout) -> str:
    """The message. Slack's three control characters are written as entities."""
    title = breakout.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    minutes = int((breakout.detected_at - breakout.started_at).total_seconds() // 60)
    return (
        f"{title} is breaking out: {breakout.mentions} mentions in {minutes} minutes up to "
        f"{breakout.detected_at:%Y-%m-%d %H:%M} UTC, where {breakout.expected:.1f} are normal "
        f"(chance {breakout.p_value:.0e})"
    )


def post(url: str, body: bytes) -> None:
    """Send one message.

    Raises:
        requests.RequestException: it did not arrive.
    """
    headers = {"Content-Type": "application/json"}
    requests.post(url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS).raise_for_status()


class Webhook:
    """A queue and the thread that empties it. Without an address it does nothing."""

    def __init__(self, url: SecretStr | None, *, send: Post = post, pause: float = 1.0) -> None:
        """`pause`: seconds before the second attempt; it doubles from there."""
        self._url, self._send, self._pause = url, send, pause
        self._queue: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        if url is not None:
            self._thread.start()

    def tell(self, breakout: Breakout) -> None:
        """Queue a message; returns at once."""
        if self._url is None:
            return
        try:
            self._queue.put_nowait(_encode(text_of(breakout)))
        except queue.Full:
            telemetry.WEBHOOKS.labels("failed").inc()
            log.warning("webhook_queue_full", breakout=breakout.breakout_id)

    def close(self, seconds: float) -> None:
        """Give what waits so long to be sent."""
        if self._url is not None:
            self._queue.put(None)
            self._thread.join(seconds)

    def _run(self) -> None:
        while (body := self._queue.get()) is not None:
            try:
                self._deliver(body)
                telemetry.WEBHOOKS.labels("sent").inc()
            except requests.RequestException as error:
                telemetry.WEBHOOKS.labels("failed").inc()
                log.warning("webhook_failed", error=type(error).__name__)  # its text has the address, which is a secret

    def _deliver(self, body: bytes) -> None:
        assert self._url is not None  # noqa: S101 - the thread runs only with an address
        attempts = Retrying(
            retry=retry_if_exception_type(requests.RequestException),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=self._pause),
            reraise=True,
        )
        attempts(self._send, self._url.get_secret_value(), body)


def _encode(text: str) -> bytes:

    return orjson.dumps({"text": text})
