"""The stand-in's HTTP client beside the platform's own, on a server of this machine: same requests, same results."""

import errno
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, ClassVar

import pytest
import requests
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st

from tests.xsoar.both_platforms import NEEDS_REAL, SAME, both, json_values, objects, on_both

pytestmark = NEEDS_REAL


class Answering(BaseHTTPRequestHandler):
    """Answers as the test chose, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    answer: ClassVar[tuple[int, str, bytes]] = (200, "application/json", b"{}")
    asked: ClassVar[list[Any]] = []

    def reply(self) -> None:
        """One answer; a redirect leads to /there, which has none."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, sorted(self.headers.items()), body))
        status, kind, content = (200, "text/plain", b"there") if self.path == "/there" else self.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if 300 <= status < 400:
            self.send_header("Location", "/there")
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = reply

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the server listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def facts(answer: Any) -> Any:
    """What a test can compare of an answer."""
    if not isinstance(answer, requests.Response):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    return answer.status_code, answer.reason, headers, answer.content, len(answer.history)


def called(platform: ModuleType, address: str, made: dict[str, Any], said: dict[str, Any]) -> Any:
    """Result of one call, the metrics of the client, and what the server heard."""
    Answering.asked.clear()
    client = platform.BaseClient(address, **made)
    try:
        result = facts(client._http_request(**said))
    except platform.DemistoException as error:
        result = "error", error.message, facts(error.res), type(error.exception)
    metrics, client.execution_metrics = client.execution_metrics.get_metric_list(), platform.ExecutionMetrics()
    return result, metrics, list(Answering.asked)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=6)
bodies = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b"<a/>", b"<a", b"[1", b"\xff\xfe", "é".encode(), b'{"message": "Not found"}']),
)
answers = st.tuples(
    st.sampled_from([200, 201, 202, 204, 302, 304, 400, 401, 403, 404, 409, 429, 500, 502, 503]),
    st.sampled_from(["application/json", "text/html", "text/html; charset=utf-8"]),
    bodies,
)
clients = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.sampled_from([None, {"X-Own": "1"}]),
        "ok_codes": st.sampled_from([(), (200, 201), (404,)]),
        "auth": st.sampled_from([None, ("a", "b")]),
        "timeout": st.just(5),
    },
)
queries = st.dictionaries(texts, st.one_of(texts, st.integers(), st.booleans(), st.none(), st.lists(texts, max_size=2)))
calls = st.fixed_dictionaries(
    {"method": st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])},
    optional={
        "url_suffix": st.sampled_from(["", "/", "items", "/items", "/items/", "items?a=1", "//x"]),
        "headers": st.sampled_from([None, {}, {"X-Call": "2"}]),
        "auth": st.sampled_from([None, ("c", "d")]),
        "params": st.one_of(st.none(), queries),
        "resp_type": st.sampled_from(["json", "text", "content", "response", "xml", "JSON", "other"]),
        "ok_codes": st.sampled_from([None, (200,), (404, 500), tuple(range(100, 600))]),
        "return_empty_response": st.booleans(),
        "empty_valid_codes": st.sampled_from([None, [], [200, 204], [404]]),
        "with_metrics": st.booleans(),
        "allow_redirects": st.booleans(),
        "stream": st.booleans(),
        "retries": st.just(0),
        "timeout": st.sampled_from([None, 0, 5, (3, 5), urllib3.Timeout(5, 2, 3)]),
    },
)
sent = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"json_data": st.one_of(json_values, objects)}),
    st.fixed_dictionaries({"data": st.one_of(texts.map(str.encode), st.dictionaries(texts, texts, max_size=2))}),
)


@given(clients, calls, sent, answers, st.sampled_from(["", "/", "/api", "/api/"]))
@example({}, {"method": "GET"}, {}, (400, "application/json", b'{"code": "C", "message": "m"}'), "")
@example({}, {"method": "GET", "with_metrics": True}, {}, (401, "text/html", b"<p>"), "")
@example({}, {"method": "POST", "resp_type": "response", "stream": True}, {"json_data": {}}, (302, "x", b""), "/api")
@SAME
def test_requests_and_their_results_are_the_same(
    address: str, made: dict[str, Any], said: dict[str, Any], body: dict[str, Any], answer: Any, base: str
) -> None:
    Answering.answer = answer
    ours, theirs = both(lambda it: called(it, address + base, made, {**said, **body}))
    assert ours == theirs


@given(st.sampled_from([200, 404, 500]), st.booleans(), st.booleans())
@SAME
def test_a_handler_of_errors_is_asked_the_same(address: str, status: int, raises: bool, metrics: bool) -> None:
    Answering.answer = (status, "application/json", b"{}")

    def call(platform: ModuleType) -> Any:
        seen: list[int] = []

        def handle(response: requests.Response) -> None:
            seen.append(response.status_code)
            if raises:
                raise platform.DemistoException("mine", res=response)

        return called(platform, address, {}, {"method": "GET", "error_handler": handle, "with_metrics": metrics}), seen

    ours, theirs = both(call)
    assert ours == theirs


def reason(number: int, text: str) -> urllib3.exceptions.MaxRetryError:
    """The error of urllib3 that says why the tries were not enough."""
    pool: Any = None
    return urllib3.exceptions.MaxRetryError(pool, "/", urllib3.exceptions.ResponseError(f"{text} {number}"))


FAILURES = [
    requests.exceptions.ConnectTimeout("slow"),
    requests.exceptions.ReadTimeout("slow"),
    requests.exceptions.SSLError("tls"),
    requests.exceptions.ProxyError("proxy"),
    requests.exceptions.ConnectionError("no route"),
    requests.exceptions.ConnectionError(errno.ECONNREFUSED, "refused"),
    requests.exceptions.ConnectionError(),
    requests.exceptions.RetryError("again"),
    requests.exceptions.RetryError(reason(503, "too many")),
    requests.exceptions.RetryError(),
    requests.exceptions.ChunkedEncodingError("cut"),
    requests.exceptions.TooManyRedirects("round"),
    requests.exceptions.InvalidURL("bad"),
    requests.exceptions.MissingSchema("bad"),
    urllib3.exceptions.LocationParseError("bad"),
    OSError(errno.EPIPE, "pipe"),
    UnicodeError("label"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: f"{type(error).__name__} {error}")
@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("retries", [0, 2])
def test_broken_connections_are_told_the_same(
    error: Exception, verify: bool, retries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_said: Any) -> None:
        raise error

    def call(platform: ModuleType) -> Any:
        client = platform.BaseClient("https://acme.example", verify=verify)
        monkeypatch.setattr(client._session, "request", broken)
        try:
            client._http_request("GET", retries=retries, with_metrics=True)
        except platform.DemistoException as failure:
            result: Any = str(failure), failure.exception is error, failure.res
        except Exception as failure:
            result = failure is error
        metrics, client.execution_metrics = client.execution_metrics.get_metric_list(), platform.ExecutionMetrics()
        return result, metrics

    ours, theirs = both(call)
    assert ours == theirs


def test_a_server_that_says_nothing_is_told_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ours, theirs = both(lambda it: called(it, address, {"timeout": 0.02}, {"method": "GET"}))
    assert ours[0] == theirs[0] == "ReadTimeout"


def test_a_closed_port_is_told_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    said = both(lambda it: called(it, address, {}, {"method": "GET", "with_metrics": True}))
    ours, theirs = (re.sub("0x[0-9a-f]+", "0x", str(one)) for one in said)
    assert ours == theirs


RETRY_SETTINGS = ["total", "read", "connect", "status", "backoff_factor", "status_forcelist", "allowed_methods"]
RETRY_SETTINGS += ["raise_on_status", "raise_on_redirect", "respect_retry_after_header"]


def mounted(client: Any, scheme: str) -> Any:
    """The adapter of a scheme: its class, and what it retries."""
    adapter = client._session.get_adapter(f"{scheme}://acme.example")
    return type(adapter).__name__, [getattr(adapter.max_retries, name) for name in RETRY_SETTINGS]


def trust(client: Any) -> Any:
    """How the pool of https:// checks its peer."""
    context = client._session.get_adapter("https://acme.example").poolmanager.connection_pool_kw.get("ssl_context")
    if context is None:
        return None
    ciphers = sorted(one["name"] for one in context.get_ciphers())
    return context.check_hostname, context.verify_mode, int(context.options), context.minimum_version, ciphers


retrying = st.fixed_dictionaries(
    {"retries": st.integers(0, 3)},
    optional={
        "status_list_to_retry": st.sampled_from([None, [429, 503]]),
        "backoff_factor": st.sampled_from([0, 1, 5]),
        "raise_on_redirect": st.booleans(),
        "raise_on_status": st.booleans(),
    },
)


@given(retrying, st.booleans())
@SAME
def test_connections_are_made_and_retried_the_same(said: dict[str, Any], verify: bool) -> None:
    def call(platform: ModuleType) -> Any:
        client = platform.BaseClient("https://acme.example", verify=verify)
        before = mounted(client, "https"), mounted(client, "http"), trust(client)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client._session, "request", lambda *_args, **_said: requests.Response())
            patch.setattr(client, "_is_status_code_valid", lambda *_args: True)
            client._http_request("GET", resp_type="response", **said)
        return before, mounted(client, "https"), mounted(client, "http"), trust(client)

    ours, theirs = both(call)
    assert ours == theirs


PROXIES = [None, "", "proxy:3128", "http://proxy:3128", "socks5://proxy:1080"]
VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
environments = st.fixed_dictionaries({}, optional=dict.fromkeys(VARIABLES, st.sampled_from(PROXIES)))
timeouts = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("REQUESTS_TIMEOUT", "REQUESTS_TIMEOUT.Acme"), st.sampled_from(["", "7", "9.5", "x"]))
)


@given(environments, timeouts, st.booleans(), st.booleans(), st.booleans())
@SAME
def test_the_environment_decides_the_same(
    proxies: dict[str, Any], limits: dict[str, str], verify: bool, proxy: bool, in_script: bool
) -> None:
    def call(platform: ModuleType) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("demistomock.callingContext", {"context": {"IntegrationBrand": "" if in_script else "Acme"}})
            for name in (*VARIABLES, "REQUESTS_TIMEOUT", "REQUESTS_TIMEOUT.Acme"):
                value = {**proxies, **limits}.get(name)
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            client = platform.BaseClient("https://acme.example", verify=verify, proxy=proxy)
            return client.timeout, {name: os.environ.get(name) for name in VARIABLES}

    ours, theirs = both(call)
    assert ours == theirs


@given(st.integers(0, 2))
@SAME
def test_metrics_that_nobody_returned_are_returned_at_the_end_the_same(good: int) -> None:
    def call(platform: ModuleType) -> None:
        client = platform.BaseClient("https://acme.example")
        client.execution_metrics.success = good
        del client

    ours, theirs = on_both(lambda: {"results": None}, call)
    assert ours == theirs
