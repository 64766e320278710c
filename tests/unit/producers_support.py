"""What the producers' tests share: a scripted HTTP server, a settable clock, and a publisher that keeps its events."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from configs.settings import Settings
from contracts.errors import DependencyError
from contracts.events import DeadLetter, Event

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FIXTURES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "api_fixtures"


@dataclass
class Reply:
    """An answer of the scripted server. `fault`: `reset` breaks the connection, `cut` ends the body early, `drip`
    sends a byte at a time, `silent` sends nothing."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass
class Request:
    """A request as the server saw it."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


Script = Callable[[Request], Reply]


@dataclass
class ApiServer:
    """A running scripted server."""

    url: str
    requests: list[Request]


@contextmanager
def api_server(script: Script) -> Iterator[ApiServer]:
    """Serve `script` on a free port of this host."""
    seen: list[Request] = []
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            params = {name: values[0] for name, values in parse_qs(split.query).items()}
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, split.path, params, dict(self.headers))
            seen.append(request)
            self._answer(script(request))

        do_POST = do_GET  # noqa: N815 - the base class looks for this name

        def _answer(self, reply: Reply) -> None:
            if reply.fault == "silent":
                done.wait(10)
            if reply.fault in {"reset", "silent"}:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                self.connection.close()
                return
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            if self.close_connection:  # the client asked for it; untold, it might still send its next request here
                self.send_header("Connection", "close")
            self.end_headers()
            self._body(reply)

        def _body(self, reply: Reply) -> None:
            if reply.fault == "cut":
                self.wfile.write(reply.body[: len(reply.body) // 2])
                self.close_connection = True
            elif reply.fault == "drip":
                for byte in reply.body:
                    if done.is_set():
                        return
                    try:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                    except OSError:
                        return
                    time.sleep(0.02)
            else:
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Quiet."""

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                """The connection was broken on purpose."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield ApiServer(f"http://127.0.0.1:{server.server_port}", seen)
    finally:
        done.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class SettableClock:
    """A clock that moves when told to; also a monotonic clock in seconds."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return (self.now - NOW).total_seconds()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class InstantStop(threading.Event):
    """A stop signal whose waits move the clock instead of taking time; each wait is noted."""

    def __init__(self, clock: SettableClock | None = None, stop_after: float = float("inf")) -> None:
        super().__init__()
        self._clock = clock or SettableClock()
        self._stop_after = stop_after
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set() and timeout:
            self.waits.append(timeout)
            self._clock.advance(timeout)
        return self.is_set()

    def is_set(self) -> bool:
        if self._clock.seconds() >= self._stop_after:
            self.set()
        return super().is_set()


class KeepingPublisher:
    """Keeps what was flushed; can fail on demand, and then keeps nothing of that batch."""

    def __init__(self) -> None:
        self.flushed: list[tuple[str, Event]] = []
        self.fail_flushes = 0
        self._queued: list[tuple[str, Event]] = []

    def send(self, topic: str, event: Event) -> None:
        self._queued.append((topic, event))

    def flush(self) -> None:
        queued, self._queued = self._queued, []
        if self.fail_flushes:
            self.fail_flushes -= 1
            raise DependencyError("Kafka is away")
        self.flushed += queued

    def events(self, topic: str) -> list[Any]:
        return [event for name, event in self.flushed if name == topic]

    def dead_letters(self) -> list[DeadLetter]:
        return [event for _, event in self.flushed if isinstance(event, DeadLetter)]


def settings(**overrides: Any) -> Settings:
    """Settings that read neither the environment's keys nor `.env`."""
    values: dict[str, Any] = {
        "tmdb_api_key": "k" * 32,
        "reddit_client_id": "an-id",
        "reddit_client_secret": "a-secret",
        **overrides,
    }
    return Settings(_env_file=None, **values)
