"""Both sides, a server, an API and the settings get in each other's way: what waits, what overlaps, what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.xsoar.bundle import Bundle
from tests.mirror.clocks import Ahead
from tests.mirror.desk import RESOLVED, TAG_OUT, Desk, comments_of
from tests.mirror.mutants import Mutant
from tests.mirror.schedule import Schedule
from tests.stage import INSTANCE, Stage

STATUS, URGENCY, VERDICT = "SekoiaXDR Alert Status", "SekoiaXDR Urgency", "SekoiaXDR Verdict"
TITLE, DETAILS = "Alert Name", "SekoiaXDR Alert Details"


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def once(desk: Desk, name: str, act: Callable[[], object]) -> list[str]:
    """Something that happens once, in the middle of another run: at its call of that name."""
    happened: list[str] = []

    def hook(call: str) -> None:
        if call == name and not happened:
            happened.append(call)
            act()

    desk.host.hooks.before_platform_call = hook
    return happened


# --- what waits -------------------------------------------------------------------------------------------------------


def test_edit_after_a_written_one_whose_neighbour_waits_is_sent(desk: Desk) -> None:
    """The title is written while the status waits: what we wrote is no change of somebody else's."""
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH */workflow")
    desk.host.set_fields(number, {TITLE: "one", STATUS: "Ongoing"})
    desk.round()
    desk.host.set_fields(number, {TITLE: "two"})
    desk.round()
    desk.recovers()
    assert (alert.title, desk.incident(number).fields[TITLE], alert.status.label) == ("two", "two", "Ongoing")


@pytest.mark.parametrize("out_first", [True, False])
def test_edit_on_top_of_a_change_that_came_from_sekoia_is_sent(desk: Desk, out_first: bool) -> None:
    """An older edit of the same field still waited when the change came, and gave way to it."""
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.set_fields(number, {TITLE: "mine", URGENCY: 15})
    desk.round(count=2)
    desk.stage.world.alerts.edit(alert.uuid, title="theirs")
    desk.round(count=2)
    assert desk.incident(number).fields[TITLE] == "theirs"
    desk.host.set_fields(number, {TITLE: "mine again"})
    desk.round()
    desk.recovers()
    assert (alert.title, desk.incident(number).fields[TITLE]) == ("mine again", "mine again")
    assert alert.urgency_value == 15


def test_status_set_on_a_reopened_incident_stands_when_sending_comes_first(desk: Desk) -> None:
    desk.host.mirroring.habits.out_first = True
    alert, number = desk.fetched()
    desk.host.close_incident(number, RESOLVED)
    desk.round(count=3)
    desk.fails("PATCH *")
    desk.host.reopen_incident(number)
    desk.round()
    desk.host.set_fields(number, {STATUS: "Ongoing"})
    desk.recovers()
    assert (alert.status.label, desk.incident(number).fields[STATUS]) == ("Ongoing", "Ongoing")


@pytest.mark.parametrize("out_first", [True, False])
def test_reopening_that_waits_is_not_undone_by_the_closing_before_it(desk: Desk, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.close_incident(number, RESOLVED)
    desk.host.reopen_incident(number)
    desk.fails("PATCH *")
    desk.round()
    desk.recovers(rounds=5)
    assert (alert.status.label, desk.incident(number).status) == ("Pending", 1)


@pytest.mark.parametrize("out_first", [True, False])
def test_closing_that_waits_keeps_the_incident_closed_while_the_alert_moves(desk: Desk, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched(status="Acknowledged")
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.close_incident(number, {"closeReason": "Duplicate", "closeNotes": "of 17"})
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=2)
    assert desk.incident(number).status == 2
    desk.recovers()
    fields = desk.incident(number).fields
    assert (alert.status.label, fields["closeReason"], fields["closeNotes"]) == ("Closed", "Duplicate", "of 17")


def test_what_an_older_wish_said_of_the_incident_is_not_repeated(desk: Desk) -> None:
    """The first edit waits; Sekoia closes; the edit of the closed incident does not make it an open one again."""
    alert, number = desk.fetched()
    desk.fails("PATCH *")
    desk.host.set_fields(number, {TITLE: "typo"})
    desk.round()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    desk.host.set_fields(number, {TITLE: "no typo"})
    desk.round(count=2)
    desk.recovers(rounds=3)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=2)
    assert (alert.status.label, desk.incident(number).status) == ("Ongoing", 1)


