"""The client on a real socket: broken answers, slow ones, large ones, and hosts that are not there."""

import gzip
import socket
import time as real_time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
import SekoiaXDRApiModule as api
import SekoiaXDRSearchCommandsApiModule as search
from SekoiaXDRApiModule_test import FakeTime, failing, make_client


class Wire(BaseHTTPRequestHandler):
    """Writes the next scripted bytes, or runs the next script, then closes or keeps the connection."""

    protocol_version = "HTTP/1.1"
    script: list[Any]
    peers: list[Any]

    def do_GET(self) -> None:
        self.peers.append(self.client_address)
        step = self.script.pop(0)
        self.close_connection = step(self.connection) is not True

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def wire() -> Iterator[tuple[str, type[Wire]]]:
    handler = type("Scripted", (Wire,), {"script": [], "peers": []})
    server = QuietServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def answer_of(body: bytes, length: int | None = None, head: str = "") -> Callable[[socket.socket], bool]:
    declared = len(body) if length is None else length
    start = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{head}Content-Length: {declared}\r\n\r\n"

    def send(connection: socket.socket) -> bool:
        connection.sendall(start.encode() + body)
        return length is None

    return send


def chunked(
    *pieces: bytes, then: Callable[[], None] = lambda: None, end: bool = True
) -> Callable[[socket.socket], bool]:
    def send(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            then()
        if end:
            connection.sendall(b"0\r\n\r\n")
        return end

    return send


class QuietServer(ThreadingHTTPServer):
    """Says nothing when a script hangs up on its own handler."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def hang_up(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


EMPTY = b'{"items": [], "total": 0}'


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (answer_of(EMPTY, length=500), "cut"),
        (chunked(b'{"items": ', end=False), "cut"),
        (answer_of(b"no gzip", head="Content-Encoding: gzip\r\n"), "cut"),
        (hang_up, "reset"),
    ],
    ids=["cut by length", "cut chunks", "broken gzip", "hang up"],
)
def test_an_answer_broken_on_the_wire_is_asked_again(clock: FakeTime, wire: Any, broken: Any, reason: str) -> None:
    url, handler = wire
    handler.script += [broken, answer_of(EMPTY), broken]
    client = make_client(url)
    assert client.alerts_page(api.AlertQuery()) == api.AlertPage([], 0)
    client.tries = 1
    assert failing(client).reason == reason


def test_one_connection_serves_the_whole_run(clock: FakeTime, wire: Any) -> None:
    url, handler = wire
    handler.script += [
        answer_of(EMPTY),
        chunked(EMPTY),
        answer_of(gzip.compress(EMPTY), head="Content-Encoding: gzip\r\n"),
    ]
    client = make_client(url)
    for _ in range(3):
        assert client.alerts_page(api.AlertQuery()) == api.AlertPage([], 0)
    assert len(set(handler.peers)) == 1


@pytest.mark.parametrize("shape", [chunked(b"  ", b"  ", b" " * 70_000, EMPTY), answer_of(b" " * 70_000 + EMPTY)])
def test_an_answer_that_drips_past_the_deadline_is_given_up(
    clock: FakeTime, wire: Any, monkeypatch: Any, shape: Any
) -> None:
    url, handler = wire
    handler.script.append(shape)
    client = make_client(url, seconds=100)
    pieces = api.body_pieces

    def dripping(response: requests.Response) -> Iterator[bytes]:
        for piece in pieces(response):
            clock.now += 60
            yield piece

    monkeypatch.setattr(api, "body_pieces", dripping)
    error = failing(client)
    assert isinstance(error, api.SekoiaDeadline)
    assert "Sekoia did not answer within 100.0 s" in str(error)


def slow_then_silent(head: bytes, delay: float) -> Callable[[socket.socket], bool]:
    """Answers after a delay (seconds), then says nothing more until the client hangs up."""

    def send(connection: socket.socket) -> bool:
        real_time.sleep(delay)
        connection.sendall(head)
        connection.settimeout(5)
        return bool(connection.recv(1))

    return send


def dripping_for_ever(connection: socket.socket) -> bool:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
    for _ in range(50):
        connection.sendall(b" ")
        real_time.sleep(0.1)
    return True


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SLOW = {
    "no answer": slow_then_silent(b"", 0),
    "late head": slow_then_silent(HEAD + b"Content-Length: 100\r\n\r\n", 0.2),
    "late head, last answer": slow_then_silent(HEAD + b"Connection: close\r\nContent-Length: 100\r\n\r\n", 0.2),
    "late chunks": slow_then_silent(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 0.2),
    "late and without a length": slow_then_silent(HEAD + b"\r\n" + EMPTY, 0.2),
    "drip": dripping_for_ever,
}


@pytest.mark.parametrize("shape", SLOW)
def test_a_call_ends_with_the_time_of_the_run_on_the_real_clock(wire: Any, shape: str) -> None:
    url, handler = wire
    handler.script.append(SLOW[shape])
    client, started = make_client(url, seconds=0.35), real_time.monotonic()
    error = failing(client)
    assert real_time.monotonic() - started < 0.35 + 1
    assert isinstance(error, api.SekoiaDeadline)
    assert "GET /v1/sic/alerts: Sekoia did not answer within 0." in str(error)
    assert client.calls == 1


def test_an_answer_beyond_the_size_bound_is_not_kept(clock: FakeTime, wire: Any, monkeypatch: Any) -> None:
    url, handler = wire
    monkeypatch.setattr(api, "BODY_LIMIT", 2**20)
    handler.script.append(answer_of(gzip.compress(b" " * 2**22), head="Content-Encoding: gzip\r\n"))
    error = failing(make_client(url))
    assert (type(error), error.reason) == (api.SekoiaBadResponse, "size")


def test_an_older_urllib3_without_read1_still_reads(clock: FakeTime) -> None:
    response = requests.Response()
    response._content = b"old"
    response._content_consumed = True  # type: ignore[attr-defined]
    assert b"".join(api.body_pieces(response)) == b"old"


def test_a_host_name_that_does_not_exist_is_told_as_such(clock: FakeTime, monkeypatch: Any) -> None:
    def unknown(*_args: Any, **_more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert failing(make_client("https://api.nowhere.example", tries=1)).reason == "dns"


def test_a_closed_port_is_told_as_such(clock: FakeTime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failing(make_client(f"http://127.0.0.1:{port}", tries=1)).reason == "refused"


def test_a_server_without_tls_is_told_as_a_tls_failure(clock: FakeTime, wire: Any) -> None:
    url, _handler = wire
    assert failing(make_client(url.replace("http:", "https:"), tries=1)).reason == "tls"


def test_the_module_runs_pasted_into_a_namespace_without_a_module() -> None:
    namespace: dict[str, Any] = {"__name__": "__builtin__"}
    exec(compile(Path(api.__file__).read_text(), "pasted", "exec"), namespace)
    assert namespace["AlertQuery"](types=("a",)).params()["match[type_value]"] == "a"


def store_of_an_export(url: str, seconds: float = 100.0) -> bytes:
    """The file of an export at that address."""
    params = search.Params.read({"url": url, "credentials": {"password": "key"}})
    return bytes(search.file_of_export(f"{url}/file.gz?sig=1", make_client(url, seconds=seconds), params, "a command"))


def test_file_of_an_export_is_taken_from_its_store(wire: Any) -> None:
    url, handler = wire
    handler.script.append(answer_of(b"packed"))
    assert store_of_an_export(url) == b"packed"


def test_store_of_an_export_sends_nobody_elsewhere(wire: Any) -> None:
    url, handler = wire
    elsewhere = f"HTTP/1.1 302 Found\r\nLocation: {url}/latest/meta-data\r\nContent-Length: 0\r\n\r\n"
    handler.script += [lambda connection: connection.sendall(elsewhere.encode()), answer_of(b"what nobody asked for")]
    with pytest.raises(ValueError, match="the store answered 302"):
        store_of_an_export(url)
    assert len(handler.script) == 1


@pytest.mark.parametrize("shape", SLOW)
def test_slow_store_of_an_export_ends_with_the_time_of_the_run(wire: Any, shape: str) -> None:
    url, handler = wire
    handler.script.append(SLOW[shape])
    started = real_time.monotonic()
    with pytest.raises(ValueError, match="the store did not give it within"):
        store_of_an_export(url, seconds=0.35)
    assert real_time.monotonic() - started < 0.35 + 1
