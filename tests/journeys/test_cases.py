"""Cases and assets from the war room, through the built pack: what a command changes is visible in the tenant."""

from typing import Any

import pytest

from lab.sekoia.alerts.model import Alert
from lab.sekoia.assets.model import Asset
from lab.sekoia.cases.model import Case
from lab.sekoia.faults import Fault
from tests.journeys.outcomes import sent
from tests.stage import Stage

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alerts(stage: Stage) -> list[Alert]:
    """Four alerts."""
    return [stage.world.alerts.raise_alert(f"alert {number}", urgency=40 + number) for number in range(4)]


@pytest.fixture
def case(stage: Stage, alerts: list[Alert]) -> Case:
    """A case with the first three alerts."""
    return stage.world.cases.open("Logon campaign", [alert.uuid for alert in alerts[:3]], tags=["logon"])


@pytest.fixture
def host(stage: Stage) -> Asset:
    """An asset with two addresses."""
    atoms = {"hostname": ["srv-a"], "ip-v4": ["198.51.100.7", "198.51.100.8"]}
    return stage.world.assets.add("srv-a", criticality=70, atoms=atoms, props={"owner": "file team"}, tags=["file"])


def run(stage: Stage, command: str, /, **args: str) -> Any:
    """The outcome of a command that must work."""
    outcome = stage.host.run((f"sekoia-xdr-{command}", args), stage.instance)
    assert outcome.error is None, outcome.error
    return outcome


def context(stage: Stage, command: str, key: str, /, **args: str) -> Any:
    """What a command itself put below a key of the context."""
    entries = run(stage, command, **args).entries
    found = [pair for entry in entries for pair in entry.context.items()]
    return next(value for path, value in found if path.partition("(")[0] == f"SekoiaXDR.{key}")


def titles(case: Case) -> list[str]:
    return [alert.title for alert in case.alerts]


# ---------------------------------------------------------------------------------------------------------------------
# Cases
# ---------------------------------------------------------------------------------------------------------------------


def test_case_is_opened_worked_on_and_closed(stage: Stage, alerts: list[Alert]) -> None:
    stage.world.avatars.join("Jo Sample", "jo@soc.example")
    made = context(stage, "create-case", "Case", title="Logons", custom_priority="high", assignees="jo@soc.example")
    case = stage.world.cases.get(made["short_id"])
    run(stage, "attach-alerts-case", case_id=case.short_id, alert_ids=f"{alerts[0].short_id},{alerts[1].uuid}")
    run(stage, "post-comment-case", case_id=case.short_id, comment="Both accounts are locked.")
    shown = context(stage, "update-case", "Case", case_id=case.short_id, status="Closed", verdict="true positive")
    assert (case.custom_priority and case.custom_priority.label, len(case.assignees)) == ("High", 1)
    assert (titles(case), [one.content for one in case.comments]) == (
        ["alert 0", "alert 1"],
        ["Both accounts are locked."],
    )
    assert (shown["custom_status"]["stage"], case.status.label) == ("closed", "Closed")
    assert case.ruling is not None and case.ruling.verdict.stage == "true_positive"


def test_closed_case_tells_that_it_takes_no_change(stage: Stage, case: Case) -> None:
    run(stage, "update-case", case_id=case.short_id, status="Closed")
    outcome = stage.run("sekoia-xdr-update-case", case_id=case.short_id, title="Renamed")
    assert "A closed case cannot be edited" in (outcome.error or "")
    run(stage, "update-case", case_id=case.short_id, status="ongoing", title="Renamed")
    assert case.title == "Renamed"


