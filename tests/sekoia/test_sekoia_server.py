"""The server as a server: prefixes, errors, the journal, the lab's own calls, crashes, determinism, speed."""

import http.client
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from lab.clock import Clock
from lab.sekoia import scenario, wire
from lab.sekoia.app import ROUTER
from lab.sekoia.route import Route, Router, Visit
from lab.sekoia.server import EmulatorCrash, SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

LIST = "/v1/sic/alerts"


@pytest.mark.parametrize("prefix", ["", "/api", "/api/api"])
@pytest.mark.parametrize("path", [LIST, "/v2/asset-management/assets"])
def test_paths_are_served_with_and_without_api(api: Caller, prefix: str, path: str) -> None:
    assert api.get(prefix + path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/sic/alerts/", "/v3/sic/alerts", "/apiv1/me", "/v1/sic/alerts/a/b"])
def test_an_unknown_path_is_404_and_named(api: Caller, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "LAB404")
    assert path in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", LIST), ("DELETE", "/v1/me"), ("PUT", LIST + "/x"), ("OPTIONS", LIST)]
)
def test_a_wrong_method_is_405_and_named(api: Caller, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "LAB405")
    assert "GET" in answer.headers["Allow"]


def test_an_escaped_slash_stays_within_its_segment(api: Caller) -> None:
    assert api.get(f"{LIST}/a%2Fworkflow").json()["message"] == "Unknown alert"


def test_a_route_served_twice_raises() -> None:
    route = ROUTER.routes[0]
    with pytest.raises(ValueError, match="served twice"):
        Router((route, route))


def test_one_connection_serves_many_calls(world: World, server: SekoiaServer) -> None:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    headers = {"Authorization": "Bearer " + world.keys.issue()}
    sockets = set()
    for method, path in (("GET", LIST), ("GET", "/v1/nothing"), ("DELETE", f"{LIST}/x"), ("HEAD", LIST)):
        connection.request(method, path, headers=headers)
        connection.getresponse().read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1
    assert None not in sockets


def test_every_answer_is_dated_by_the_clock_of_the_tenant(world: World, api: Caller) -> None:
    world.clock.sleep(90)
    for path in (LIST, "/v1/nothing"):
        assert api.get(path).headers["Date"] == "Sun, 01 Mar 2026 10:01:30 GMT"


def test_the_journal_shows_every_call_but_no_key(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    api.get("/api" + LIST, **{"match[uuid]": "a,b"})
    api.call("POST", f"{LIST}/{alert.uuid}/comments", json={"content": "x"})
    api.call("POST", f"{LIST}/{alert.uuid}/comments", data=b"{")
    first, second, third = world.journal.calls
    assert (first.method, first.path, first.query, first.status) == ("GET", LIST, {"match[uuid]": ["a,b"]}, 200)
    assert (first.key, first.body, first.at) == ("all rights", None, 1_772_359_200)
    assert first.bytes_out == len(b'{"items":[],"total":0,"has_more":false}')
    assert first.target.startswith("/api/v1")
    assert second.body == {"content": "x"}
    assert (third.body, third.status) == ("{", 400)
    assert (world.journal.count(), world.journal.count("GET"), world.journal.count(path_prefix=LIST)) == (3, 1, 3)
    world.journal.clear()
    assert world.journal.count() == 0


def test_a_crash_of_the_lab_is_500_and_fails_the_test(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("inside the lab")

    monkeypatch.setattr(world, "catch_up", broken)
    with pytest.raises(EmulatorCrash, match="inside the lab"):  # noqa: SIM117 (the crash shows when the server closes)
        with SekoiaServer(world) as server, Caller(server.url, None) as caller:
            answer = caller.get("/v1/me")
            assert (answer.status_code, answer.json()["code"]) == (500, "LAB500")


def test_a_crash_while_the_answer_is_sent_fails_the_test_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> bool:
        raise ZeroDivisionError("on the wire")

    monkeypatch.setattr(wire, "send", broken)
    with pytest.raises(EmulatorCrash, match="on the wire"):  # noqa: SIM117 (the crash shows when the server closes)
        with SekoiaServer(world) as server, Caller(server.url, None) as caller:
            with pytest.raises(requests.ConnectionError):
                caller.get("/v1/me")


def test_a_chunked_body_is_not_read_and_says_so(world: World) -> None:
    with pytest.raises(EmulatorCrash, match="chunked"):  # noqa: SIM117 (the crash shows when the server closes)
        with SekoiaServer(world) as server, Caller(server.url, None) as caller:
            assert caller.call("POST", "/v1/me", data=iter([b"{}"])).json()["code"] == "LAB500"


def test_a_visit_does_not_know_its_key_before_it_was_found() -> None:
    visit = Visit.__new__(Visit)
    visit.matched_key = visit.matched_route = None
    with pytest.raises(LookupError, match="key"):
        assert visit.key
    with pytest.raises(LookupError, match="route"):
        assert visit.route


def test_a_caller_that_goes_away_is_no_crash(world: World, server: SekoiaServer) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))) as left:
        left.sendall(b"GET /v1/me HTTP/1.1\r\nContent-Length: 99\r\n\r\n")
    server.close()
    assert server.crashes == []


def test_close_may_be_called_twice_and_frees_the_port(world: World) -> None:
    server = SekoiaServer(world)
    server.close()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])))


def story_over_http(seed: int) -> list[Any]:
    """A story told to a fresh world and everything the API then says about it."""
    world = World(Clock(), seed)
    world.load(scenario.read("phishing"))
    world.switches.turn(shuffle_ties=True, extra_fields=True)
    with SekoiaServer(world) as server, Caller(server.url, world.keys.named("soar").text) as caller:
        world.clock.sleep(90 * 60)
        listed = caller.json(LIST, limit=100, stix="true")
        return [listed, *(caller.json(f"{LIST}/{item['uuid']}") for item in listed["items"])]


def test_one_seed_gives_one_world() -> None:
    assert story_over_http(5) == story_over_http(5)
    assert story_over_http(5)[0]["items"][0]["uuid"] != story_over_http(6)[0]["items"][0]["uuid"]


def test_reset_forgets_everything_but_the_seed(world: World, api: Caller) -> None:
    first = world.alerts.raise_alert("one").uuid
    world.switches.bounds = "exclusive"
    world.reset()
    assert (world.seed, world.alerts.all(), world.switches.bounds) == (7, [], "inclusive")
    world.reset(8)
    assert world.alerts.raise_alert("one").uuid != first
    assert api.get("/v1/me").status_code == 401


def control(api: Caller, method: str, path: str, **body: Any) -> Any:
    return api.call(method, f"/_lab/{path}", json=body)


def test_the_lab_is_driven_over_http_too(world: World, server: SekoiaServer) -> None:
    with Caller(server.url, None) as lab:
        assert control(lab, "POST", "reset", seed=3).json() == {"done": True}
        assert control(lab, "POST", "load", story="burst").json() == {"alerts": 134}
        assert control(lab, "POST", "advance", seconds=60).json() == {"time": 1_772_359_260.0}
        key = control(lab, "POST", "keys", name="second", permissions=["View alerts"]).json()["key"]
        raised = control(lab, "POST", "alerts", title="by hand", urgency=5).json()
        with Caller(server.url, key) as api:
            assert api.titles(**{"match[uuid]": raised["uuid"]}) == ["by hand"]
            assert control(lab, "PATCH", "switches", has_more=False).json()["has_more"] is False
            assert "has_more" not in api.json(LIST)
            control(lab, "POST", "faults", on=f"GET {LIST}", status=500)
            assert api.get(LIST).status_code == 500
            assert control(lab, "GET", "faults").json()["faults"][0]["hits"] == 1
            control(lab, "DELETE", "faults")
        assert [call["status"] for call in control(lab, "GET", "journal").json()["calls"]] == [200, 200, 500]
        control(lab, "DELETE", "journal")
        assert control(lab, "GET", "journal").json() == {"calls": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "load", {"story": "nothing"}, "burst"),
        ("POST", "faults", {"kind": "gremlin"}, "gremlin"),
        ("PATCH", "switches", {"colour": "red"}, "colour"),
        ("POST", "alerts", {"severty": 1}, "severty"),
        ("POST", "keys", {"permissions": ["x"]}, "x"),
        ("POST", "advance", {}, "seconds"),
    ],
)
def test_a_mistake_in_a_control_call_is_400_and_named(
    api: Caller, method: str, path: str, body: dict[str, Any], words: str
) -> None:
    answer = control(api, method, path, **body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_an_unknown_control_call_is_404_and_lists_the_known_ones(api: Caller) -> None:
    answer = control(api, "GET", "everything")
    assert answer.status_code == 404
    assert "POST /_lab/load" in answer.json()["message"]


def test_every_route_answers_without_a_crash(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    comment = world.alerts.comment(alert.uuid, "x")

    def path_of(route: Route) -> str:
        path = route.path.replace("{comment_uuid}", comment.uuid)
        return path.replace("{uuid}", alert.uuid)

    statuses = {route.name: api.call(route.method, path_of(route), json={}).status_code for route in ROUTER.routes}
    assert set(statuses.values()) <= {200, 204, 400, 403, 404, 422}