def test_reopening_that_sekoia_did_not_need_leaves_no_mark(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.close_incident(number, RESOLVED)
    desk.host.reopen_incident(number)
    desk.round()
    desk.recovers()
    desk.stage.run("sekoia-xdr-close-alert", id=alert.short_id)
    desk.round(count=2)
    desk.stage.run("sekoia-xdr-update-status-alert", id=alert.short_id, status="Ongoing")
    desk.round(count=2)
    assert (alert.status.label, desk.incident(number).status) == ("Ongoing", 1)


def test_what_a_key_may_not_read_for_a_while_is_sent_afterwards(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails(f"GET /v1/sic/alerts/{alert.short_id}", status=403)
    desk.host.set_fields(number, {URGENCY: 15})
    desk.host.add_entry(number, "said", (TAG_OUT,))
    desk.round(count=2)
    desk.recovers()
    assert (alert.urgency_value, len(comments_of(alert)), desk.incident(number).fields[URGENCY]) == (15, 1, 15)


@pytest.mark.parametrize("status", [400, 403])
def test_refused_field_does_not_hold_the_status_back(desk: Desk, status: int) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails(f"PATCH /v1/sic/alerts/{alert.short_id}", status=status)
    desk.host.set_fields(number, {TITLE: "x", STATUS: "Ongoing"})
    desk.round(count=3)
    assert (alert.status.label, desk.incident(number).fields[STATUS]) == ("Ongoing", "Ongoing")
    assert (desk.incident(number).fields[TITLE], len(desk.told(number))) == ("Beacon", 1)


def test_wish_that_waited_for_a_week_is_given_up_and_told(desk: Desk) -> None:
    """Mirroring was off meanwhile, and the incident was opened again: nobody wants the old closing any more."""
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.close_incident(number, RESOLVED)
    desk.round()
    desk.stage.world.faults.clear()
    desk.stage.configure(mirror_direction="None")
    desk.host.reopen_incident(number)
    desk.stage.clock.advance(8 * 86_400)
    desk.stage.configure(mirror_direction="Incoming and Outgoing")
    desk.round(count=4)
    assert (alert.status.label, desk.incident(number).status) == ("Pending", 1)
    assert ["this was given up: close" in text for text in desk.told(number)] == [True]


def test_wish_does_not_outlive_the_switch_that_allowed_it(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.close_incident(number, RESOLVED)
    desk.round()
    desk.stage.configure(close_out=False)
    desk.recovers()
    assert alert.status.label == "Pending"


# --- what overlaps ----------------------------------------------------------------------------------------------------


def test_closing_during_an_update_from_sekoia_is_not_forgotten(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.set_fields(number, {TITLE: "mine"})
    desk.round()
    desk.stage.world.alerts.edit(alert.uuid, title="theirs")
    happened = once(desk, "setIntegrationContextVersioned", lambda: desk.host.close_incident(number, RESOLVED))
    args = {"id": alert.short_id, "lastUpdate": ""}
    desk.host.execute(desk.stage.instance, "get-remote-data", args, number)
    desk.host.hooks.before_platform_call = None
    desk.recovers(rounds=5)
    assert (happened != [], alert.status.stage, desk.incident(number).status) == (True, "closed", 2)


PROBE = "                if as_text(content, 2 * COMMENT_LENGTH) not in there:\n"


@pytest.mark.parametrize("writes", [True, False])
def test_closing_while_a_comment_is_sent_doubles_and_forgets_nothing(
    bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path, writes: bool
) -> None:
    """The closing form is sent between the read and the comment of another run; `writes`: the API takes the closing."""
    probe = Mutant("probe", ((PROBE, f"                demisto.getLastRun()\n{PROBE}"),), Schedule(()))
    with Stage(probe.applied_to(bundle), world, server, clock, tmp_path / "host.sqlite") as stage:
        desk = Desk(stage)
        alert, number = desk.fetched()
        desk.round(count=2)
        desk.fails("POST *")
        desk.host.add_entry(number, "once", (TAG_OUT,))
        desk.round()
        desk.stage.world.faults.clear()

        def close() -> None:
            if not writes:
                desk.fails("PATCH *")
            desk.host.close_incident(number, RESOLVED)

        happened = once(desk, "getLastRun", close)
        desk.round()
        desk.host.hooks.before_platform_call = None
        desk.recovers(rounds=5)
        sent = [text for text in comments_of(alert) if text.startswith("once")]
        assert (happened != [], len(sent), alert.status.stage) == (True, 1, "closed")


def a_round_begins(desk: Desk) -> None:
    """The platform asks what changed while another command of the instance is at work."""
    desk.host.execute(desk.stage.instance, "get-modified-remote-data", {"lastUpdate": ""}, None)


def test_round_that_begins_while_a_comment_is_sent_does_not_send_it_too(
    bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path
) -> None:
    probe = Mutant("probe", ((PROBE, f"                demisto.getLastRun()\n{PROBE}"),), Schedule(()))
    with Stage(probe.applied_to(bundle), world, server, clock, tmp_path / "host.sqlite") as stage:
        desk = Desk(stage)
        alert, number = desk.fetched()
        desk.round(count=2)
        desk.host.add_entry(number, "once", (TAG_OUT,))
        happened = once(desk, "getLastRun", lambda: a_round_begins(desk))
        desk.round()
        desk.host.hooks.before_platform_call = None
        desk.round(count=3)
        assert (happened != [], comments_of(alert)) == (True, ["once\n\n[XSOAR 1@1]"])


CLOSE = '        target = self.closing_target("Rejected" if asked.get("reject") else label)\n'


@pytest.mark.parametrize("script", [True, False])
def test_round_that_begins_while_an_alert_is_closed_does_not_close_it_too(
    bundle: Bundle, world: World, server: SekoiaServer, clock: Clock, tmp_path: Path, script: bool
) -> None:
    probe = Mutant("probe", ((CLOSE, f"{CLOSE}        demisto.getLastRun()\n"),), Schedule(()))
    with Stage(probe.applied_to(bundle), world, server, clock, tmp_path / "host.sqlite") as stage:
        desk = Desk(stage)
        alert, number = desk.fetched()
        desk.round(count=2)
        happened = once(desk, "getLastRun", lambda: a_round_begins(desk))
        desk.close(number, script)
        if not script:
            desk.round()
        desk.host.hooks.before_platform_call = None
        desk.round(count=3)
        assert (happened != [], comments_of(alert)) == (True, ["Resolved: done"])
        assert (alert.status.stage, desk.incident(number).status) == ("closed", 2)


# --- who did it -------------------------------------------------------------------------------------------------------


def test_verdict_that_is_set_just_before_closing_stands(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {VERDICT: "False positive"})
    desk.host.close_incident(number, RESOLVED)
    desk.round(count=4)
    assert alert.ruling is not None
    assert (alert.ruling.verdict.label, desk.incident(number).fields[VERDICT]) == ("False positive", "False positive")


def test_move_of_an_alert_that_stayed_open_reopens_nothing(desk: Desk) -> None:
    desk.stage.configure(close_out=False)
    alert, number = desk.fetched(status="Acknowledged")
    desk.round(count=2)
    desk.host.close_incident(number, RESOLVED)
    desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=2)
    assert desk.incident(number).status == 2


@pytest.mark.parametrize("reopens", [True, False])
def test_second_closing_in_sekoia_closes_an_incident_that_was_reopened_by_hand(stage: Stage, reopens: bool) -> None:
    desk = Desk(stage, mirror_direction="Incoming", reopen_incident=reopens)
    alert, number = desk.fetched()
    for status in ("Closed", "Ongoing"):
        desk.stage.world.alerts.set_status(alert.uuid, status)
        desk.round(count=2)
    if not reopens:
        desk.host.reopen_incident(number)
        desk.round(count=2)
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=3)
    assert desk.incident(number).status == 2


def test_incident_that_is_closed_here_closes_an_alert_that_sekoia_closed_and_reopened_before(desk: Desk) -> None:
    desk.stage.configure(reopen_incident=False)
    alert, number = desk.fetched()
    for status in ("Closed", "Ongoing"):
        desk.stage.world.alerts.set_status(alert.uuid, status)
        desk.round(count=2)
    desk.host.reopen_incident(number)
    desk.host.close_incident(number, RESOLVED)
    desk.round(count=3)
    assert (alert.status.stage, desk.incident(number).status) == ("closed", 2)


def test_where_nothing_comes_in_an_alert_that_was_closed_anew_is_reopened_all_the_same(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="Outgoing")
    alert, number = desk.fetched(status="Acknowledged")
    desk.host.set_fields(number, {URGENCY: 15})
    desk.round()
    desk.host.close_incident(number, RESOLVED)
    desk.round()
    for status in ("Ongoing", "Rejected"):
        stage.world.alerts.set_status(alert.uuid, status)
    desk.host.reopen_incident(number)
    desk.round(count=2)
    assert alert.status.label != "Rejected"


def test_notes_written_by_a_key_that_was_replaced_do_not_come_back(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "internal"})
    desk.stage.key = desk.stage.world.keys.issue("another")
    desk.stage.configure(**desk.stage.secret())
    desk.round(count=2)
    assert (len(comments_of(alert)), desk.entries(number)) == (1, [])


def test_news_of_an_incident_that_the_memory_lost_does_not_rewrite_its_closing(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.close_incident(number, {"closeReason": "Duplicate", "closeNotes": "of 17"})
    desk.round(count=3)
    desk.host.state(INSTANCE).keep_context({})
    desk.stage.clock.advance(86_400)
    desk.stage.world.alerts.comment(alert.uuid, "a late word")
    desk.round()
    fields = desk.incident(number).fields
    assert (fields["closeReason"], fields["closeNotes"]) == ("Duplicate", "of 17")


def test_details_come_back_without_what_made_them_safe_to_show(desk: Desk) -> None:
    alert, number = desk.fetched(details="run <b>now</b> ![p](x)")
    desk.round(count=2)
    shown = desk.incident(number).fields[DETAILS]
    assert "<b>" not in shown
    desk.host.set_fields(number, {DETAILS: f"{shown} added"})
    desk.round(count=3)
    assert (alert.details, desk.incident(number).fields[DETAILS]) == ("run <b>now</b> ![p](x) added", f"{shown} added")


@pytest.mark.parametrize("seconds", [0, 1200, -1200])
def test_changes_arrive_where_the_clock_of_the_platform_runs_ahead_or_behind(
    bundle: Bundle, tmp_path: Path, seconds: float
) -> None:
    theirs: Any = Clock()
    world = World(theirs, seed=1)
    with (
        SekoiaServer(world) as server,
        Stage(
            bundle, world, server, Ahead(theirs, seconds), tmp_path / "host.sqlite", {"first_fetch": "-2 hours"}
        ) as stage,
    ):
        desk = Desk(stage)
        alert, number = desk.fetched()
        desk.round(count=2)
        world.alerts.edit(alert.uuid, title="theirs")
        world.alerts.comment(alert.uuid, "theirs")
        desk.round(count=4)
        assert (desk.incident(number).fields[TITLE], len(desk.entries(number))) == ("theirs", 1)


# --- a minute of much work --------------------------------------------------------------------------------------------


MINUTES = (
    "close reopen status",
    "close | reopen status",
    "close | reopen verdict close",
    "verdict close | reopen | close",
)


@pytest.mark.parametrize("out_first", [True, False])
@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("acts", [*MINUTES, "edit close reopen", "say close | say reopen", "reopen edit close reopen"])
def test_last_word_of_a_busy_minute_stands_on_both_sides(desk: Desk, acts: str, script: bool, out_first: bool) -> None:
    """`|` is a round of mirroring; nothing fails, and nobody else is at work."""
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=2)
    last: dict[str, Any] = {}
    spoken: list[str] = []
    for place, act in enumerate(acts.split()):
        if act == "|":
            desk.round()
        elif act == "close":
            desk.close(number, script)
        elif act == "reopen" and desk.incident(number).status == 2:
            desk.host.reopen_incident(number)
        elif act == "say" and desk.incident(number).status != 2:
            spoken.append(f"said {place}")
            desk.host.add_entry(number, spoken[-1], (TAG_OUT,))
        else:
            field = {"status": STATUS, "verdict": VERDICT, "edit": TITLE}.get(act)
            values = {
                "status": "Ongoing",
                "verdict": ("False positive", "True positive")[place % 2],
                "edit": f"t{place}",
            }
            last |= {field: values[act]} if field else {}
            desk.host.set_fields(number, {field: values[act]} if field else {})
    desk.round(count=5)
    incident = desk.incident(number)
    there = {
        STATUS: alert.status.label,
        VERDICT: alert.ruling.verdict.label if alert.ruling else "",
        TITLE: alert.title,
    }
    assert {name: incident.fields[name] or "" for name in there} == there
    if not out_first:  # what came of the closing is brought in over a status that nobody has sent yet
        last.pop(STATUS, None)
    assert {name: there[name] for name in last} == last
    assert (alert.status.stage == "closed") == (incident.status == 2) == (acts.split()[-1] == "close")
    said = [text.partition("\n")[0] for text in comments_of(alert) if text.startswith("said")]
    assert (sorted(said), desk.entries(number)) == (spoken, [])


def test_closing_that_sekoia_refuses_is_not_called_closed_for_the_verdict_that_it_took(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {VERDICT: "False positive"})
    desk.fails("PATCH */workflow", status=400)
    desk.close(number)
    (said,) = [entry.shown for entry in desk.host.warroom(number) if entry.shown.startswith("### Alert")]
    assert (alert.status.label, "refused" in said.splitlines()[0]) == ("Pending", True)


@pytest.mark.parametrize("before_the_upgrade", [True, False])
def test_alert_in_a_closed_status_of_the_tenants_own_is_reopened_with_its_incident(
    desk: Desk, before_the_upgrade: bool
) -> None:
    desk.stage.world.statuses.define("Mitigated", "closed")
    desk.stage.configure(close_reasons_out="Resolved=Mitigated")
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.close(number)
    assert alert.status.label == "Mitigated"
    if before_the_upgrade:
        desk.round(count=3)
        context = desk.host.integration_context(desk.stage.instance)
        for record in context["mirror"]["alerts"].values():
            record.pop("a", None)  # which older releases did not remember
        desk.host.state(INSTANCE).keep_context(context)
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    desk.round(count=4)
    assert (alert.status.label, desk.incident(number).status) == ("Ongoing", 1)


def test_another_closed_status_does_not_rewrite_a_closing_where_nothing_goes_out(stage: Stage) -> None:
    desk = Desk(stage, mirror_direction="Incoming")
    alert, number = desk.fetched()
    stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    desk.host.incidents.change(number, {"closeReason": "Duplicate", "closeNotes": "of 17"})
    stage.world.alerts.set_status(alert.uuid, "Rejected")
    desk.round(count=2)
    fields = desk.incident(number).fields
    assert (desk.incident(number).status, fields["closeReason"], fields["closeNotes"]) == (2, "Duplicate", "of 17")


def test_alerts_that_the_key_may_not_read_hold_no_other_up(desk: Desk) -> None:
    rows = [desk.fetched(f"alert {number}") for number in range(4)]
    desk.round(count=2)
    for alert, number in rows[:3]:
        desk.fails(f"GET /v1/sic/alerts/{alert.short_id}", status=403)
        desk.host.set_fields(number, {TITLE: "x"})
    desk.fails("PATCH *")
    desk.host.set_fields(rows[3][1], {TITLE: "x"})
    desk.round()
    desk.stage.world.faults.armed.pop()
    desk.round()
    assert [alert.title for alert, _ in rows] == ["alert 0", "alert 1", "alert 2", "x"]


def test_wish_of_an_older_release_is_given_up_after_a_week_too(desk: Desk) -> None:
    _, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.set_fields(number, {TITLE: "x"})
    desk.round()
    context = desk.host.integration_context(desk.stage.instance)
    for wish in context["mirror"]["out"].values():
        wish.pop("at")
        wish["local"] = "o"
    desk.host.state(INSTANCE).keep_context(context)
    desk.round()
    desk.stage.clock.advance(8 * 86_400)
    desk.round(count=3)
    assert ["this was given up: fields" in text for text in desk.told(number)] == [True]


@pytest.mark.parametrize("out_first", [True, False])
def test_verdict_that_sekoia_set_while_a_closing_waits_stands(desk: Desk, out_first: bool) -> None:
    desk.host.mirroring.habits.out_first = out_first
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.fails("PATCH *")
    desk.host.set_fields(number, {VERDICT: "False positive"})
    desk.close(number, script=False)
    desk.round()
    desk.stage.world.alerts.edit(alert.uuid, verdict_uuid=desk.stage.world.verdicts.labelled("True positive").uuid)
    desk.host.set_fields(number, {TITLE: "two"})
    desk.recovers()
    assert alert.ruling is not None
    assert (alert.ruling.verdict.label, desk.incident(number).fields[VERDICT]) == ("True positive", "True positive")
