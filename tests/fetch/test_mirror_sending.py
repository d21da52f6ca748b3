"""What mirroring sends out: changes of incidents, what waits while Sekoia cannot be reached, and closing at once."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDR
import SekoiaXDRMirrorApiModule
from SekoiaXDR_test import NOW, SHORT, TRUE_POSITIVE, FakeTime, Tenant, alert_at, instance

from tests.fetch.mirrored import CLOSED, HUMAN, OWN, known_alert, mirror, modified, remote, sent_bodies, turn, update

ALERT_CALL, EDIT = f"GET /v1/sic/alerts/{SHORT}", f"PATCH /v1/sic/alerts/{SHORT}"
MOVE, COMMENT = f"{EDIT}/workflow", f"POST /v1/sic/alerts/{SHORT}/comments"


@pytest.fixture(autouse=True)
def mirror_clock(clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module of mirroring reads the clock of the tests too."""
    monkeypatch.setattr(SekoiaXDRMirrorApiModule, "time", clock)


@pytest.fixture(autouse=True)
def kept(context: dict[str, Any], mirror_run: dict[str, Any]) -> None:
    """The platform keeps the context and the place of mirroring."""


def stored(context: dict[str, Any]) -> SekoiaXDR.MirrorMemory:
    return SekoiaXDR.MirrorMemory.read(context.get("mirror"))


def changes_of(tenant: Tenant) -> list[str]:
    """The changes that were sent, in order."""
    return [call for call, _, _ in tenant.calls if not call.startswith("GET ")]


# --- a change of the incident -----------------------------------------------------------------------------------------


