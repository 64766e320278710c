"""kafka-python (3.0) does not close the socket of a connection that is refused, or given up while it is made: it leaves
that to the garbage collector, which then warns in whatever test runs at the time. Here such sockets are closed at once,
so a warning of an unclosed socket is one of our own."""

from typing import Any

from kafka.net.inet import KafkaNetSocket
from kafka.net.transport import KafkaSSLTransport

_sock_connect = KafkaNetSocket.sock_connect
_handshake = KafkaSSLTransport.handshake


async def _connect_or_close(self: KafkaNetSocket, net: Any, sock: Any, sockaddr: Any, timeout_at: Any = None) -> Any:
    try:
        return await _sock_connect(self, net, sock, sockaddr, timeout_at=timeout_at)
    except BaseException:  # GeneratorExit too: the client was closed meanwhile
        sock.close()
        raise


async def _greet_or_close(self: KafkaSSLTransport) -> None:
    try:
        await _handshake(self)
    except BaseException:
        self._sock.close()
        raise


def close_abandoned() -> None:
    """From now on, in this process, close what kafka-python drops."""
    KafkaNetSocket.sock_connect = _connect_or_close
    KafkaSSLTransport.handshake = _greet_or_close
