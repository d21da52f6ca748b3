"""What the client promises, fact by fact. Runs alone: no network but this machine's own, no real waiting."""

import socket
import time as real_time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import requests
import SekoiaXDRApiModule as api
import urllib3
from requests_mock import Mocker

ROOT = "https://api.sekoia.io"
KEY = "eyJhbGciOi.unit-test-key.0123456789"
ALERTS = f"{ROOT}/v1/sic/alerts"
UUID = "d5b1b2a4-8f0e-4a57-9c2d-0a3e6f7b8c9d"
ALERT = f"{ALERTS}/{UUID}"
NAMED = {"uuid": UUID}  # the least that an alert is
NOW = 1_772_359_200  # 2026-03-01T10:00:00Z
PAGE = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>hello</body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


class FakeTime:
    """Stands where the module's `time` stands; sleeping pushes it."""

    strftime, gmtime = staticmethod(real_time.strftime), staticmethod(real_time.gmtime)

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def time(self) -> float:
        return NOW + self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(api, "time", fake)
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    return fake


def make_client(url: str = ROOT, rate: float = 1000.0, seconds: float = 1000.0, **more: Any) -> api.SekoiaClient:
    return api.SekoiaClient(url, KEY, requests_per_second=rate, deadline=api.Deadline(seconds), **more)


@pytest.fixture
def client(clock: FakeTime) -> api.SekoiaClient:
    return make_client()


def alert(number: int, created_at: Any = NOW, **more: Any) -> dict[str, Any]:
    return {"uuid": f"00000000-0000-4000-8000-{number:012d}", "created_at": created_at, **more}


def last(mocker: Mocker) -> Any:
    return mocker.request_history[-1]


def failing(client: api.SekoiaClient, act: Callable[[], Any] | None = None) -> api.SekoiaError:
    with pytest.raises(api.SekoiaError) as caught:
        act() if act else client.alerts_page(api.AlertQuery())
    return caught.value


# ---------------------------------------------------------------- ids
@pytest.mark.parametrize("value", ["", "..", "AL/../x", "ALa1B2c3D4e5/comments", "CAa1B2c3D4e5", "AL12345", UUID + "0"])
def test_no_path_climbs_out_of_its_endpoint(client: api.SekoiaClient, requests_mock: Mocker, value: str) -> None:
    with pytest.raises(ValueError, match="is no alert id: give a uuid or a short id such as ALa1B2c3D4e5"):
        client.get_alert(value)
    assert requests_mock.call_count == 0


# ---------------------------------------------------------------- the sentences of errors
def case(kind: type[api.SekoiaError], reason: str, words: str, **answer: Any) -> tuple[Any, ...]:
    return kind, reason, words, answer


