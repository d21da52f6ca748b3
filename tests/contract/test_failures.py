"""Each failure that a tenant, or what stands before it, can show: its class, its reason, what was done about it."""

from collections.abc import Callable
from typing import Any

import pytest
import SekoiaXDRApiModule as api

from lab.clock import Clock
from lab.sekoia.faults import Fault
from lab.sekoia.world import World
from tests.contract.conftest import MakeClient

ALERTS = "GET /v1/sic/alerts"
NOBODY = "00000000-0000-4000-8000-000000000000"


def failing(act: Callable[[], Any]) -> api.SekoiaError:
    with pytest.raises(api.SekoiaError) as caught:
        act()
    return caught.value


def listed(client: api.SekoiaClient) -> Any:
    return client.alerts_page(api.AlertQuery())


@pytest.mark.parametrize(("state", "reason", "code"), [("expired", "expired", "T301"), ("revoked", "revoked", "T302")])
def test_key_that_ended_says_how(make_client: MakeClient, state: str, reason: str, code: str) -> None:
    error = failing(make_client(state=state).validate_key)
    assert isinstance(error, api.SekoiaAuthError)
    assert (error.reason, error.code, error.status) == (reason, code, 401)


def test_nothing_is_sent_after_the_key_was_refused(make_client: MakeClient, world: World) -> None:
    client = make_client(state="revoked")
    for _ in range(5):
        failing(lambda: listed(client))
    assert len(world.journal.calls) == 1


RIGHTS: dict[str, Callable[[api.SekoiaClient, str], Any]] = {
    "View alerts": lambda client, _: listed(client),
    "Update alert status": lambda client, uuid: client.set_status(uuid, NOBODY, reached=bool),
    "Comment on alerts": lambda client, uuid: client.post_comment(uuid, "x"),
    "Manage alerts": lambda client, uuid: client.edit_alert(uuid, {"title": "xyz"}, reached=bool),
    "View asset": lambda client, _: client.assets([NOBODY]),
}


@pytest.mark.parametrize("right", RIGHTS)
def test_missing_right_is_named(make_client: MakeClient, world: World, right: str) -> None:
    alert = world.alerts.raise_alert()
    error = failing(lambda: RIGHTS[right](make_client(permissions=()), alert.uuid))
    assert isinstance(error, api.SekoiaPermissionError)
    assert error.permission == right


def test_tenant_statuses_need_two_rights(make_client: MakeClient) -> None:
    error = failing(make_client(permissions=("View alerts",)).custom_statuses)
    assert isinstance(error, api.SekoiaPermissionError) and "View cases" in error.permission


