"""What mirroring brings in: rounds of changed alerts and one alert at a time, as the platform calls them."""

from typing import Any

import pytest
import SekoiaXDR
import SekoiaXDREventsApiModule
import SekoiaXDRMirrorApiModule
from SekoiaXDR_test import NOW, SHORT, FakeTime, Tenant, alert_at, data

from tests.fetch.mirrored import CLOSED, HUMAN, known_alert, mirror, modified, remote, sent_bodies, turn

ALERT_CALL = f"GET /v1/sic/alerts/{SHORT}"
LIST_CALL = "GET /v1/sic/alerts"
JOBS_CALL = "/v1/sic/conf/events/search/jobs"
JOB = "0f4c8f3e-5f0a-4c1e-9a54-0d6f3c3b1a2d"


@pytest.fixture(autouse=True)
def mirror_clock(clock: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of mirroring and of events read the clock of the tests too."""
    monkeypatch.setattr(SekoiaXDRMirrorApiModule, "time", clock)
    monkeypatch.setattr(SekoiaXDREventsApiModule, "time", clock)


def stored(context: dict[str, Any]) -> SekoiaXDR.MirrorMemory:
    return SekoiaXDR.MirrorMemory.read(context.get("mirror"))


# --- a round ----------------------------------------------------------------------------------------------------------


def test_round_hands_out_what_changed_and_keeps_its_place(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    tenant.alerts = [alert_at(NOW - 500, number, updated_at=NOW - 100 + number) for number in range(2)]
    assert modified() == ["AL0000000000", "AL0000000001"]
    assert mirror_run == {"cursor": NOW - 99, "before": NOW - 1200 - 3600}
    [(_, query, _)] = [made for made in tenant.calls if made[0] == LIST_CALL]
    start = SekoiaXDR.iso_time(NOW - 1200 - SekoiaXDR.MIRROR_FIRST_REACH - 300 - 1)
    assert query["date[updated_at]"].startswith(f"{start},")


def test_round_passes_over_what_was_read_in_that_state(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    known_alert(tenant)
    remote()
    assert modified() == []
    known_alert(tenant, title="New")
    assert modified() == [SHORT]


def test_alert_that_was_read_in_the_second_of_its_change_is_read_once_more(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], clock: FakeTime
) -> None:
    known_alert(tenant, updated_at=NOW)
    remote()
    clock.now += 60
    assert modified() == [SHORT]
    remote()
    assert modified() == []


def test_alert_that_is_due_comes_first_until_its_time_is_over(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    tenant.alerts = [alert_at(NOW - 500, 1, updated_at=NOW - 100)]
    context["mirror"] = {"due": {"ALdue00001": NOW + 5, "ALover0001": NOW, "ALodd00001": "x"}}
    assert modified() == ["ALdue00001", "AL0000000001"]
    assert stored(context).due == {"ALdue00001": NOW + 5}


def test_alerts_that_the_official_pack_parked_become_due(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    context["mirroring_cache"] = [{"alert": {"short_id": "ALparked01"}}, {"id": "ALparked02"}, "odd"]
    assert modified() == ["ALparked01", "ALparked02"]
    assert "mirroring_cache" not in context
    assert set(stored(context).due) == {"ALparked01", "ALparked02"}


def test_own_key_is_asked_for_once_and_again_for_another_key(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    for password in ("one", "one", "two"):
        modified(credentials={"password": password})
    assert [call for call, _, _ in tenant.calls].count("GET /v1/auth/validate") == 2
    assert stored(context).key["uuid"] == data("validate_key_response")["identity"].partition(":")[2]
    assert "one" not in str(context)


@pytest.mark.parametrize("direction", ["None", "Outgoing"])
def test_nothing_is_asked_of_sekoia_where_nothing_comes_in(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], direction: str
) -> None:
    assert modified(mirror_direction=direction) == []
    assert remote(mirror_direction=direction) == ({}, [])
    assert (tenant.calls, context, mirror_run) == ([], {}, {})


@pytest.mark.parametrize(
    ("status", "limited"), [(429, True), (403, False), (500, False)], ids=["rate limit", "permission", "server"]
)
@pytest.mark.parametrize("ask", [modified, remote])
def test_failing_api_ends_the_round_where_it_was(
    tenant: Tenant,
    context: dict[str, Any],
    mirror_run: dict[str, Any],
    ask: Any,
    status: int,
    limited: bool,
) -> None:
    for call in (LIST_CALL, ALERT_CALL):
        tenant.fail(call, status)
    with pytest.raises(SekoiaXDR.DemistoException) as caught:
        ask()
    assert str(caught.value).startswith("API rate limit: ") is limited
    assert mirror_run == {}


# --- one alert --------------------------------------------------------------------------------------------------------


def test_alert_whose_reading_failed_is_handed_out_again(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    known_alert(tenant)
    remote()
    assert modified() == []
    tenant.fail(ALERT_CALL, 500, after=1)
    with pytest.raises(SekoiaXDR.DemistoException):
        remote()
    assert modified() == [SHORT]


def test_alert_that_is_gone_is_mirrored_no_more(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], logs: list[str]
) -> None:
    assert (remote(), list(stored(context).due)) == (({}, []), [SHORT])
    assert (remote(), list(stored(context).due)) == (({}, []), [])
    assert any(f"alert {SHORT} is gone from Sekoia" in line for line in logs)


def test_alert_is_read_with_all_its_parts_in_one_call(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    known_alert(tenant)
    mirrored, entries = remote()
    [query] = [query for call, query, _ in tenant.calls if call == ALERT_CALL]
    assert {query[part] for part in ("comments", "history", "cases")} == {"true"}
    assert (mirrored["xsoar"]["title"], mirrored["xsoar"]["events"], entries) == (
        "Repeated failed logons then success",
        None,
        [],
    )
    assert stored(context).record(SHORT)["b"] == mirrored["mirror_base"]


def test_comment_of_a_human_comes_in_once(tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]) -> None:
    comment = {"uuid": "c1", "date": NOW - 60, "content": "Look <b>here</b>", "created_by": HUMAN, "author": "Ada"}
    known_alert(tenant, comments=[comment])
    _, [entry] = remote(comment_tag_from="FromSekoia")
    assert (entry["Tags"], entry["Note"]) == (["FromSekoia"], True)
    assert entry["Contents"] == f"**Ada** ({SekoiaXDR.iso_time(NOW - 60)})\n\nLook &lt;b>here&lt;/b>"
    assert remote()[1] == []


def test_closed_alert_closes_its_incident_once(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    known_alert(tenant, status=CLOSED, history=[turn(NOW - 60, "Closed", "Ongoing")])
    _, [entry] = remote(close_notes="Done.")
    assert entry["Contents"] == {"dbotIncidentClose": True, "closeReason": "Resolved", "closeNotes": "Done."}
    assert remote()[1] == []


def test_value_that_did_not_change_in_sekoia_leaves_the_incident_its_own(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    known_alert(tenant)
    assert remote()[0]["xsoar"]["urgency"] == 62
    known_alert(tenant, title="New")
    view = remote()[0]["xsoar"]
    assert (view["title"], view["urgency"], view["severity"]) == ("New", None, None)


def test_kill_chain_comes_along_where_it_is_wanted_and_harms_nothing_where_it_fails(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], logs: list[str]
) -> None:
    known_alert(tenant)
    stages = data("kill_chains_response")["items"]
    [row] = remote(mirror_kill_chain=True)[0]["kill_chain"]
    assert row["name"] == next(one["name"] for one in stages if one["short_id"] == "KCXKNfnJupq5")
    tenant.fail("GET /v1/sic/kill-chains", 403)
    known_alert(tenant, title="New")
    mirrored, _ = remote(mirror_kill_chain=True)
    assert (mirrored["xsoar"]["title"], "kill_chain" in mirrored) == ("New", False)
    assert any("[Mirror] Kill chains could not be read" in line for line in logs)


@pytest.mark.parametrize(("named", "given"), [(False, 2), (True, None)], ids=["by uuid alone", "with their names"])
def test_assets_that_fetch_gave_a_name_are_not_replaced_by_bare_ids(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], named: bool, given: int | None
) -> None:
    known_alert(tenant)
    assets = remote(fetch_with_assets=named)[0]["xsoar"]["assets"]
    assert (assets and len(assets)) == given


# --- its events -------------------------------------------------------------------------------------------------------


def searched(tenant: Tenant, status: int, *events: dict[str, Any]) -> None:
    """A search for the events stands there."""
    tenant.fixed[f"POST {JOBS_CALL}"] = {"uuid": JOB, "status": 0}
    tenant.fixed[f"GET {JOBS_CALL}/{JOB}"] = {"uuid": JOB, "status": status}
    tenant.fixed[f"GET {JOBS_CALL}/{JOB}/events"] = {"items": list(events)}


def test_events_are_searched_once_and_come_when_they_are_found(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    known_alert(tenant)
    searched(tenant, 1)
    assert remote(mirror_events=True)[0]["xsoar"]["events"] is None
    assert stored(context).record(SHORT)["j"] == [JOB, NOW + SekoiaXDR.MIRROR_EVENTS_WAIT, 0]
    assert modified(mirror_events=True) == [SHORT]  # due, since its events are not there yet
    searched(tenant, 2, {"a.b": 1, "alert_short_ids": [SHORT]})
    mirrored, _ = remote(mirror_events=True, replace_dots_event="-")
    assert mirrored["events"] == [{"a-b": 1, "alert_short_ids": [SHORT]}]
    assert (mirrored["xsoar"]["events_state"], "j" in stored(context).record(SHORT)) == ("Complete", False)
    remote(mirror_events=True)
    assert len(sent_bodies(tenant, f"POST {JOBS_CALL}")) == 1


def test_events_are_searched_again_when_the_alert_has_more(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any]
) -> None:
    searched(tenant, 2, {"alert_short_ids": [SHORT]})
    for occurrences in (7, 7, 9):
        known_alert(tenant, similar=occurrences)
        context["mirror"] = {**context.get("mirror", {}), "due": {}}
        remote(mirror_events=True)
    assert len(sent_bodies(tenant, f"POST {JOBS_CALL}")) == 2


def test_search_that_is_refused_is_made_later(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], logs: list[str]
) -> None:
    known_alert(tenant)
    tenant.fail(f"POST {JOBS_CALL}", 403)
    assert remote(mirror_events=True)[0]["xsoar"]["events"] is None
    assert (stored(context).due, stored(context).record(SHORT)["j"]) == ({}, ["", NOW + 60, 1])
    known = stored(context).record(SHORT)
    context["mirror"] = {"alerts": {SHORT: {**known, "j": ["", NOW, SekoiaXDR.MIRROR_LOOKS]}}}
    remote(mirror_events=True)
    assert (stored(context).due, stored(context).record(SHORT)["s"]) == ({}, 7)
    assert any(f"[Mirror] no events of {SHORT}: Events could not be read" in line for line in logs)


# --- what the editor of the mapper shows ------------------------------------------------------------------------------


def test_mapping_fields_cost_no_call(tenant: Tenant) -> None:
    assert mirror("get-mapping-fields", {}).extract_mapping() == {"Sekoia XDR": SekoiaXDR.MIRROR_FIELDS}
    assert tenant.calls == []


# --- two runs at once -------------------------------------------------------------------------------------------------


def test_change_of_the_context_is_made_anew_when_another_run_was_faster(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, tries = SekoiaXDR.set_integration_context, list[int]()

    def late_twice(new: dict[str, Any], version: int = -1) -> None:
        tries.append(version)
        if len(tries) <= 2:
            context["other"] = len(tries)
            raise ValueError("DB Insert version is old")
        replace(new, version=version)

    monkeypatch.setattr(SekoiaXDR, "set_integration_context", late_twice)
    SekoiaXDR.remember({"due": {SHORT: NOW}})
    assert (stored(context).due, context["other"], len(tries)) == ({SHORT: NOW}, 2, 3)


def test_context_that_never_comes_free_is_an_error(context: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(new: dict[str, Any], version: int = -1) -> None:
        raise ValueError("DB Insert version is old")

    monkeypatch.setattr(SekoiaXDR, "set_integration_context", refuse)
    with pytest.raises(SekoiaXDR.DemistoException, match="written by too many runs at once"):
        SekoiaXDR.remember({"due": {SHORT: NOW}})
    assert context == {}


def test_answer_is_never_older_than_its_round_though_the_clock_was_set_back(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], clock: FakeTime
) -> None:
    known_alert(tenant)
    modified()
    clock.now -= 100
    remote()
    memory = stored(context)
    assert memory.was[SHORT][1] == memory.round["at"]


OVERTAKEN = {"fields": {"status": "Rejected"}, "known": {"status": "00000000"}}


@pytest.mark.parametrize(
    "waits", [{"close": {"reason": ""}}, {"reopen": "Ongoing"}, {"close": {"reason": ""}, **OVERTAKEN}]
)
def test_status_is_given_when_the_turn_that_waits_is_done(
    tenant: Tenant, context: dict[str, Any], mirror_run: dict[str, Any], waits: dict[str, Any]
) -> None:
    known_alert(tenant, status=CLOSED)
    context["mirror"] = {"out": {SHORT: waits}}
    shown, _ = remote()
    assert (shown["xsoar"]["status"], stored(context).record(SHORT)["r"]) == (None, ["status"])
    context["mirror"] = {**context["mirror"], "out": {}}
    shown, _ = remote()
    assert (shown["xsoar"]["status"], "r" in stored(context).record(SHORT)) == ("Closed", False)
