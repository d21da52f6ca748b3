"""From the war room: what a command changes is visible in the tenant, and a lost answer doubles nothing."""

import pytest

from lab.sekoia.faults import Fault
from tests.journeys.outcomes import sent
from tests.stage import Stage


@pytest.fixture
def alert_id(stage: Stage) -> str:
    """A fetched alert."""
    alert = stage.world.alerts.raise_alert("Suspicious logon", urgency=62)
    assert [one.name for one in stage.minute().created] == ["Suspicious logon"]
    return alert.short_id


def status_in_tenant(stage: Stage, alert_id: str) -> str:
    return stage.world.alerts.get(alert_id).status.label


def contents(stage: Stage, alert_id: str) -> list[str]:
    return [comment.content for comment in stage.world.alerts.get(alert_id).comments]


def test_acknowledge_comment_and_close_are_visible_in_the_tenant(stage: Stage, alert_id: str) -> None:
    seen = []
    for command, arguments in (
        ("sekoia-xdr-update-status-alert", {"status": "Acknowledge"}),
        ("sekoia-xdr-post-comment-alert", {"comment": "Taken by the day shift"}),
        ("sekoia-xdr-close-alert", {}),
    ):
        assert stage.run(command, id=alert_id, **arguments).error is None
        seen.append(status_in_tenant(stage, alert_id))
    assert seen == ["Acknowledged", "Acknowledged", "Closed"]
    assert contents(stage, alert_id) == ["Taken by the day shift", "Closed by Sekoia"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Acknowledged", "Acknowledged"),
        ("acknowledge", "Acknowledged"),
        ("ONGOING", "Ongoing"),
        ("validate", "Ongoing"),
        ("Reject", "Rejected"),
        ("close", "Closed"),
        ("1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "Ongoing"),
    ],
)
def test_status_is_accepted_in_any_spelling(stage: Stage, alert_id: str, given: str, expected: str) -> None:
    assert stage.run("sekoia-xdr-update-status-alert", id=alert_id, status=given).error is None
    assert status_in_tenant(stage, alert_id) == expected


@pytest.mark.parametrize("custom_actions", [False, True])
def test_status_of_the_tenant_is_accepted_by_its_label(stage: Stage, alert_id: str, custom_actions: bool) -> None:
    stage.world.statuses.define(label="Waiting for customer", stage="in_progress")
    stage.world.switches.turn(custom_actions=custom_actions)
    assert stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="waiting for CUSTOMER").error is None
    assert status_in_tenant(stage, alert_id) == "Waiting for customer"


def test_status_that_is_set_already_sends_nothing(stage: Stage, alert_id: str) -> None:
    stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="Ongoing")
    before = sent(stage)
    outcome = stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="ongoing")
    assert "already has the status Ongoing" in outcome.entries[0].shown
    assert sent(stage) == before


def test_refused_move_lists_the_moves_that_are_allowed(stage: Stage, alert_id: str) -> None:
    stage.world.switches.turn(strict_legacy_transitions=True)
    stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="Acknowledged")
    outcome = stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="Closed")
    assert "Allowed now: Validate, Reject" in (outcome.error or "")
    assert status_in_tenant(stage, alert_id) == "Acknowledged"


def test_unknown_status_lists_the_statuses_of_the_tenant(stage: Stage, alert_id: str) -> None:
    outcome = stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="Done and dusted")
    assert "Known ones: Pending, Acknowledged, Ongoing, Rejected, Closed" in (outcome.error or "")


def test_closing_twice_succeeds_and_says_so(stage: Stage, alert_id: str) -> None:
    stage.run("sekoia-xdr-close-alert", id=alert_id)
    outcome = stage.run("sekoia-xdr-close-alert", id=alert_id)
    assert outcome.error is None
    assert "is closed already" in outcome.entries[0].shown
    assert contents(stage, alert_id) == ["Closed by Sekoia"]


def test_close_with_a_verdict_sets_status_and_verdict_in_one_call(stage: Stage, alert_id: str) -> None:
    outcome = stage.run("sekoia-xdr-close-alert", id=alert_id, verdict="false_positive", comment="A test of ours")
    assert outcome.error is None
    alert = stage.world.alerts.get(alert_id)
    assert alert.ruling is not None and alert.ruling.verdict.stage == "false_positive"
    assert sent(stage) == [f"PATCH /v1/sic/alerts/{alert_id}"]
    assert contents(stage, alert_id) == ["A test of ours"]


def test_close_that_needs_a_verdict_says_how_to_give_one(stage: Stage, alert_id: str) -> None:
    stage.world.switches.turn(verdict_required_to_close=True)
    outcome = stage.run("sekoia-xdr-close-alert", id=alert_id)
    assert "verdict=" in (outcome.error or "")
    assert stage.run("sekoia-xdr-close-alert", id=alert_id, verdict="true_positive").error is None
    assert status_in_tenant(stage, alert_id) == "Closed"


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
def test_comment_whose_answer_was_lost_is_not_posted_again(stage: Stage, alert_id: str, kind: str) -> None:
    stage.world.faults.arm(Fault("POST */comments", kind=kind, times=1))
    outcome = stage.run("sekoia-xdr-post-comment-alert", id=alert_id, comment="Once only")
    assert outcome.error is None
    assert contents(stage, alert_id) == ["Once only"]