def lost(cause: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(cause)


AUTH, GONE, BAD = api.SekoiaAuthError, api.SekoiaUnavailable, api.SekoiaBadResponse
WHITE_PAGE: dict[str, Any] = {"text": PAGE, "headers": HTML}
FAILURES = {
    "wrong key": case(AUTH, "invalid", "copied whole", status_code=401, json={"message": "x", "code": "T300"}),
    "expired key": case(AUTH, "expired", "expiry date", status_code=401, json={"message": "The token has expired"}),
    "revoked key": case(AUTH, "revoked", "Somebody", status_code=401, json={"message": "x", "code": "T302"}),
    "unknown 401": case(AUTH, "refused", "gateway", status_code=401, **WHITE_PAGE),
    "missing permission": case(
        api.SekoiaPermissionError,
        "permission",
        "with the permission 'View alerts'",
        status_code=403,
        json={"message": "no"},
    ),
    "wrong region, page": case(BAD, "root", "This host has no such API", status_code=404, **WHITE_PAGE),
    "wrong region, JSON": case(BAD, "root", "https://app.fra2.sekoia.io/api", status_code=404, json={"message": "?"}),
    "unknown host": case(GONE, "dns", "name is unknown (api.sekoia.io;", exc=lost(socket.gaierror(-2, "unknown"))),
    "closed port": case(GONE, "refused", "cannot be reached", exc=lost(ConnectionRefusedError(111, "refused"))),
    "dropped packets": case(GONE, "timeout", "drops packets", exc=requests.ConnectTimeout),
    "no answer": case(GONE, "timeout", "no answer in time", exc=requests.ReadTimeout),
    "lost connection": case(GONE, "reset", "connection was lost", exc=lost(ConnectionResetError(104, "reset"))),
    "bad certificate": case(GONE, "tls", "certificate authority", exc=requests.exceptions.SSLError("self-signed")),
    "bad proxy": case(GONE, "proxy", "could not be used", exc=requests.exceptions.ProxyError("no route")),
    "web page": case(BAD, "page", "a web page titled 'Welcome'", **WHITE_PAGE),
    "blocked 403": case(api.SekoiaBlocked, "server", "blocks this address", status_code=403, **WHITE_PAGE),
    "blocked 429": case(api.SekoiaBlocked, "server", "to 10 minutes", status_code=429, text=PAGE),
    "bad argument": case(
        api.SekoiaBadRequest,
        "argument",
        "query.limit: too large",
        status_code=422,
        json={"detail": [{"loc": ["query", "limit"], "msg": "too large"}, "odd"]},
    ),
    "bare words": case(api.SekoiaBadRequest, "argument", "no such field", status_code=400, text="no such field"),
    "expired results": case(api.SekoiaExpired, "gone", "no longer kept", status_code=410, text=""),
    "rate limit": case(api.SekoiaRateLimited, "rate", "requests per second", status_code=429, json={"message": "Slow"}),
    "server trouble": case(GONE, "server", "status page", status_code=502, **WHITE_PAGE),
    "proxy login": case(GONE, "proxy", "proxy settings", status_code=407, **WHITE_PAGE),
    "redirect": case(
        BAD,
        "redirect",
        "to https://login.example/in.",
        status_code=302,
        headers={"Location": "https://login.example/in?x"},
    ),
    "not JSON": case(BAD, "json", "not JSON: 'pong'", text="pong"),
    "no list": case(BAD, "shape", "without the list 'items'", json={"items": {}}),
    "no envelope": case(BAD, "shape", "without the list 'items'", json=[1]),
}


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_says_what_came_back_and_what_to_do(clock: FakeTime, requests_mock: Mocker, name: str) -> None:
    kind, reason, words, answer = FAILURES[name]
    requests_mock.get(ALERTS, **answer)
    error = failing(make_client(tries=1))
    assert (type(error), error.reason) == (kind, reason)
    assert str(error).startswith("GET /v1/sic/alerts: ")
    assert words in str(error)


def test_the_failures_people_confuse_have_different_sentences(clock: FakeTime, requests_mock: Mocker) -> None:
    sentences = set()
    for *_, answer in FAILURES.values():
        requests_mock.get(ALERTS, **answer)
        sentences.add(str(failing(make_client(tries=1))))
    assert len(sentences) == len(FAILURES) - 1  # two shapes that lack the list are one failure


def test_an_unknown_object_is_not_taken_for_a_wrong_region(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERT, status_code=404, json={"message": "Unknown alert", "code": "X1"})
    error = failing(client, lambda: client.get_alert(UUID))
    assert isinstance(error, api.SekoiaNotFound)
    assert (error.status, error.code, error.endpoint) == (404, "X1", f"GET /v1/sic/alerts/{UUID}")
    assert "HTTP 404: Unknown alert (code X1). Check the id" in str(error)


def test_an_answer_of_200_with_a_token_code_is_a_refused_key(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(f"{ROOT}/v1/auth/validate", json={"message": "Token revoked", "code": "T302"})
    error = failing(client, client.validate_key)
    assert isinstance(error, api.SekoiaAuthError)
    assert error.reason == "revoked"


def test_nothing_more_is_sent_after_a_401(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, status_code=401, json={"code": "T301", "message": "The token has expired"})
    assert failing(client) is failing(client, client.kill_chains)
    assert (requests_mock.call_count, client.calls, client.errors) == (1, 1, 1)


# ---------------------------------------------------------------- the key stays secret
@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 400, "json": {"message": f"bad header Bearer {KEY}"}},
        {"status_code": 500, "text": f"{KEY} {KEY[:20]}"},
        {"status_code": 302, "headers": {"Location": f"https://x.example/{KEY}"}},
        {"text": f"oops {KEY}"},
        {"exc": requests.exceptions.InvalidHeader(f"Invalid header value 'Bearer {KEY}'")},
    ],
)
def test_the_key_is_in_no_message_repr_or_traceback(clock: FakeTime, requests_mock: Mocker, answer: Any) -> None:
    requests_mock.get(ALERTS, **answer)
    client = make_client(tries=1)
    error = failing(client)
    shown = [str(error), repr(error), repr(error.facts), repr(client), *traceback.format_exception(error)]
    assert not [text for text in shown if KEY[:20] in text]
    assert error.__context__ is None


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "clé"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(api.SekoiaAuthError) as caught:
        api.SekoiaClient(ROOT, key)
    assert caught.value.reason == "invalid"
    assert not key.strip() or key not in str(caught.value)