@pytest.mark.parametrize(
    ("argument", "value", "says"),
    [
        ("status", "Done", "is no status of this tenant. Known ones: Pending, Acknowledged, Ongoing"),
        ("custom_priority", "urgent", "Choose one of: Critical"),
        ("verdict", "maybe", "is no verdict of this tenant"),
        ("assignees", "nobody@soc.example", "assignees: 'nobody@soc.example'"),
    ],
)
def test_name_that_the_tenant_does_not_know_changes_nothing(
    stage: Stage, case: Case, argument: str, value: str, says: str
) -> None:
    outcome = stage.run("sekoia-xdr-update-case", case_id=case.uuid, **{argument: value})
    assert says in (outcome.error or "")
    assert sent(stage) == []


@pytest.mark.parametrize("nothing", ["[]", '[""]', ",", " "])
def test_empty_list_as_text_changes_nothing_of_a_case(stage: Stage, case: Case, nothing: str) -> None:
    run(stage, "update-case", case_id=case.uuid, tags="vip,finance")
    done = run(stage, "update-case", case_id=case.uuid, tags=nothing, title="Renamed")
    assert (done.error, case.tags, case.title) == (None, ["vip", "finance"], "Renamed")


def test_cases_are_listed_by_name_of_status_person_and_alert(stage: Stage, case: Case, alerts: list[Alert]) -> None:
    ines = stage.world.avatars.join("Ines Okafor")
    ongoing = stage.world.statuses.labelled("Ongoing").uuid
    people = [{"avatar_uuid": ines.uuid, "type": "assignee"}]
    stage.world.cases.edit(case, {"custom_status_uuid": ongoing, "subscribers": people})
    other = stage.world.cases.open("Other", [alerts[3].uuid])
    by_alert = context(stage, "list-cases", "Cases", alert_id=alerts[0].short_id)
    by_person = context(stage, "list-cases", "Cases", assignees="ines okafor", status="in_progress,Closed")
    rest = context(stage, "list-cases", "Cases", exclude_assignees="Ines Okafor")
    assert [one["short_id"] for one in (*by_alert, *by_person, *rest)] == [case.short_id, case.short_id, other.short_id]
    assert by_person[0]["custom_status"]["label"] == "Ongoing"
    assert by_person[0]["link"].endswith(f"/operations/cases/{case.short_id}")


def test_list_of_cases_reaches_beyond_one_page(stage: Stage) -> None:
    for number in range(130):
        stage.world.cases.open(f"Case {number}")
    assert len(context(stage, "list-cases", "Cases", all_results="true")) == 130
    assert len(context(stage, "list-cases", "Cases", limit="30", page="5")) == 10


def test_list_without_a_match_says_so(stage: Stage, case: Case) -> None:
    assert "Nothing matches." in run(stage, "list-cases", title="Unknown").entries[0].shown


def test_case_is_shown_with_its_alerts_and_rendered(stage: Stage, case: Case) -> None:
    stage.world.cases.edit(case, {"description": "{{ number_of_alerts }} alerts"})
    outcome = run(stage, "get-case", case_id=case.uuid, alerts_limit="2")
    shown = outcome.context["SekoiaXDR"]["Case"]
    assert (shown["number_of_alerts"], len(shown["alerts"]), shown["description"]) == (3, 2, "3 alerts")
    assert "2 of 3 alerts of the case are here" in outcome.entries[0].shown


@pytest.mark.parametrize("command", ["get-case", "list-alerts-case", "get-comments-case", "get-history-case"])
def test_case_nobody_knows_is_an_error(stage: Stage, command: str) -> None:
    outcome = stage.run(f"sekoia-xdr-{command}", case_id=UNKNOWN)
    assert "Check the id" in (outcome.error or "") or "there is no case" in (outcome.error or "")


@pytest.mark.parametrize("key", ["uuid", "short_id"])
def test_cases_of_an_alert_by_either_id(stage: Stage, case: Case, alerts: list[Alert], key: str) -> None:
    (found,) = context(stage, "get-cases-alert", "Cases", alert_id=getattr(alerts[0], key), case_id=getattr(case, key))
    assert (found["short_id"], found["number_of_alerts"]) == (case.short_id, 3)
    assert [alert["title"] for alert in found["alerts"]] == ["alert 0", "alert 1", "alert 2"]
    assert "in no case" in run(stage, "get-cases-alert", alert_id=getattr(alerts[3], key)).entries[0].shown


