"""Answers of Sekoia that lack something: what is not in them is neither gone, nor new, nor undone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from lab.sekoia.alerts import routes
from lab.sekoia.alerts.model import Alert
from lab.sekoia.app import ROUTER
from lab.sekoia.exchange import Reply, json_reply
from lab.sekoia.faults import Fault
from lab.sekoia.route import Route, Visit
from tests.mirror.desk import Desk, comments_of, verdict_of
from tests.stage import Stage

TITLE, VERDICT = "Alert Name", "SekoiaXDR Verdict"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


# --- no alert at all --------------------------------------------------------------------------------------------------


def no_alert_once(desk: Desk, alert: Alert, body: dict[str, Any]) -> None:
    """The alert is read once, and the answer is good but for the alert."""
    on = f"GET /v1/sic/alerts/{alert.short_id}"
    desk.stage.world.faults.arm(Fault(on, status=200, body=body, times=1))


@pytest.mark.odd_tenant
@pytest.mark.parametrize("body", [{}, {"message": "try later"}], ids=["empty", "words"])
def test_answer_without_an_alert_empties_no_incident(desk: Desk, body: dict[str, Any]) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.comment(alert.uuid, "one")
    no_alert_once(desk, alert, body)
    desk.round(count=6)
    desk.stage.world.alerts.comment(alert.uuid, "two")
    desk.round(count=3)
    incident = desk.incident(number)
    assert (incident.dbot_mirror_id, incident.fields[TITLE]) == (alert.short_id, "Beacon")
    assert len(desk.entries(number)) == 2


@pytest.mark.odd_tenant
@pytest.mark.parametrize("body", [{}, {"message": "try later"}], ids=["empty", "words"])
def test_edit_that_meets_an_answer_without_an_alert_is_sent_later(desk: Desk, body: dict[str, Any]) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    no_alert_once(desk, alert, body)
    desk.host.set_fields(number, {TITLE: "mine"})
    desk.hand_over(number)
    desk.round(count=5)
    assert (alert.title, desk.incident(number).fields[TITLE]) == ("mine", "mine")


# --- an alert without a part ------------------------------------------------------------------------------------------


def changed_without(desk: Desk, alert: Alert, **parts: Any) -> None:
    """A change shows the alert with these parts instead of its own, the next change shows it whole."""
    alert.overrides.update(parts)
    alert.touch(desk.stage.clock.time(), alert.updated_by)
    desk.round()
    for name in parts:
        alert.overrides.pop(name)
    alert.touch(desk.stage.clock.time(), alert.updated_by)


@pytest.mark.odd_tenant
@pytest.mark.parametrize("instead", [None, []], ids=["null", "none"])
def test_comments_that_were_missing_once_do_not_come_again(desk: Desk, instead: Any) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.comment(alert.uuid, "one")
    desk.round(count=2)
    changed_without(desk, alert, comments=instead)
    desk.round(count=4)
    assert len(desk.entries(number)) == 1


@pytest.mark.odd_tenant
@pytest.mark.parametrize("direction", ["Incoming", "Incoming and Outgoing"])
@pytest.mark.parametrize("reopens", [True, False])
def test_closing_does_not_come_again_after_the_history_was_missing_once(
    stage: Stage, direction: str, reopens: bool
) -> None:
    """`reopens`: by hand, so that the incident is open while the alert stays closed."""
    desk = Desk(stage, mirror_direction=direction, reopen_incident=False, reopen_out=False)
    alert, number = desk.fetched()
    desk.round(count=2)
    stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    assert desk.incident(number).status == 2
    if reopens:
        desk.host.reopen_incident(number)
    desk.round(count=2)
    desk.host.incidents.change(number, {"closeReason": "Duplicate", "closeNotes": "of 17"})
    changed_without(desk, alert, history=None)
    desk.round(count=4)
    incident = desk.incident(number)
    assert (incident.status, incident.fields["closeReason"]) == (1 if reopens else 2, "Duplicate")


@pytest.mark.odd_tenant
def test_incident_closes_and_reopens_with_an_alert_that_has_no_history(desk: Desk) -> None:
    alert, number = desk.fetched()
    alert.overrides["history"] = None
    desk.round(count=2)
    turns = []
    for status in ("Closed", "Ongoing"):
        desk.stage.world.alerts.set_status(alert.uuid, status)
        desk.round(count=3)
        turns.append(desk.incident(number).status)
    assert turns == [2, 1]


# --- other answers ----------------------------------------------------------------------------------------------------


@pytest.mark.odd_tenant
def test_comment_of_ours_does_not_come_back_though_the_key_was_not_named_once(stage: Stage) -> None:
    desk = Desk(stage)
    stage.world.faults.arm(Fault("GET */auth/validate", status=200, body={"type": "access"}, times=1))
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "internal"})
    desk.round(count=3)
    assert (comments_of(alert), desk.entries(number)) == (["Resolved: internal"], [])


PARTS = ("custom_status", "verdict")


@pytest.fixture
def answer_to_an_edit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit is answered with the whole alert, or with one whose status and verdict are null or absent.

    A read that does not ask for them is answered so.
    """
    find = ROUTER.find

    def edit(visit: Visit) -> Reply:
        shown = json.loads(routes.edit(visit).body)
        bare = {name: value for name, value in shown.items() if name not in PARTS}
        return json_reply({**bare, **dict.fromkeys(PARTS)} if request.param == "null" else bare)

    def found(method: str, path: str) -> tuple[Route, dict[str, str]]:
        route, args = find(method, path)
        return replace(route, handle=edit) if route.handle is routes.edit else route, args

    if request.param != "whole":
        monkeypatch.setattr(ROUTER, "find", found)


ODD = pytest.mark.odd_tenant
ANSWERS = ["whole", pytest.param("null", marks=ODD), pytest.param("absent", marks=ODD)]


@pytest.mark.usefixtures("answer_to_an_edit")
@pytest.mark.parametrize("answer_to_an_edit", ANSWERS, indirect=True)
@pytest.mark.parametrize("second", ["True positive", ""])
def test_second_verdict_stands_whatever_the_first_edit_was_answered_with(desk: Desk, second: str) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    for verdict in ("False positive", second):
        desk.host.set_fields(number, {VERDICT: verdict})
        desk.hand_over(number)
    desk.round(count=4)
    assert (verdict_of(alert), desk.incident(number).fields[VERDICT] or "") == (second, second)
