"""What goes wrong on purpose, as a caller sees it on a real socket."""

from pathlib import Path
from typing import Any

import pytest
import requests

from lab.clock import Clock
from lab.sekoia.faults import AFTER, BEFORE, Fault
from lab.sekoia.identity.model import PERMISSIONS
from lab.sekoia.server import SekoiaServer
from lab.sekoia.tls import TlsFiles
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

LIST = "/v1/sic/alerts"
ME = "/v1/me"
POST = "POST /v1/sic/alerts/*/comments"


def test_a_status_fault_answers_what_it_was_told(world: World, api: Caller) -> None:
    fault = Fault(on=f"GET {LIST}", status=429, body={"message": "slow"}, headers={"Retry-After": "7"})
    world.faults.arm(fault)
    answer = api.get(LIST)
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (429, {"message": "slow"}, "7")
    assert api.get(LIST).status_code == 200
    assert fault.hits == 1


def test_a_status_fault_is_503_unless_told_otherwise(world: World, api: Caller) -> None:
    world.faults.arm(Fault())
    assert api.get(ME).json() == {"message": "Service unavailable", "code": "LAB503"}


def test_a_fault_skips_the_first_calls_and_strikes_as_often_as_told(world: World, api: Caller) -> None:
    world.faults.arm(Fault(on="GET *", after=1, times=2, status=500))
    assert [api.get(ME).status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_fault_can_last_until_it_is_cleared(world: World, api: Caller) -> None:
    world.faults.arm(Fault(times=None, status=500))
    assert {api.get(ME).status_code for _ in range(3)} == {500}
    world.faults.clear()
    assert api.get(ME).status_code == 200


@pytest.mark.parametrize("on", [f"GET {LIST}", f"PATCH {ME}", "DELETE *"])
def test_a_fault_leaves_other_calls_alone(world: World, api: Caller, on: str) -> None:
    fault = world.faults.arm(Fault(on=on))
    assert api.get(ME).status_code == 200
    assert fault.hits == 0


def test_two_faults_strike_one_after_the_other(world: World, api: Caller) -> None:
    world.faults.arm(Fault(status=500))
    world.faults.arm(Fault(status=502, after=1))
    assert [api.get(ME).status_code for _ in range(3)] == [500, 502, 200]


@pytest.mark.parametrize("status", [200, 403, 502])
def test_an_html_fault_is_a_page(world: World, api: Caller, status: int) -> None:
    world.faults.arm(Fault(kind="html", status=status))
    answer = api.get(ME)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert answer.text.startswith("<html>")


def test_an_html_fault_takes_another_page(world: World, api: Caller) -> None:
    world.faults.arm(Fault(kind="html", body="<html>mine</html>"))
    assert api.get(ME).text == "<html>mine</html>"


def test_not_json_is_200_with_text(world: World, api: Caller) -> None:
    world.faults.arm(Fault(kind="not_json"))
    answer = api.get(ME)
    assert (answer.status_code, answer.text) == (200, "OK, but not JSON")


def test_a_redirect_names_its_location(world: World, api: Caller) -> None:
    world.faults.arm(Fault(kind="redirect", location="https://login.example/"))
    answer = api.get(ME)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://login.example/")


def test_a_reset_happens_before_the_call_acts(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.faults.arm(Fault(on=POST, kind="reset"))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        api.call("POST", f"{LIST}/{alert.uuid}/comments", json={"content": "x"})
    assert alert.comments == []
    assert world.journal.calls[-1].status == 0


def test_a_reset_after_leaves_the_deed_done(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.faults.arm(Fault(on=POST, kind="reset_after"))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        api.call("POST", f"{LIST}/{alert.uuid}/comments", json={"content": "x"})
    assert [comment.content for comment in alert.comments] == ["x"]


def test_a_status_after_leaves_the_deed_done(world: World, api: Caller) -> None:
    alert = world.alerts.raise_alert("one")
    world.faults.arm(Fault(on=POST, kind="status_after"))
    assert api.call("POST", f"{LIST}/{alert.uuid}/comments", json={"content": "x"}).status_code == 504
    assert len(alert.comments) == 1


def test_a_cut_answer_is_shorter_than_it_announced(world: World, api: Caller) -> None:
    world.alerts.raise_alert("one")
    world.faults.arm(Fault(kind="cut"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        api.get(LIST)


def test_a_delay_pushes_the_clock_before_the_answer(world: World, api: Caller, clock: Clock) -> None:
    world.faults.arm(Fault(kind="delay", seconds=42))
    assert api.get(ME).status_code == 200
    assert clock.monotonic() == 42


def test_a_drip_pushes_the_clock_with_every_piece(world: World, api: Caller, clock: Clock) -> None:
    world.faults.arm(Fault(kind="drip", seconds=2, chunk=100))
    answer = api.get("/v1/me/permissions")
    assert answer.json()["total"] == len(PERMISSIONS)
    assert clock.monotonic() == 2 * -(-len(answer.content) // 100)


def test_a_stall_outlasts_an_impatient_caller(world: World, api: Caller) -> None:
    world.faults.arm(Fault(kind="stall", seconds=2.5))
    with pytest.raises(requests.ReadTimeout):
        api.call("GET", ME, timeout=0.05)
    assert api.get(ME).status_code == 200


def test_a_stalled_answer_comes_in_the_end(world: World, api: Caller) -> None:
    world.faults.arm(Fault(kind="stall", seconds=0.05))
    assert api.get(ME).status_code == 200


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"kind": "gremlin"}, "gremlin"),
        ({"kind": "stall", "seconds": 4}, "4"),
        ({"kind": "redirect"}, "location"),
    ],
)
def test_a_fault_that_does_not_fit_raises_and_is_named(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fault(**bad)


@pytest.mark.parametrize("kind", [*BEFORE, *AFTER])
def test_every_kind_works_over_tls(world: World, tmp_path: Path, kind: str) -> None:
    files = TlsFiles.make(tmp_path)
    key = world.keys.issue()
    with SekoiaServer(world, tls=files) as server, Caller(server.url, key) as caller:
        caller.session.verify = str(files.authority)
        assert caller.get(ME).status_code == 200
        fault = world.faults.arm(Fault(kind=kind, location="/elsewhere", seconds=0.01))
        try:
            caller.get(ME)
        except requests.ConnectionError:
            assert kind in ("reset", "reset_after", "cut")
        except requests.exceptions.ChunkedEncodingError:
            assert kind == "cut"
        assert fault.hits == 1
        assert caller.get(ME).status_code == 200


def test_a_certificate_nobody_was_told_to_trust_is_refused(world: World, tmp_path: Path) -> None:
    server = SekoiaServer(world, tls=TlsFiles.make(tmp_path))
    with server, Caller(server.url, "x") as caller, pytest.raises(requests.exceptions.SSLError):
        caller.get(ME)
    assert server.crashes == []
