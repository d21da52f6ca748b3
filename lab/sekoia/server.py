"""The socket: one thread per connection, HTTP/1.1 with keep-alive, a port chosen by the system."""

import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

from lab.sekoia import wire
from lab.sekoia.app import serve
from lab.sekoia.exchange import Reply, json_reply, request_of
from lab.sekoia.tls import TlsFiles
from lab.sekoia.world import World

POLL_SECONDS = 0.01


class EmulatorCrash(Exception):
    """The lab itself failed while it served a call; the test that made the call proves nothing."""


class SekoiaServer:
    """Serves a world from construction until `close`. Use it as a context manager, so that a crash fails the test."""

    def __init__(self, world: World, tls: TlsFiles | None = None, port: int = 0) -> None:
        self.world = world
        self.crashes: list[BaseException] = []
        self._http = _HttpServer(self, tls, port)
        self._thread = Thread(target=self._http.serve_forever, args=(POLL_SECONDS,), name="sekoia", daemon=True)
        self._thread.start()
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        """Stop serving and close every connection; may be called twice."""
        self._http.stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.hang_up()

    def __enter__(self) -> "SekoiaServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self.crashes:
            raise EmulatorCrash(
                f"{len(self.crashes)} crash(es) in the lab, the first: {self.crashes[0]!r}"
            ) from self.crashes[0]


class _HttpServer(ThreadingMixIn, TCPServer):
    """Threads for connections; the socket listens before the constructor returns, so it is ready at once."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, owner: SekoiaServer, tls: TlsFiles | None, port: int) -> None:
        self.owner = owner
        self.stopping = Event()
        self._context = tls.server_context() if tls else None
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._guard:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close without a farewell, so that a reset stays a reset."""
        with self._guard:
            self._open.discard(request)
        request.close()

    def hang_up(self) -> None:
        """End connections that are kept alive."""
        with self._guard:
            left = list(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no crash; anything else that got here is one."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.owner.crashes.append(error)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests off one connection and sends what the app says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """No log of requests; the journal has them."""

    def _serve(self) -> None:
        owner = self.server.owner
        reply = self._reply()
        is_head = self.command == "HEAD"
        if not wire.send(self.connection, reply, is_head, owner.world.clock, self.server.stopping):
            self.close_connection = True

    def _reply(self) -> Reply:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            if "transfer-encoding" in headers:
                raise NotImplementedError("the lab reads no chunked bodies")
            body = self.rfile.read(int(headers.get("content-length") or 0))
            return serve(owner.world, request_of(self.command, self.path, headers, body))
        except ConnectionError:
            raise
        except Exception as error:  # the border of the lab: a crash must reach the test, not only the client
            owner.crashes.append(error)
            self.close_connection = True
            return json_reply({"message": f"the lab crashed: {error!r}", "code": "LAB500"}, 500)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve
