"""The stand-in's HTTP client behaves as the platform's where it matters."""

import contextlib
import os
from typing import Any

import CommonServerPython as platform
import pytest
import requests
from requests_mock import Mocker

URL = "https://acme.example/api"
BaseClient, DemistoException = platform.BaseClient, platform.DemistoException


@pytest.fixture
def client() -> Any:
    """A client with a header of its own."""
    return BaseClient(URL, headers={"X-Own": "1"})


def test_address_and_suffix_are_joined_by_one_slash(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(f"{URL}/items", json={"a": 1})

    assert client._http_request("GET", "/items") == {"a": 1}


def test_full_url_replaces_the_address(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get("https://other.example/x", text="t")

    assert client._http_request("GET", full_url="https://other.example/x", resp_type="text") == "t"


def test_headers_of_a_call_replace_those_of_the_client(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", json={})

    client._http_request("GET", headers={"X-Call": "2"})

    assert "X-Own" not in requests_mock.request_history[0].headers


@pytest.mark.parametrize(("resp_type", "expected"), [("text", "[1]"), ("content", b"[1]"), ("json", [1])])
def test_response_comes_in_the_wanted_form(client: Any, requests_mock: Mocker, resp_type: str, expected: Any) -> None:
    requests_mock.get(URL + "/", text="[1]")

    assert client._http_request("GET", resp_type=resp_type) == expected


@pytest.mark.parametrize("resp_type", ["response", "xml", "anything"])
def test_other_forms_give_the_response(client: Any, requests_mock: Mocker, resp_type: str) -> None:
    requests_mock.get(URL + "/", text="<a/>")

    assert client._http_request("GET", resp_type=resp_type).status_code == 200


def test_bad_status_raises_with_body_and_response(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", status_code=404, reason="Not Found", json={"why": "gone"})

    with pytest.raises(DemistoException) as caught:
        client._http_request("GET")

    assert str(caught.value) == 'Error in API call [404] - Not Found\n{"why": "gone"}'
    assert caught.value.res.status_code == 404


def test_bad_status_with_a_text_body_shows_the_text(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", status_code=502, reason="Bad Gateway", text="<html>")

    with pytest.raises(DemistoException, match=r"Error in API call \[502\] - Bad Gateway\n<html>"):
        client._http_request("GET")


def test_ok_codes_decide_what_is_good(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", status_code=404, json={"a": 1})

    assert client._http_request("GET", ok_codes=(404,)) == {"a": 1}


def test_ok_codes_decide_what_is_bad(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", status_code=200, json={})

    with pytest.raises(DemistoException):
        client._http_request("GET", ok_codes=(204,))


def test_empty_answer_is_no_json(client: Any, requests_mock: Mocker) -> None:
    requests_mock.delete(URL + "/", status_code=204)

    with pytest.raises(DemistoException, match="Failed to parse json object from response: b''"):
        client._http_request("DELETE")


def test_empty_answer_can_be_asked_for(client: Any, requests_mock: Mocker) -> None:
    requests_mock.delete(URL + "/", status_code=204)

    assert client._http_request("DELETE", return_empty_response=True).status_code == 204


def test_error_handler_takes_the_place_of_the_default(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", status_code=500, json={"still": "read"})
    seen: list[int] = []

    answer = client._http_request("GET", error_handler=lambda response: seen.append(response.status_code))

    assert (seen, answer) == ([500], {"still": "read"})


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (requests.exceptions.ConnectTimeout("x"), "Connection Timeout Error - potential reasons might be"),
        (
            requests.exceptions.SSLError("x"),
            "SSL Certificate Verification Failed - try selecting 'Trust any certificate'",
        ),
        (requests.exceptions.ProxyError("x"), "Proxy Error - if the 'Use system proxy' checkbox"),
        (requests.exceptions.ConnectionError("no route"), "Verify that the server URL parameter is correct"),
        (requests.exceptions.RetryError("x"), "Max Retries Error- Request attempts with 0 retries failed."),
    ],
)
def test_broken_connection_is_told_in_words(client: Any, requests_mock: Mocker, error: Exception, text: str) -> None:
    requests_mock.get(URL + "/", exc=error)

    with pytest.raises(DemistoException) as caught:
        client._http_request("GET")

    assert str(caught.value).startswith(text)
    assert caught.value.exception is error


def test_connection_error_names_its_type(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", exc=requests.exceptions.ConnectionError("no route"))

    with pytest.raises(DemistoException, match=r"Error Type: <requests\.exceptions\.ConnectionError>\nno route"):
        client._http_request("GET")


def test_read_timeout_passes_as_it_is(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", exc=requests.exceptions.ReadTimeout("slow"))

    with pytest.raises(requests.exceptions.ReadTimeout):
        client._http_request("GET")


def test_unverified_client_passes_ssl_errors_as_they_are(requests_mock: Mocker) -> None:
    client = BaseClient(URL, verify=False)
    requests_mock.get(URL + "/", exc=requests.exceptions.SSLError("x"))

    with pytest.raises(requests.exceptions.SSLError):
        client._http_request("GET")


def test_unverified_client_relaxes_https_only() -> None:
    session = BaseClient(URL, verify=False)._session

    assert type(session.get_adapter("https://x")).__name__ == "SSLAdapter"
    assert type(session.get_adapter("http://x")).__name__ == "HTTPAdapter"


def test_retries_are_mounted_on_https_only_and_stay(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", json={})

    client._http_request("GET", retries=2, status_list_to_retry=[503])

    retry: Any = client._session.adapters["https://"].max_retries
    assert (retry.total, retry.backoff_factor, "POST" in retry.allowed_methods) == (2, 5, True)
    assert client._session.adapters["http://"].max_retries.total == 0


def test_more_arguments_go_to_the_session(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", json={})

    client._http_request("GET", stream=True, cert="client.pem", timeout=(3, 9))

    sent: Any = requests_mock.request_history[0]
    assert (sent.stream, sent.cert, sent.timeout) == (True, "client.pem", (3, 9))


def test_redirects_are_followed_unless_told(client: Any, requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", status_code=302, headers={"Location": "https://other.example/"})
    requests_mock.get("https://other.example/", text="there")

    answers = [
        client._http_request("GET", resp_type="response", ok_codes=(200, 302), allow_redirects=follow)
        for follow in (True, False)
    ]

    assert [answer.status_code for answer in answers] == [200, 302]


def test_timeout_of_the_client_is_the_default(requests_mock: Mocker) -> None:
    requests_mock.get(URL + "/", json={})

    BaseClient(URL, timeout=7)._http_request("GET")

    assert requests_mock.request_history[0].timeout == 7


def test_timeout_can_be_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_TIMEOUT", "11")

    assert BaseClient(URL, timeout=7).timeout == 11


def test_client_without_proxy_takes_the_variables_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")

    BaseClient(URL)

    assert "https_proxy" not in os.environ


def test_client_with_proxy_completes_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")

    BaseClient(URL, proxy=True)

    assert os.environ["https_proxy"] == "http://proxy.example:3128"


def test_unverified_client_takes_the_bundle_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")

    BaseClient(URL, verify=False)

    assert "REQUESTS_CA_BUNDLE" not in os.environ


@pytest.mark.parametrize(
    ("status", "metric"),
    [(200, "Successful"), (401, "AuthError"), (429, "QuotaError"), (500, "ServiceError"), (404, "GeneralError")],
)
def test_metrics_count_answers(
    client: Any, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch, status: int, metric: str
) -> None:
    monkeypatch.setattr("demistomock.results", lambda results: None)
    requests_mock.get(URL + "/", status_code=status, json={})

    with contextlib.suppress(DemistoException):
        client._http_request("GET", with_metrics=True)

    assert client.execution_metrics.get_metric_list() == [{"Type": metric, "APICallsCount": 1}]


def test_metrics_count_broken_connections(client: Any, requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demistomock.results", lambda results: None)
    requests_mock.get(URL + "/", exc=requests.exceptions.ConnectTimeout("x"))

    with pytest.raises(DemistoException):
        client._http_request("GET", with_metrics=True)

    assert client.execution_metrics.timeout_error == 1