def test_cases_without_the_permission_name_it(stage: Stage, alerts: list[Alert]) -> None:
    stage.world.keys.change("soar", permissions=("View alerts",))
    outcome = stage.run("sekoia-xdr-get-cases-alert", alert_id=alerts[0].uuid)
    assert "the permission 'View cases'" in (outcome.error or "")


def test_alerts_of_a_case_are_listed(stage: Stage, case: Case) -> None:
    found = context(
        stage, "list-alerts-case", "CaseAlerts", case_id=case.uuid, urgency="41", sort_by="urgency", direction="asc"
    )
    assert [alert["title"] for alert in found] == ["alert 1", "alert 2"]
    assert {alert["case_id"] for alert in found} == {case.short_id}


def test_attaching_leaves_what_is_there(stage: Stage, case: Case, alerts: list[Alert]) -> None:
    outcome = run(stage, "attach-alerts-case", case_id=case.short_id, alert_ids=alerts[3].short_id)
    assert titles(case) == ["alert 0", "alert 1", "alert 2", "alert 3"]
    assert outcome.context["SekoiaXDR"]["Case"]["number_of_alerts"] == 4
    assert "holds 4 alerts now" in outcome.entries[0].shown


def test_attaching_an_unknown_alert_is_an_error(stage: Stage, case: Case) -> None:
    outcome = stage.run("sekoia-xdr-attach-alerts-case", case_id=case.uuid, alert_ids=UNKNOWN)
    assert "Unknown alert" in (outcome.error or "")
    assert len(case.alerts) == 3


@pytest.mark.parametrize("detail", ["all", "first 20"])
def test_detaching_keeps_all_others(stage: Stage, case: Case, alerts: list[Alert], detail: str) -> None:
    more = [stage.world.alerts.raise_alert(f"more {number}", visible=number % 2 == 0) for number in range(130)]
    stage.world.cases.add_alerts(case, [alert.uuid for alert in more])
    stage.world.switches.turn(case_detail_alerts=detail)
    outcome = run(stage, "detach-alerts-case", case_id=case.uuid, alert_ids=f"{alerts[0].short_id},{more[5].uuid}")
    assert "2 alerts removed, 131 remain" in outcome.entries[0].shown
    assert set(case.alerts) == {*alerts[1:3], *more} - {more[5]}
    assert stage.world.cases.get(case.uuid).short_id not in str(alerts[0].cases)


@pytest.mark.parametrize("kind", ["reset", "reset_after", "status", "status_after"])
def test_detaching_whose_answer_was_lost_removes_once(stage: Stage, case: Case, alerts: list[Alert], kind: str) -> None:
    stage.world.faults.arm(Fault("POST */alerts", kind=kind, status=503, times=1))
    run(stage, "detach-alerts-case", case_id=case.uuid, alert_ids=alerts[0].uuid)
    assert titles(case) == ["alert 1", "alert 2"]


def test_detaching_from_a_case_that_cannot_be_read_in_full_changes_nothing(
    stage: Stage, case: Case, alerts: list[Alert]
) -> None:
    stage.world.switches.turn(case_detail_alerts="first 20")
    more = [stage.world.alerts.raise_alert(f"more {number}") for number in range(30)]
    stage.world.cases.add_alerts(case, [alert.uuid for alert in more])
    stage.world.faults.arm(Fault("GET /v1/sic/alerts", kind="status", status=403, times=None))
    outcome = stage.run("sekoia-xdr-detach-alerts-case", case_id=case.uuid, alert_ids=alerts[0].uuid)
    assert outcome.error
    assert (sent(stage), len(case.alerts)) == ([], 33)


