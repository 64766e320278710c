"""Requests at a steady rate, from a process of its own: `python -m benchmarks.api_load`, orders on stdin, results out.

The rate is kept whatever the answers take (an open loop): a request that had to wait for a free connection counts from
the moment it was due. So a server that stands still for a second shows it in a whole second's requests, not in one.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Answers:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """Which path each of `seconds` is of, by its place."""
    statuses: dict[str, int] = field(default_factory=dict)
    received: int = 0
    elapsed: float = 0.0

    def add(self, number: int, status: str, size: int, seconds: float) -> None:
        """One answer."""
        self.numbers.append(number)
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.received += size


class Connection:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> tuple[str, int]:
        """Status and size of an answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = head[9:12].decode()
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if length:
            await self._reader.readexactly(length)
        return status, length

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def steady(port: int, paths: Sequence[str], rate: float, seconds: float, connections: int) -> Answers:
    """`rate` requests a second for so long, the paths in turn; rate 0: as many as `connections` can."""
    answers, numbers = Answers(), itertools.count()
    began = time.perf_counter()
    total = int(rate * seconds) if rate else sys.maxsize

    async def work() -> None:
        connection = Connection(port)
        while (number := next(numbers)) < total:
            due = began + number / rate if rate else time.perf_counter()
            if due - began > seconds:
                break
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            try:
                status, size = await connection.get(paths[number % len(paths)])
            except (OSError, asyncio.IncompleteReadError):
                connection.close()
                status, size = "broken", 0
            answers.add(number % len(paths), status, size, time.perf_counter() - due)
        connection.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    answers.elapsed = time.perf_counter() - began
    return answers


async def listen(port: int, clients: int, seconds: float) -> dict[str, Any]:
    """So many clients of the event stream for so long; how many events and bytes each got."""
    events, received, refused = [0] * clients, [0] * clients, 0

    async def follow(number: int) -> None:
        nonlocal refused
        await asyncio.sleep(number * 0.003)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        except OSError:
            refused += 1
            return
        writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            while data := await reader.read(65_536):
                received[number] += len(data)
                events[number] += data.count(b"event: ")
        finally:
            writer.close()

    tasks = [asyncio.create_task(follow(number)) for number in range(clients)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {
        "events_least": min(events),
        "events_most": max(events),
        "bytes": sum(received),
        "refused": refused,
    }


def main() -> None:
    """One order a line; one result a line; ends with the input."""
    for line in sys.stdin:
        order = json.loads(line)
        listens = order.pop("what") == "listen"
        result = asyncio.run(listen(**order)) if listens else asdict(asyncio.run(steady(**order)))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