@pytest.mark.parametrize("kind", ["reset", "status"])
def test_comment_that_did_not_arrive_is_posted_once_more(stage: Stage, alert_id: str, kind: str) -> None:
    stage.world.faults.arm(Fault("POST */comments", kind=kind, status=503, times=1))
    assert stage.run("sekoia-xdr-post-comment-alert", id=alert_id, comment="Once only").error is None
    assert contents(stage, alert_id) == ["Once only"]


@pytest.mark.parametrize("kind", ["reset", "reset_after", "status", "status_after"])
def test_same_comment_half_a_minute_later_is_added_a_second_time(stage: Stage, alert_id: str, kind: str) -> None:
    stage.run("sekoia-xdr-post-comment-alert", id=alert_id, comment="Still open")
    stage.clock.advance(30)
    stage.world.faults.arm(Fault("POST */comments", kind=kind, times=1))
    assert stage.run("sekoia-xdr-post-comment-alert", id=alert_id, comment="Still open").error is None
    assert contents(stage, alert_id) == ["Still open"] * 2


@pytest.mark.parametrize("kind", ["reset_after", "status_after"])
def test_status_whose_answer_was_lost_is_read_back_and_not_sent_again(stage: Stage, alert_id: str, kind: str) -> None:
    stage.world.faults.arm(Fault("PATCH */workflow", kind=kind, times=1))
    assert stage.run("sekoia-xdr-update-status-alert", id=alert_id, status="Ongoing").error is None
    assert sent(stage) == [f"PATCH /v1/sic/alerts/{alert_id}/workflow"]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("sekoia-xdr-update-status-alert", {"status": "Closed"}),
        ("sekoia-xdr-close-alert", {}),
        ("sekoia-xdr-close-alert", {"verdict": "true_positive"}),
        ("sekoia-xdr-post-comment-alert", {"comment": "x"}),
    ],
)
def test_dry_run_shows_the_call_and_sends_nothing(
    stage: Stage, alert_id: str, command: str, arguments: dict[str, str]
) -> None:
    outcome = stage.run(command, id=alert_id, dry_run="true", **arguments)
    assert "nothing was sent" in outcome.entries[0].shown
    assert sent(stage) == []


@pytest.mark.parametrize("bad", ["../../v1/auth/validate", "AL", "1; drop", "AL1234567890/../x"])
def test_id_that_is_none_is_refused_before_any_call(stage: Stage, bad: str) -> None:
    before = len(stage.world.journal.calls)
    outcome = stage.run("sekoia-xdr-get-alert", id=bad)
    assert "alert" in (outcome.error or "")
    assert len(stage.world.journal.calls) == before


def test_comments_are_read_to_the_end(stage: Stage, alert_id: str) -> None:
    for number in range(120):
        stage.world.alerts.comment(alert_id, f"note {number}", by="analyst")
    comments = stage.run("sekoia-xdr-get-comments", id=alert_id).context["SekoiaXDR"]["Comments"]
    assert len(comments) == 120
    assert comments[0]["total"] == 120


def test_list_alerts_applies_the_type_under_both_names(stage: Stage) -> None:
    for kind in ("phishing", "worm"):
        stage.world.alerts.raise_alert(kind, alert_type=("x", kind))
    for name in ("alerts_type", "Alerts type"):
        context = stage.run("sekoia-xdr-list-alerts", **{name: "phishing"}).context
        assert [alert["title"] for alert in as_list(context["SekoiaXDR"]["ListAlerts"])] == ["phishing"]


def test_list_alerts_of_a_slow_api_says_what_happened_and_promises_nothing(stage: Stage) -> None:
    stage.world.faults.arm(Fault("GET /v1/sic/alerts", kind="delay", seconds=200, times=None))
    error = stage.run("sekoia-xdr-list-alerts").error or ""
    assert "GET /v1/sic/alerts: Sekoia did not answer within 150.0 s. Try again;" in error
    assert "read before" not in error and "time limit" not in error


def test_list_alerts_reaches_beyond_one_page(stage: Stage) -> None:
    for number in range(230):
        stage.world.alerts.raise_alert(f"alert {number}", created_at=stage.clock.time() - number)
    context = stage.run("sekoia-xdr-list-alerts", all_results="true").context
    assert len(context["SekoiaXDR"]["ListAlerts"]) == 230


def as_list(value: object) -> list[dict[str, str]]:
    return value if isinstance(value, list) else [value]  # type: ignore[list-item]


def test_fields_that_can_go_out_are_offered_to_the_mapper(stage: Stage) -> None:
    offered = stage.run("get-mapping-fields").entries[0].contents
    assert "status" in str(offered)
    assert stage.world.journal.calls == []