def test_events_go_in_by_one_id_and_out_by_the_other(stage: Stage, case: Case, alerts: list[Alert]) -> None:
    fields = [event.write() for event in stage.world.events.attach(alerts[0].uuid, count=2)]
    ids = ",".join(one["__event_id"] for one in fields)
    run(stage, "add-events-case", case_id=case.short_id, event_ids=ids)
    assert len(case.events) == 2
    run(stage, "remove-events-case", case_id=case.short_id, event_ids=fields[0]["event.id"])
    assert list(case.events) == [fields[1]["__event_id"]]
    outcome = stage.run("sekoia-xdr-add-events-case", case_id=case.short_id, event_ids="unknown")
    assert "Unknown event" in (outcome.error or "")


@pytest.mark.parametrize("kind", ["reset", "reset_after", "status", "status_after"])
def test_comment_is_written_once_whatever_happens_to_the_answer(stage: Stage, case: Case, kind: str) -> None:
    stage.world.faults.arm(Fault("POST */comments", kind=kind, status=503, times=1))
    run(stage, "post-comment-case", case_id=case.short_id, comment="Once only")
    assert [one.content for one in case.comments] == ["Once only"]


@pytest.mark.parametrize("kind", ["reset", "reset_after", "status", "status_after"])
def test_case_is_opened_once_whatever_happens_to_the_answer(stage: Stage, kind: str) -> None:
    stage.world.faults.arm(Fault("POST /v1/sic/cases", kind=kind, status=503, times=1))
    run(stage, "create-case", title="Once only")
    assert [one.title for one in stage.world.cases.all()] == ["Once only"]


def test_comments_and_history_are_read_to_the_end(stage: Stage, case: Case) -> None:
    for number in range(120):
        stage.world.cases.comment(case, f"note {number}")
    assert len(context(stage, "get-comments-case", "CaseComments", case_id=case.uuid, all_results="true")) == 120
    lines = context(stage, "get-history-case", "CaseHistory", case_id=case.uuid, limit="3")
    assert [line["type"] for line in lines] == ["comment"] * 3


def test_tags_of_cases_are_listed(stage: Stage, case: Case) -> None:
    assert context(stage, "list-case-tags", "CaseTags", name="log") == [{"name": "logon"}]
    assert "No case has a tag." in run(stage, "list-case-tags", name="nothing").entries[0].shown


def test_case_is_deleted_and_its_alerts_stay(stage: Stage, case: Case, alerts: list[Alert]) -> None:
    run(stage, "delete-case", case_id=case.short_id)
    assert (stage.world.cases.all(), alerts[0].cases) == ([], [])
    outcome = stage.run("sekoia-xdr-delete-case", case_id=case.short_id)
    assert "Unknown case" in (outcome.error or "")


def test_custom_fields_of_a_case_are_set_by_name(stage: Stage, case: Case) -> None:
    count = stage.world.custom_fields.define("Impacted users", "integer")
    found = context(
        stage,
        "update-custom-fields-case",
        "CaseCustomField",
        case_id=case.short_id,
        custom_fields='{"impacted users": 4}',
    )
    assert ([(one["name"], one["value"]) for one in found], case.custom_fields) == (
        [("Impacted users", 4)],
        {count.uuid: 4},
    )
    by_field = context(stage, "list-cases", "Cases", custom_field="Impacted users:4")
    assert [one["short_id"] for one in by_field] == [case.short_id]
    outcome = stage.run("sekoia-xdr-update-custom-fields-case", case_id=case.short_id, field="Site", value="x")
    assert "Choose one of: Impacted users" in (outcome.error or "")


# ---------------------------------------------------------------------------------------------------------------------
# Assets
# ---------------------------------------------------------------------------------------------------------------------


def test_asset_has_the_shape_of_both_versions(stage: Stage, host: Asset) -> None:
    found = context(stage, "get-asset", "Asset", asset_uuid=host.uuid)
    assert found["criticity"] == {"value": 70, "display": "high"}
    assert (found["asset_type"]["name"], found["category"]["name"]) == ("computer", "technical")
    assert [key["value"] for key in found["keys"]] == ["srv-a", "198.51.100.7", "198.51.100.8"]
    assert found["attributes"][0]["name"] == "owner"