def test_blanks_around_the_key_are_dropped(clock: FakeTime, requests_mock: Mocker) -> None:
    requests_mock.get(f"{ROOT}/v1/auth/validate", json={"identity": "apikey:x"})
    assert api.SekoiaClient(ROOT, f" {KEY}\n").validate_key() == {"identity": "apikey:x"}
    assert last(requests_mock).headers["Authorization"] == f"Bearer {KEY}"


# ---------------------------------------------------------------- repeating reads
def good(*items: Any) -> dict[str, Any]:
    return {"json": {"items": list(items), "total": len(items)}}


@pytest.mark.parametrize(
    "answer",
    [
        *({"status_code": status, "text": "trouble"} for status in (429, 500, 502, 503, 504)),
        {"exc": requests.ConnectionError(ConnectionResetError(104, "reset"))},
        {"exc": requests.ReadTimeout},
        {"exc": requests.ConnectTimeout},
        {"exc": requests.exceptions.ChunkedEncodingError(urllib3.exceptions.IncompleteRead(1, 2))},
    ],
)
def test_a_read_is_repeated_after_a_passing_failure(
    client: api.SekoiaClient, requests_mock: Mocker, answer: Any
) -> None:
    requests_mock.get(ALERTS, [answer, good(alert(1))])
    assert client.alerts_page(api.AlertQuery()) == api.AlertPage([alert(1)], 1)
    assert (client.calls, client.errors) == (2, 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_read_is_not_repeated_after_a_final_answer(
    client: api.SekoiaClient, requests_mock: Mocker, status: int
) -> None:
    requests_mock.get(ALERTS, status_code=status, json={"message": "no"})
    failing(client)
    assert client.calls == 1


def test_a_blocking_page_is_not_asked_again(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, status_code=429, text=PAGE, headers=HTML | {"Retry-After": "1"})
    assert isinstance(failing(client), api.SekoiaBlocked)
    assert client.calls == 1


# ---------------------------------------------------------------- writes
def set_status(client: api.SekoiaClient, reached: bool = False) -> list[Any]:
    return client.set_status(UUID, "action", "why", reached=lambda found: reached or found.get("moved", False))


DOUBTS = [
    {"status_code": 504, "text": "gateway"},
    {"exc": requests.ReadTimeout},
    {"exc": requests.ConnectionError(ConnectionResetError(104, "reset"))},
    {"text": "half an ans"},
]


def test_a_move_gives_the_moves_allowed_next(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.patch(f"{ALERT}/workflow", json={"actions": [{"id": "a"}]})
    assert set_status(client) == [{"id": "a"}]
    assert last(requests_mock).json() == {"action_uuid": "action", "comment": "why"}


@pytest.mark.parametrize("answer", [{"status_code": 204}, {"json": {}}, {"json": []}])
def test_a_move_without_told_moves_is_done(client: api.SekoiaClient, requests_mock: Mocker, answer: Any) -> None:
    requests_mock.patch(f"{ALERT}/workflow", **answer)
    assert set_status(client) == []


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubtful_move_that_was_done_is_not_sent_again(client: Any, requests_mock: Mocker, doubt: Any) -> None:
    patched = requests_mock.patch(f"{ALERT}/workflow", **doubt)
    requests_mock.get(ALERT, json={**NAMED, "moved": True})
    assert set_status(client) == []
    assert patched.call_count == 1


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubtful_move_that_was_not_done_is_sent_once_more(client: Any, requests_mock: Mocker, doubt: Any) -> None:
    patched = requests_mock.patch(f"{ALERT}/workflow", [doubt, {"json": {"actions": []}}])
    requests_mock.get(ALERT, json=NAMED)
    assert set_status(client) == []
    assert patched.call_count == 2


def test_a_move_that_stays_doubtful_says_so(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    patched = requests_mock.patch(f"{ALERT}/workflow", status_code=504, text="gateway")
    requests_mock.get(ALERT, json=NAMED)
    error = failing(client, lambda: set_status(client))
    assert isinstance(error, api.SekoiaDoubtful)
    assert (patched.call_count, error.status) == (2, 504)
    assert "no effect is to be seen. Look at the object in Sekoia" in str(error)


def test_a_move_whose_effect_cannot_be_read_is_doubtful(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    patched = requests_mock.patch(f"{ALERT}/workflow", status_code=500, text="")
    requests_mock.get(ALERT, status_code=403, json={"message": "Insufficient permissions"})
    error = failing(client, lambda: set_status(client))
    assert isinstance(error, api.SekoiaDoubtful)
    assert "looking for its effect failed too (HTTP 403: Insufficient permissions)" in str(error)
    assert patched.call_count == 1


@pytest.mark.parametrize("late", [True, False])
def test_a_conflict_on_the_second_attempt_may_mean_done(client: Any, requests_mock: Mocker, late: bool) -> None:
    requests_mock.patch(f"{ALERT}/workflow", [{"exc": requests.ReadTimeout}, {"status_code": 409, "json": {}}])
    requests_mock.get(ALERT, [{"json": NAMED}, {"json": {**NAMED, "moved": late}}])
    if late:
        assert set_status(client) == []
    else:
        assert isinstance(failing(client, lambda: set_status(client)), api.SekoiaConflict)


def test_a_refused_move_is_final(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.patch(f"{ALERT}/workflow", status_code=409, json={"message": "Invalid action given current status"})
    assert isinstance(failing(client, lambda: set_status(client, reached=True)), api.SekoiaConflict)
    assert client.calls == 1


@pytest.mark.parametrize(
    "answer",
    [{"status_code": 429, "json": {}}, {"exc": requests.ConnectionError(ConnectionRefusedError(111, "refused"))}],
)
def test_a_write_that_certainly_was_not_done_is_repeated(client: Any, requests_mock: Mocker, answer: Any) -> None:
    requests_mock.patch(ALERT, [answer, {"json": alert(1)}])
    assert client.edit_alert(UUID, {"urgency": 50}, reached=lambda _alert: pytest.fail("read back")) == alert(1)
    assert last(requests_mock).json() == {"urgency": 50}


def test_an_edit_with_a_lost_answer_gives_the_alert_as_read_back(client: Any, requests_mock: Mocker) -> None:
    requests_mock.patch(ALERT, exc=requests.ReadTimeout)
    after = {**NAMED, "urgency": 50}
    requests_mock.get(ALERT, json=after)
    assert client.edit_alert(UUID, {"urgency": 50}, reached=lambda found: found["urgency"] == 50) == after


@pytest.mark.parametrize("body", [{}, {"message": "try later"}, {"uuid": "", "short_id": None}])
def test_answer_that_names_no_alert_is_no_alert(client: api.SekoiaClient, requests_mock: Mocker, body: Any) -> None:
    requests_mock.get(ALERT, json=body)
    error = failing(client, lambda: client.get_alert(UUID))
    assert (type(error), "names no alert" in str(error)) == (api.SekoiaBadResponse, True)


def comment(content: str = "hello", author: str = "SOC", date: Any = NOW) -> dict[str, Any]:
    return {"uuid": content + author, "content": content, "author": author, "date": date}


def test_a_comment_with_a_lost_answer_is_found_not_posted_twice(client: Any, requests_mock: Mocker) -> None:
    posted = requests_mock.post(f"{ALERT}/comments", exc=requests.ReadTimeout)
    others = [comment("other"), comment(author="Night"), comment(date=NOW - 3600), comment(date=None), "odd"]
    requests_mock.get(f"{ALERT}/comments", **good(*others, comment()))
    assert client.post_comment(UUID, "hello", "SOC") == comment()
    assert posted.call_count == 1


def test_a_comment_whose_line_ends_sekoia_keeps_otherwise_is_not_posted_twice(
    client: Any, requests_mock: Mocker
) -> None:
    posted = requests_mock.post(f"{ALERT}/comments", exc=requests.ReadTimeout)
    requests_mock.get(f"{ALERT}/comments", **good(comment("one\ntwo")))
    client.post_comment(UUID, "one\r\ntwo\n", "SOC")
    assert posted.call_count == 1


def test_a_comment_that_did_not_arrive_is_posted_once_more(client: Any, clock: FakeTime, requests_mock: Mocker) -> None:
    posted = requests_mock.post(f"{ALERT}/comments", [{"status_code": 504, "text": ""}, {"json": comment()}])
    requests_mock.get(f"{ALERT}/comments", **good(comment(date=NOW - 3600)))
    assert client.post_comment(UUID, "hello") == comment()
    assert posted.call_count == 2
    assert clock.slept == [2.0]  # the service gets time to finish before it is asked


def test_a_comment_that_arrives_late_is_found_on_the_second_look(client: Any, requests_mock: Mocker) -> None:
    requests_mock.post(f"{ALERT}/comments", exc=requests.ReadTimeout)
    requests_mock.get(f"{ALERT}/comments", [good(), good(comment())])
    assert client.post_comment(UUID, "hello", "SOC") == comment()


# ---------------------------------------------------------------- lists and objects
def test_offset_paging_stops_at_the_short_page_and_asks_at_most_100(client: Any, requests_mock: Mocker) -> None:
    pages = [good(*map(alert, range(100))), good(*map(alert, range(100, 130)))]
    requests_mock.get(ALERTS, pages)
    assert len(list(client.iter_alerts(api.AlertQuery()))) == 130
    assert [request.qs["offset"] + request.qs["limit"] for request in requests_mock.request_history] == [
        ["0", "100"],
        ["100", "100"],
    ]


def test_a_limit_asks_for_no_more_than_it_needs(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, [good(*map(alert, range(100))), good(*map(alert, range(100, 105)))])
    assert len(list(client.iter_alerts(api.AlertQuery(), 105))) == 105
    assert (client.calls, last(requests_mock).qs["limit"]) == (2, ["5"])


def test_a_repeated_page_is_an_error(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, **good(*map(alert, range(100))))
    error = failing(client, lambda: list(client.iter_alerts(api.AlertQuery())))
    assert (type(error), error.reason) == (api.SekoiaBadResponse, "paging")


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (101, 0), (10, -1)])
def test_a_page_outside_the_bounds_of_the_api_is_refused(client: Any, limit: int, offset: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        client.alerts_page(api.AlertQuery(), limit, offset)


def test_odd_items_are_passed_on(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERTS, json={"items": [None, 7, {"title": None}], "total": "many"})
    assert client.alerts_page(api.AlertQuery()) == api.AlertPage([None, 7, {"title": None}], None)


def test_one_alert_is_asked_with_every_part_named(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERT, json=alert(1))
    assert client.get_alert(UUID, comments=True) == alert(1)
    flags = last(requests_mock).qs
    assert [name for name, value in flags.items() if value == ["true"]] == ["comments", "custom_status"]
    assert len(flags) == 6


def test_an_alert_that_is_no_object_is_a_bad_response(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(ALERT, json=[])
    assert failing(client, lambda: client.get_alert(UUID)).reason == "shape"


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (f"/v1/sic/alerts/{UUID}/comments", lambda client: list(client.iter_comments(UUID))),
        ("/v1/sic/custom_statuses?match[type]=alert", lambda client: client.custom_statuses()),
        ("/v1/sic/custom_verdicts", lambda client: client.custom_verdicts()),
        ("/v1/sic/kill-chains", lambda client: client.kill_chains()),
    ],
)
def test_each_list_comes_from_its_endpoint(client: Any, requests_mock: Mocker, path: str, read: Any) -> None:
    requests_mock.get(f"{ROOT}{path}", **good({"uuid": "x"}))
    assert read(client) == [{"uuid": "x"}]


def test_the_workflow_is_the_list_of_actions(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(f"{ALERTS}/ALa1B2c3D4e5/workflow", json={"actions": [{"id": "a"}]})
    assert client.get_workflow("ALa1B2c3D4e5") == [{"id": "a"}]


def test_assets_are_asked_fifty_at_a_time_each_once(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    requests_mock.get(f"{ROOT}/v2/asset-management/assets", [good({"uuid": "a"}), good({"uuid": "b"})])
    uuids = [alert(number)["uuid"] for number in range(60)]
    assert client.assets([*uuids, *uuids, "odd,one"]) == [{"uuid": "a"}, {"uuid": "b"}]
    asked = [request.qs["uuids"][0].split(",") for request in requests_mock.request_history]
    assert [len(batch) for batch in asked] == [50, 10]
    assert last(requests_mock).qs["include_revoked"] == ["true"]


# ---------------------------------------------------------------- the walk over alerts
def pages_of(client: api.SekoiaClient, **query: Any) -> list[list[Any]]:
    return [page.items for page in client.alerts_since(api.AlertQuery(**query), NOW)]


def test_the_next_window_starts_a_second_before_the_last_alert(client: Any, requests_mock: Mocker) -> None:
    first = [alert(number, NOW + number) for number in range(100)]
    requests_mock.get(ALERTS, [good(alert(500, NOW - 1), *first[:99]), good(*first[97:])])
    assert pages_of(client) == [first[:99], first[99:]]
    windows = [request.qs["date[created_at]"][0] for request in requests_mock.request_history]
    assert windows == ["2026-03-01t09:59:59z,now", "2026-03-01t10:01:37z,now"]


def test_a_second_larger_than_a_page_is_read_by_offset(client: Any, requests_mock: Mocker) -> None:
    burst = [alert(number, NOW) for number in range(131)]
    answers = [burst[:100], burst[:100], [*burst[100:], alert(900, NOW + 1)], [*burst[:3], alert(900, NOW + 1)]]
    requests_mock.get(ALERTS, [good(*items) | {"json": {"items": items, "total": 132}} for items in answers])
    assert [item for page in pages_of(client) for item in page] == [*burst, alert(900, NOW + 1)]
    assert requests_mock.request_history[2].qs["date[created_at]"] == ["2026-03-01t09:59:59z,2026-03-01t10:00:01z"]


@pytest.mark.parametrize("moments", [[NOW + 1, NOW], [None] * 100], ids=["out of order", "no moment to go on from"])
def test_a_page_that_cannot_be_trusted_ends_the_walk(client: Any, requests_mock: Mocker, moments: list[Any]) -> None:
    requests_mock.get(ALERTS, **good(*(alert(number, moment) for number, moment in enumerate(moments))))
    assert failing(client, lambda: pages_of(client)).reason == "paging"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('invalid event: "sekoiaio.intake.key": "k3y"', 'invalid event: "sekoiaio.intake.key": "[intake key]"'),
        ("no such event, intake_key=k3y, sorry", "no such event, intake_key=[intake key], sorry"),
        ('{"sekoiaio": {"intake": {"key": "k3y"}}}', '{"sekoiaio": {"intake": {"key": "[intake key]"}}}'),
        ("the intake key is not valid", "the intake key is not valid"),
        ("Unknown intake key 'k3y'", "Unknown intake key '[intake key]'"),
        ('{"intake":{"dialect":"x","key":"k3y"}}', '{"intake":{"dialect":"x","key":"[intake key]"}}'),
        ('"intake_keys": ["k3y", "k3y"]', '"intake_keys": [intake key]]'),
        ("sekoiaio.intake.key:(k3y OR k3y)", "sekoiaio.intake.key:[intake key])"),
        (
            "intake.key != 'k3y' and match[intake_key]=k3y",
            "intake.key != '[intake key]' and match[intake_key]=[intake key]",
        ),
        ("intake%2Ekey%3Dk3y", "intake%2Ekey%3D[intake key]"),
    ],
)
def test_intake_key_beside_its_name_is_taken_out_of_a_message(said: str, shown: str) -> None:
    assert api.scrubbed(said, "the API key") == shown