def test_change_of_a_field_is_sent_and_nothing_stays_behind(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    assert update({"urgency": 80}) == SHORT
    assert sent_bodies(tenant, EDIT) == [{"urgency": 80}]
    assert (stored(context).out, list(stored(context).due)) == ({}, [SHORT])
    assert "urgency" in stored(context).record(SHORT)["w"]


def test_entry_with_the_tag_becomes_a_comment_once(tenant: Tenant) -> None:
    known_alert(tenant)
    entry = {"id": "3@42", "contents": "Seen", "tags": ["comments"], "user": "ada"}
    untagged = [{"id": "4@42", "contents": "From Sekoia", "tags": ["CommentFromSekoia"]}]
    update({}, entries=[entry, *untagged])
    [body] = sent_bodies(tenant, COMMENT)
    assert body == {"content": "Seen\n\n[XSOAR 3@42]", "author": "ada (XSOAR)"}
    known_alert(tenant, comments=[{"uuid": "c", "content": body["content"], "date": NOW, "created_by": HUMAN}])
    update({}, entries=[entry])
    assert len(sent_bodies(tenant, COMMENT)) == 1


def test_closed_incident_closes_its_alert_with_the_verdict_of_the_table(tenant: Tenant) -> None:
    known_alert(tenant)
    update({"closeReason": "Resolved", "closeNotes": "Ada did it."}, status=2)
    [body] = sent_bodies(tenant, EDIT)
    assert (body["verdict_uuid"], "Resolved: Ada did it." in str(body)) == (TRUE_POSITIVE, True)


def test_closing_that_stays_here_is_only_remembered(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    update({"closeReason": "Resolved"}, {"close_out": False}, status=2)
    assert tenant.calls == []
    assert (stored(context).record(SHORT)["l"], stored(context).due) == ("c", {SHORT: NOW + 86_400})


@pytest.mark.parametrize(
    ("changes", "args"),
    [({"mirror_direction": "Incoming"}, {}), ({"mirror_direction": "None"}, {}), ({}, {"remoteId": ""})],
    ids=["incoming only", "no mirroring", "no alert"],
)
def test_nothing_is_sent_where_nothing_goes_out(
    tenant: Tenant, context: dict[str, Any], changes: dict[str, str], args: dict[str, str]
) -> None:
    assert update({"urgency": 80}, changes, **args) == args.get("remoteId", SHORT)
    assert (tenant.calls, context) == ([], {})


def test_update_without_news_costs_no_call(tenant: Tenant, context: dict[str, Any]) -> None:
    context["mirror"] = {"alerts": {SHORT: {"l": "o"}}}
    assert update({}, incidentChanged=False) == SHORT
    assert tenant.calls == []


def test_key_that_cannot_be_named_holds_no_change_back(tenant: Tenant) -> None:
    known_alert(tenant)
    tenant.fail("GET /v1/auth/validate", 500)
    update({"urgency": 80})
    assert sent_bodies(tenant, EDIT) == [{"urgency": 80}]


def test_key_that_cannot_be_named_is_not_taken_for_a_stranger_where_it_was_known_before(
    tenant: Tenant, context: dict[str, Any]
) -> None:
    """The alert was closed by a key that the instance had before, so reopening its incident undoes nobody's closing."""
    known_alert(tenant, status=CLOSED, history=[turn(NOW - 50, "Closed", "Ongoing", by=OWN)])
    context["mirror"] = {"alerts": {SHORT: {"l": "c", "t": "older000"}}, "key": {"digest": "x", "uuid": OWN}}
    tenant.fail("GET /v1/auth/validate", 500)
    update({"closeReason": ""}, {"reopen_out": True})
    assert MOVE in changes_of(tenant)


# --- what waits -------------------------------------------------------------------------------------------------------


def test_change_that_cannot_be_sent_waits_and_goes_with_the_next_round(
    tenant: Tenant, context: dict[str, Any], logs: list[str]
) -> None:
    known_alert(tenant)
    tenant.fail(ALERT_CALL, 500)
    assert update({"urgency": 80}) == SHORT
    assert (stored(context).out[SHORT]["fields"], changes_of(tenant)) == ({"urgency": "80"}, [])
    assert any(f"[Mirror] {SHORT} waits to be sent: " in line for line in logs)
    update({"title": "New"})
    assert stored(context).out[SHORT]["fields"] == {"urgency": "80", "title": "New"}
    tenant.failures.clear()
    modified()
    assert (sent_bodies(tenant, EDIT), stored(context).out) == ([{"urgency": 80, "title": "New"}], {})


def test_first_failure_ends_the_sending_of_a_round(tenant: Tenant, context: dict[str, Any]) -> None:
    wish = {"fields": {"urgency": "80"}}
    context["mirror"] = {"out": {SHORT: wish, "ALf6G7h8I9j0": wish}}
    tenant.fail(ALERT_CALL, 500)
    modified()
    assert list(stored(context).out) == ["ALf6G7h8I9j0", SHORT]
    assert "GET /v1/sic/alerts/ALf6G7h8I9j0" not in [call for call, _, _ in tenant.calls]


def test_change_of_an_alert_that_is_gone_waits_no_more(tenant: Tenant, context: dict[str, Any]) -> None:
    context["mirror"] = {"out": {SHORT: {"fields": {"urgency": "80"}}}}
    modified()
    assert stored(context).out[SHORT]["fields"] == {"urgency": "80"}
    modified()
    assert (stored(context).out, stored(context).due) == ({}, {})


def test_change_that_a_clock_since_set_back_dated_ahead_is_sent(tenant: Tenant, context: dict[str, Any]) -> None:
    context["mirror"] = {"out": {SHORT: {"fields": {"urgency": "80"}, "try": NOW + 86_400}}}
    modified()
    assert stored(context).out[SHORT].get("missed")  # it was tried: this tenant has no such alert


def test_more_than_a_context_should_hold_is_left_with_the_platform(
    tenant: Tenant, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SekoiaXDRMirrorApiModule, "MIRROR_OUTBOX", 1)
    context["mirror"] = {"out": {"ALf6G7h8I9j0": {"fields": {"urgency": "80"}}}}
    before = dict(context["mirror"]["out"])
    tenant.fail(ALERT_CALL, 500)
    with pytest.raises(SekoiaXDR.DemistoException, match="this one is not lost yet"):
        update({"urgency": 80})
    assert dict(stored(context).out) == before


def test_what_sekoia_refuses_is_told_on_the_incident(tenant: Tenant, context: dict[str, Any], logs: list[str]) -> None:
    known_alert(tenant)
    update({"verdict": "no such verdict"})
    assert any(f"[Mirror] {SHORT}: " in line and "no such verdict" in line for line in logs)
    _, [entry] = remote()
    assert entry["Contents"].startswith("### Not mirrored to Sekoia\n")
    assert remote()[1] == []


# --- closing at once --------------------------------------------------------------------------------------------------


def close(changes: Any = None, **args: Any) -> Any:
    given = {"id": SHORT, "close_reason": "Resolved", "close_notes": "Done.", **args}
    return mirror("sekoia-xdr-mirror-close", given, **(changes or {}))


def outcome_of(result: Any) -> str:
    """The outcome, the same in context and for people."""
    assert (result.outputs_prefix, result.outputs["id"]) == ("SekoiaXDR.MirrorClose", SHORT)
    assert result.readable_output.startswith(f"### Alert {SHORT}: {result.outputs['outcome']}\n")
    return str(result.outputs["outcome"])


def test_alert_is_closed_at_once(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    result = close()
    assert (outcome_of(result), len(sent_bodies(tenant, EDIT))) == ("closed", 1)
    assert result.outputs["text"] == "Closed, True positive - confirmed"
    assert stored(context).record(SHORT)["l"] == "c"


@pytest.mark.parametrize("changes", [{"mirror_direction": "Incoming"}, {"close_out": False}])
def test_instance_that_closes_no_alerts_says_so(tenant: Tenant, changes: dict[str, Any]) -> None:
    assert outcome_of(close(changes)) == "off"
    assert tenant.calls == []


def test_alert_that_mirroring_closed_is_left_alone(tenant: Tenant, context: dict[str, Any]) -> None:
    words = SekoiaXDR.short_digest(["Resolved", "Done."])
    context["mirror"] = {"alerts": {SHORT: {"l": "g", "o": words}}}
    assert outcome_of(close()) == "closed already"
    assert tenant.calls == []


def test_alert_that_somebody_closed_is_told_as_closed_already(tenant: Tenant) -> None:
    known_alert(tenant, status=CLOSED, history=[turn(NOW - 60, "Closed", "Ongoing")])
    result = close()
    assert (outcome_of(result), changes_of(tenant)) == ("closed already", [])
    assert result.outputs["text"] == "it was closed before"


def test_alert_that_does_not_exist_any_more_is_told_as_gone(tenant: Tenant) -> None:
    assert outcome_of(close()) == "gone"


def test_alert_is_closed_later_when_sekoia_does_not_answer(tenant: Tenant, context: dict[str, Any]) -> None:
    known_alert(tenant)
    tenant.fail(ALERT_CALL, 500)
    result = close()
    assert outcome_of(result) == "waits"
    assert "it is closed as soon as Sekoia answers" in result.outputs["text"]
    assert stored(context).out[SHORT]["close"]["reason"] == "Resolved"


def test_refusal_is_told_with_its_reason(tenant: Tenant) -> None:
    known_alert(tenant)
    for call in (EDIT, MOVE):
        tenant.fail(call, 403)
    result = close()
    assert outcome_of(result) == "refused"
    assert "Update alert status" in result.outputs["text"]


def test_dry_run_of_a_close_shows_what_would_be_sent(tenant: Tenant, context: dict[str, Any]) -> None:
    result = close(reject="yes", dry_run="true")
    assert result.readable_output.startswith("### Dry run: nothing was sent\n")
    assert '"reject": true' in result.readable_output
    assert (tenant.calls, context) == ([], {})


# --- after a fetch ----------------------------------------------------------------------------------------------------


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The incidents that the platform was given."""
    incidents: list[dict[str, Any]] = []
    monkeypatch.setattr(demisto, "getLastRun", dict)
    monkeypatch.setattr(demisto, "setLastRun", lambda state: None)
    monkeypatch.setattr(demisto, "incidents", incidents.extend)
    return incidents


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written to the log as an error."""
    told: list[str] = []
    monkeypatch.setattr(demisto, "error", lambda text, *_: told.append(str(text)))
    return told


def fetch_once(**changes: Any) -> None:
    SekoiaXDR.run_fetch(SekoiaXDR.Params.read(instance(**changes)))


def test_fetch_sends_what_waits_only_where_no_round_of_mirroring_would(
    tenant: Tenant, context: dict[str, Any], fetched: list[dict[str, Any]]
) -> None:
    known_alert(tenant)
    context["mirror"] = {"out": {SHORT: {"fields": {"urgency": "80"}}}}
    for direction in ("Incoming", "Incoming and Outgoing"):
        fetch_once(mirror_direction=direction)
    assert changes_of(tenant) == []
    fetch_once(mirror_direction="Outgoing")
    assert (sent_bodies(tenant, EDIT), stored(context).out) == ([{"urgency": 80}], {})
    context["mirror"] = {"out": {SHORT: {"fields": {"urgency": "70"}}}}
    fetch_once(mirror_direction="None")
    assert (len(changes_of(tenant)), stored(context).out) == (1, {})


def test_failure_of_what_waits_never_takes_back_incidents_that_were_handed_over(
    tenant: Tenant,
    context: dict[str, Any],
    fetched: list[dict[str, Any]],
    errors: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no more room")

    tenant.alerts = [alert_at(NOW - 60, 1)]
    context["mirror"] = {"out": {SHORT: {"fields": {"urgency": "80"}}}}
    monkeypatch.setattr(SekoiaXDR, "send_waiting", broken)
    fetch_once(mirror_direction="Outgoing")
    assert (len(fetched), errors) == (1, ["[Mirror] what waits to be sent was not sent: no more room"])


def test_new_incident_is_read_by_mirroring_at_once_when_there_is_more_to_bring(
    tenant: Tenant, context: dict[str, Any], fetched: list[dict[str, Any]]
) -> None:
    tenant.fixed["GET /v1/sic/custom_statuses"] = {"items": []}
    plain = {"number_of_total_comments": 0, "custom_status": None, "custom_status_uuid": None}
    tenant.alerts = [
        alert_at(NOW - 60, 1, **plain),
        alert_at(NOW - 50, 2, **{**plain, "number_of_total_comments": 3}),
        alert_at(NOW - 40, 3, **plain, status=CLOSED),
    ]
    fetch_once(mirror_direction="Incoming", alerts_status="Pending,Closed")
    assert len(fetched) == 3
    memory = stored(context)
    assert set(memory.due) == {"AL0000000002", "AL0000000003"}
    assert ["f" in memory.record(f"AL000000000{number}") for number in (1, 2, 3)] == [True, False, False]
    assert all(memory.record(f"AL000000000{number}")["b"] for number in (1, 2, 3))
    assert modified(mirror_direction="Incoming") == ["AL0000000002", "AL0000000003"]


@pytest.mark.parametrize("direction", ["None", "Outgoing"])
def test_fetch_leaves_no_memory_where_nothing_comes_in(
    tenant: Tenant, context: dict[str, Any], fetched: list[dict[str, Any]], direction: str
) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1)]
    fetch_once(mirror_direction=direction)
    assert (len(fetched), "mirror" in context, context["fetch_report"]["incidents"]) == (1, False, 1)


def test_failed_fetch_is_in_the_report_beside_what_the_last_one_did(
    tenant: Tenant, context: dict[str, Any], fetched: list[dict[str, Any]]
) -> None:
    context["fetch_report"] = {"incidents": 4, "error": ""}
    tenant.fail("GET /v1/sic/alerts", 403)
    with pytest.raises(SekoiaXDR.SekoiaPermissionError):
        fetch_once()
    report = context["fetch_report"]
    assert (report["incidents"], report["next"]) == (4, "The next run starts from the same place.")
    assert "View alerts" in report["error"]


# --- what the platform's dashboards are told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "counted"),
    [
        (None, {"Successful": 1}),
        ((401, {"message": "expired", "code": "T301"}), {"AuthError": 1}),
        ((429, None), {"QuotaError": 5}),
        ((500, None), {"ServiceError": 5}),
        ((404, None), {"GeneralError": 1}),
    ],
    ids=["success", "key", "rate", "server", "any other"],
)
def test_calls_are_counted_by_their_outcome_also_when_the_run_fails(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, failure: Any, counted: dict[str, int]
) -> None:
    known_alert(tenant)
    told: list[Any] = []
    monkeypatch.setattr(SekoiaXDR.ExecutionMetrics, "is_supported", staticmethod(lambda: True))
    monkeypatch.setattr(SekoiaXDR, "return_results", told.append)
    if failure:
        tenant.fail(ALERT_CALL, failure[0], failure[1])
    client = SekoiaXDR.Params.read(instance(requests_per_second="100")).client(150)
    try:
        with SekoiaXDR.measured(client):
            client.get_alert(SHORT)
    except SekoiaXDR.SekoiaError:
        assert failure
    else:
        assert not failure
    [metrics] = told
    assert {one["Type"]: one["APICallsCount"] for one in metrics.execution_metrics} == counted


def test_run_without_a_call_tells_nothing(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(SekoiaXDR.ExecutionMetrics, "is_supported", staticmethod(lambda: True))
    monkeypatch.setattr(SekoiaXDR, "return_results", told.append)
    with SekoiaXDR.measured(SekoiaXDR.Params.read(instance()).client(150)):
        pass
    assert told == []