def test_asset_nobody_knows_is_an_error(stage: Stage) -> None:
    assert "Asset not found" in (stage.run("sekoia-xdr-get-asset", asset_uuid=UNKNOWN).error or "")


def test_assets_are_listed_with_the_documented_envelope(stage: Stage, host: Asset) -> None:
    for number in range(12):
        stage.world.assets.add(f"person {number}", "account")
    found = context(stage, "list-assets", "Assets", assets_type="computer,person")
    assert (len(found), found[0]["total"]) == (10, 13)
    assert found[0]["items"]["0"]["keys"]["0"]["value"] == "srv-a"
    hidden = stage.world.assets.add("gone", revoked=True)
    assert "Nothing matches." in run(stage, "list-assets", search="gone").entries[0].shown
    assert context(stage, "list-assets", "Assets", search="gone", include_revoked="true")[0]["uuid"] == hidden.uuid


def test_asset_is_created_changed_revoked_and_restored(stage: Stage) -> None:
    made = context(stage, "create-asset", "Asset", name="srv-b", type="host", keys="hostname=srv-b", criticality="40")
    asset = stage.world.assets.existing(made["uuid"])
    assert (asset.atoms, asset.community) == ({"hostname": ["srv-b"]}, stage.world.community)
    run(stage, "update-asset", asset_uuid=asset.uuid, category="server", tags="a,b", reviewed="true")
    assert (asset.category, asset.tags, asset.reviewed, asset.criticality) == ("server", ["a", "b"], True, 40)
    assert context(stage, "revoke-asset", "Asset", asset_uuid=asset.uuid)["revoked"] is True
    assert context(stage, "restore-asset", "Asset", asset_uuid=asset.uuid)["revoked"] is False


def test_asset_that_does_not_fit_names_the_field(stage: Stage) -> None:
    outcome = stage.run("sekoia-xdr-create-asset", name="srv-b", type="host", community_uuid=UNKNOWN)
    assert "403" in (outcome.error or "")
    outcome = stage.run("sekoia-xdr-update-asset", asset_uuid=UNKNOWN, name="x2")
    assert "Asset not found" in (outcome.error or "")


def test_keys_and_attributes_come_and_go(stage: Stage, host: Asset) -> None:
    outcome = run(stage, "add-keys-asset", asset_uuid=host.uuid, name="hostname", value="srv-a.example")
    assert (outcome.context["name"], outcome.context["value"]) == ("hostname", "srv-a.example")
    run(stage, "remove-key-asset", asset_uuid=host.uuid, key_uuid=outcome.context["uuid"])
    run(stage, "remove-key-asset", asset_uuid=host.uuid, key_uuid="ip-v4=198.51.100.7")
    assert host.atoms == {"hostname": ["srv-a"], "ip-v4": ["198.51.100.8"]}
    run(stage, "add-attributes-asset", asset_uuid=host.uuid, name="site / floor", value="north")
    assert host.props == {"owner": "file team", "site / floor": "north"}
    for wanted in ("owner", "site / floor=north"):
        run(stage, "remove-attribute-asset", asset_uuid=host.uuid, attribute_uuid=wanted)
    assert host.props == {}


def test_removing_what_is_not_there_lists_what_is(stage: Stage, host: Asset) -> None:
    outcome = stage.run("sekoia-xdr-remove-attribute-asset", asset_uuid=host.uuid, attribute_uuid="site")
    assert "Choose one of: owner=file team" in (outcome.error or "")


def test_tags_come_and_go(stage: Stage, host: Asset) -> None:
    run(stage, "add-tag-asset", asset_uuid=host.uuid, tag="tier 0/core")
    run(stage, "remove-tag-asset", asset_uuid=host.uuid, tag="file")
    assert host.tags == ["tier 0/core"]


