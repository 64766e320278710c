"""What the tests' start-up mends in kafka-python."""

import socket
from typing import Any

import pytest
from kafka.errors import KafkaConnectionError
from kafka.net.inet import KafkaNetSocket

from tests.support.ports import free_port


class Sockets(KafkaNetSocket):  # type: ignore[misc]
    """Remembers the socket it made."""

    SCHEMES = ()  # of proxies
    made: socket.socket

    def socket(self, *arguments: Any) -> socket.socket:
        self.made = super().socket(*arguments)
        return self.made


class Waiting:
    """A loop in which nothing ever becomes writable."""

    def wait_write(self, sock: socket.socket, timeout_at: float | None = None) -> "Waiting":
        return self

    def __await__(self) -> Any:
        yield


def connecting(sockets: Sockets, port: int) -> Any:
    return sockets.connect(Waiting(), (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)))


def test_the_socket_of_a_connection_given_up_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sockets = Sockets()
        attempt = connecting(sockets, server.getsockname()[1])
        attempt.send(None)  # until it waits
        assert sockets.made.fileno() != -1
        attempt.close()
        assert sockets.made.fileno() == -1


def test_the_socket_of_a_refused_connection_is_closed() -> None:
    sockets = Sockets()
    attempt = connecting(sockets, free_port())
    attempt.send(None)
    with pytest.raises(KafkaConnectionError):
        attempt.send(None)
    assert sockets.made.fileno() == -1