FAULTS: dict[str, tuple[dict[str, Any], type[api.SekoiaError], str]] = {
    "500": ({"kind": "status", "status": 500}, api.SekoiaUnavailable, "server"),
    "502 page": ({"kind": "html", "status": 502}, api.SekoiaUnavailable, "server"),
    "503": ({"kind": "status", "status": 503}, api.SekoiaUnavailable, "server"),
    "504": ({"kind": "status", "status": 504}, api.SekoiaUnavailable, "server"),
    "429": ({"kind": "status", "status": 429}, api.SekoiaRateLimited, "rate"),
    "400": ({"kind": "status", "status": 400}, api.SekoiaBadRequest, "argument"),
    "409": ({"kind": "status", "status": 409}, api.SekoiaConflict, "conflict"),
    "410": ({"kind": "status", "status": 410}, api.SekoiaExpired, "gone"),
    "418": ({"kind": "status", "status": 418}, api.SekoiaBadRequest, "argument"),
    "404": ({"kind": "status", "status": 404}, api.SekoiaBadResponse, "root"),
    "401 without a code": ({"kind": "status", "status": 401, "body": "no"}, api.SekoiaAuthError, "refused"),
    "401 page": ({"kind": "html", "status": 401}, api.SekoiaAuthError, "refused"),
    "407": ({"kind": "html", "status": 407}, api.SekoiaUnavailable, "proxy"),
    "403 page": ({"kind": "html", "status": 403}, api.SekoiaBlocked, "server"),
    "429 page": ({"kind": "html", "status": 429}, api.SekoiaBlocked, "server"),
    "200 page": ({"kind": "html", "status": 200}, api.SekoiaBadResponse, "page"),
    "200 text": ({"kind": "not_json"}, api.SekoiaBadResponse, "json"),
    "200 JSON list": ({"kind": "not_json", "body": "[1]"}, api.SekoiaBadResponse, "shape"),
    "200 without items": ({"kind": "not_json", "body": '{"total": 1}'}, api.SekoiaBadResponse, "shape"),
    "reset": ({"kind": "reset"}, api.SekoiaUnavailable, "reset"),
    "cut": ({"kind": "cut"}, api.SekoiaBadResponse, "cut"),
    "302": ({"kind": "redirect", "location": "https://login.example/"}, api.SekoiaBadResponse, "redirect"),
    "304": ({"kind": "status", "status": 304}, api.SekoiaBadResponse, "redirect"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_failure_has_its_class_and_reason(client: api.SekoiaClient, world: World, case: str) -> None:
    said, kind, reason = FAULTS[case]
    world.faults.arm(Fault(ALERTS, times=None, **said))
    error = failing(lambda: listed(client))
    assert (type(error), error.reason) == (kind, reason)
    assert error.endpoint == "GET /v1/sic/alerts" and "/v1/sic/alerts" in str(error)


TRANSIENT = ("500", "502 page", "503", "504", "429", "reset", "cut")


@pytest.mark.parametrize("case", FAULTS)
def test_only_what_may_pass_is_tried_again(client: api.SekoiaClient, world: World, case: str) -> None:
    world.alerts.raise_alert()
    world.faults.arm(Fault(ALERTS, times=2, **FAULTS[case][0]))
    if case in TRANSIENT:
        assert len(listed(client).items) == 1
    else:
        failing(lambda: listed(client))
    assert client.calls == (3 if case in TRANSIENT else 1)


def test_five_tries_are_the_most(client: api.SekoiaClient, world: World) -> None:
    world.faults.arm(Fault(ALERTS, kind="status", status=503, times=None))
    failing(lambda: listed(client))
    assert (client.calls, client.errors) == (5, 5)


def test_retry_after_is_waited_for(client: api.SekoiaClient, world: World, clock: Clock) -> None:
    world.faults.arm(Fault(ALERTS, kind="status", status=429, headers={"Retry-After": "37"}))
    before = clock.time()
    listed(client)
    assert 37 <= clock.time() - before < 40


def test_retry_after_beyond_the_time_of_the_run_ends_it(make_client: MakeClient, world: World, clock: Clock) -> None:
    world.faults.arm(Fault(ALERTS, kind="status", status=429, headers={"Retry-After": "100"}))
    client, before = make_client(seconds=50), clock.time()
    error = failing(lambda: listed(client))
    assert isinstance(error, api.SekoiaDeadline) and error.retry_after == 100
    assert clock.time() == before


def test_body_that_drips_longer_than_the_run_ends_it(make_client: MakeClient, world: World, clock: Clock) -> None:
    for number in range(40):
        world.alerts.raise_alert(f"alert {number}")
    world.faults.arm(Fault(ALERTS, kind="drip", seconds=5, chunk=512, times=None))
    assert isinstance(failing(lambda: listed(make_client(seconds=50))), api.SekoiaDeadline)


def test_server_that_is_silent_too_long_is_a_timeout(make_client: MakeClient, world: World) -> None:
    world.faults.arm(Fault(ALERTS, kind="stall", seconds=1.5, times=None))
    client = make_client()
    client._read_timeout, client.tries = 0.1, 1
    error = failing(lambda: listed(client))
    assert isinstance(error, api.SekoiaUnavailable) and error.reason == "timeout"


def test_pace_and_its_burst_stay_within_twice_the_rate(make_client: MakeClient, world: World) -> None:
    world.switches.turn(throttle=10)
    client = make_client(rate=5)
    for _ in range(40):
        listed(client)
    assert client.errors == 0


def test_errors_in_a_row_do_not_wake_the_firewall(make_client: MakeClient, world: World) -> None:
    world.switches.turn(waf=1)
    client = make_client(rate=50)
    errors = [failing(lambda: client.get_alert(NOBODY)) for _ in range(20)]
    assert {type(error) for error in errors} == {api.SekoiaNotFound}


@pytest.mark.parametrize("body", ["json", "empty", "html"])
def test_throttled_call_succeeds_a_moment_later(make_client: MakeClient, world: World, body: str) -> None:
    world.switches.turn(throttle=1, throttle_body=body, retry_after_header="2")
    client = make_client()
    listed(client)
    if body == "html":
        assert isinstance(failing(lambda: listed(client)), api.SekoiaBlocked)
    else:
        assert listed(client).items == []


@pytest.mark.parametrize("shape", ["message", "detail"])
def test_error_of_the_asset_service_is_readable_in_both_shapes(
    make_client: MakeClient, world: World, shape: str
) -> None:
    world.switches.turn(asset_error_shape=shape)
    error = failing(lambda: make_client(permissions=()).assets([NOBODY]))
    assert "Insufficient permissions" in str(error)


def test_key_in_an_answer_is_hidden(make_client: MakeClient, world: World) -> None:
    key = world.keys.issue("canary")
    world.faults.arm(Fault(ALERTS, kind="status", status=400, body={"message": f"bad header: Bearer {key}"}))
    error = failing(lambda: listed(make_client(key)))
    assert key not in f"{error} {error.body_excerpt} {error.args} {error.__cause__} {error.__context__}"
    assert "[API key]" in str(error)


def test_unknown_alert_in_each_call_is_not_found(client: api.SekoiaClient) -> None:
    calls: tuple[Callable[[], Any], ...] = (
        lambda: client.get_alert(NOBODY),
        lambda: client.get_workflow(NOBODY),
        lambda: list(client.iter_comments(NOBODY)),
        lambda: client.post_comment(NOBODY, "x"),
        lambda: client.edit_alert(NOBODY, {"title": "xyz"}, reached=bool),
        lambda: client.set_status(NOBODY, NOBODY, reached=bool),
    )
    assert {type(failing(call)) for call in calls} == {api.SekoiaNotFound}