@pytest.mark.parametrize("kind", ["reset", "reset_after", "status", "status_after"])
def test_change_of_an_asset_whose_answer_was_lost_is_done(stage: Stage, host: Asset, kind: str) -> None:
    stage.world.faults.arm(Fault("POST */attach", kind=kind, status=503, times=1))
    run(stage, "add-keys-asset", asset_uuid=host.uuid, name="hostname", value="new")
    assert host.atoms["hostname"] == ["srv-a", "new"]


def test_assets_are_merged(stage: Stage, host: Asset) -> None:
    other = stage.world.assets.add("srv-a.example", atoms={"ip-v4": ["198.51.100.9"]})
    found = context(stage, "merge-assets", "Asset", destination=host.uuid, sources=other.uuid)
    assert (found["keys"][-1]["value"], other.is_revoked) == ("198.51.100.9", True)
    outcome = stage.run("sekoia-xdr-merge-assets", destination=host.uuid, sources=host.uuid)
    assert "cannot be merged into itself" in (outcome.error or "")


@pytest.mark.parametrize("unit", ["line", "day"])
def test_history_of_an_asset_is_read_to_the_end(stage: Stage, host: Asset, unit: str) -> None:
    stage.world.switches.turn(asset_history_unit=unit)
    for _ in range(130):
        stage.clock.advance(40_000)
        stage.world.assets.revoke(host.uuid)
    lines = context(stage, "get-history-asset", "AssetHistory", asset_uuid=host.uuid, all_results="true")
    assert [len(lines), lines[0]["action"], lines[-1]["action"]] == [131, "revoke", "create"]


def test_key_that_only_reads_assets_changes_none(stage: Stage, host: Asset) -> None:
    stage.world.keys.change("soar", permissions=("View asset",))
    outcome = stage.run("sekoia-xdr-revoke-asset", asset_uuid=host.uuid)
    assert "403" in (outcome.error or "") and not host.is_revoked


CHANGES = {
    "create-case": {"title": "x"},
    "update-case": {"case_id": "CASE", "title": "x"},
    "delete-case": {"case_id": "CASE"},
    "attach-alerts-case": {"case_id": "CASE", "alert_ids": UNKNOWN},
    "add-events-case": {"case_id": "CASE", "event_ids": "x"},
    "remove-events-case": {"case_id": "CASE", "event_ids": "x"},
    "detach-alerts-case": {"case_id": "CASE", "alert_ids": "ALERT"},
    "post-comment-case": {"case_id": "CASE", "comment": "x"},
    "create-asset": {"name": "srv", "type": "host"},
    "update-asset": {"asset_uuid": "ASSET", "name": "other"},
    "revoke-asset": {"asset_uuid": "ASSET"},
    "restore-asset": {"asset_uuid": "ASSET"},
    "merge-assets": {"destination": "ASSET", "sources": UNKNOWN},
    "add-keys-asset": {"asset_uuid": "ASSET", "name": "x", "value": "y"},
    "add-attributes-asset": {"asset_uuid": "ASSET", "name": "x", "value": "y"},
    "remove-key-asset": {"asset_uuid": "ASSET", "key_uuid": "hostname"},
    "remove-attribute-asset": {"asset_uuid": "ASSET", "attribute_uuid": "owner"},
    "add-tag-asset": {"asset_uuid": "ASSET", "tag": "x"},
    "remove-tag-asset": {"asset_uuid": "ASSET", "tag": "file"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_dry_run_shows_the_call_and_sends_nothing(stage: Stage, case: Case, host: Asset, name: str) -> None:
    ids = {"CASE": case.short_id, "ASSET": host.uuid, "ALERT": case.alerts[0].uuid}
    args = {key: ids.get(value, value) for key, value in CHANGES[name].items()}
    assert "nothing was sent" in run(stage, name, **args, dry_run="true").entries[0].shown
    assert sent(stage) == []
