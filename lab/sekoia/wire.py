"""How a reply leaves the socket: whole, or spoilt as a fault wants it."""

import socket
import struct
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from threading import Event

from lab.clock import TimeSource
from lab.sekoia.exchange import Reply

RESET = struct.pack("ii", 1, 0)
REASONS = {status.value: status.phrase for status in HTTPStatus}
WITHOUT_BODY = (204, 304)


def head_of(reply: Reply) -> bytes:
    """Status line and headers; the length announced is that of the whole body."""
    lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Lab')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if reply.status not in WITHOUT_BODY:
        lines.append(f"Content-Length: {len(reply.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def send(connection: socket.socket, reply: Reply, is_head: bool, clock: TimeSource, stopping: Event) -> bool:
    """Send the reply, dated by the tenant's clock; False when the connection cannot be used again."""
    body = b"" if is_head else reply.body
    reply.headers.setdefault("Date", formatdate(clock.time(), usegmt=True))
    return MANNERS[reply.wire.manner](connection, reply, body, clock, stopping)


def _plain(connection: socket.socket, reply: Reply, body: bytes, clock: TimeSource, stopping: Event) -> bool:
    connection.sendall(head_of(reply) + body)
    return True


def _reset(connection: socket.socket, reply: Reply, body: bytes, clock: TimeSource, stopping: Event) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    return False


def _cut(connection: socket.socket, reply: Reply, body: bytes, clock: TimeSource, stopping: Event) -> bool:
    connection.sendall(head_of(reply) + body[: len(body) // 2])
    return False


def _drip(connection: socket.socket, reply: Reply, body: bytes, clock: TimeSource, stopping: Event) -> bool:
    connection.sendall(head_of(reply))
    for start in range(0, len(body), reply.wire.chunk):
        clock.sleep(reply.wire.seconds)
        connection.sendall(body[start : start + reply.wire.chunk])
    return True


def _stall(connection: socket.socket, reply: Reply, body: bytes, clock: TimeSource, stopping: Event) -> bool:
    stopping.wait(reply.wire.seconds)
    return _plain(connection, reply, body, clock, stopping)


MANNERS: dict[str, Callable[[socket.socket, Reply, bytes, TimeSource, Event], bool]] = {
    "plain": _plain,
    "reset": _reset,
    "cut": _cut,
    "drip": _drip,
    "stall": _stall,
}
