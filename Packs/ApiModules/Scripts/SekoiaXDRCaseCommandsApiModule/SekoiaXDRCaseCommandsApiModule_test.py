"""The commands on cases."""

import re
import time
from typing import Any

import pytest
import requests_mock
import SekoiaXDRCaseCommandsApiModule as cases

URL = "https://api.sekoia.io"
CASE = "3310a31a-eb2f-41c9-9a8c-609aceac5bcd"
SHORT = "CAm4Rt6yHd0J"
HOME = "7b3e4c60-af2d-4e9c-9a75-2c3d4e5f6071"
AWAY = "8c4f5d71-b03e-4fad-ab86-3d4e5f607182"
PERSON = "9d506e82-c14f-40be-bc97-4e5f60718293"
STATUS = "ae617f93-d250-41cf-8da8-5f6071829304"
ALERTS = [f"0000000{number}-0000-4000-8000-00000000000{number}" for number in range(4)]
PATH = f"{URL}/v1/sic/cases"
PARAMS = cases.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("SekoiaXDRApiModule.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("SekoiaXDRApiModule.ERROR_PAUSE", 0.0)


def run(command: str, **args: str) -> Any:
    return cases.CASE_COMMANDS[f"sekoia-xdr-{command}"](PARAMS.client(30), args, PARAMS)


def row(**more: Any) -> dict[str, Any]:
    """A case as the list gives it."""
    return {
        "uuid": CASE,
        "short_id": SHORT,
        "title": "Logon | campaign",
        "community_uuid": HOME,
        "status": "opened",
        "custom_status": {"label": "Acknowledged", "stage": "in_progress"},
        "priority": "high",
        "created_at": "2026-03-01T10:18:00.120000+00:00",
        **more,
    }


def detail(held: list[str], total: int | None = None) -> dict[str, Any]:
    """A case with alerts."""
    alerts = [{"uuid": uuid, "short_id": f"AL{uuid[-8:]}", "created_at": 1772359200} for uuid in held]
    return row(alerts=alerts, number_of_alerts=len(held) if total is None else total)


def sent(mocker: requests_mock.Mocker) -> list[tuple[str, str, Any]]:
    """What was written: method, path below the cases, body."""
    writes = [call for call in mocker.request_history if call.method != "GET"]
    return [(call.method, call.path.removeprefix("/v1/sic/cases"), call.body and call.json()) for call in writes]


def query_of(mocker: requests_mock.Mocker) -> dict[str, str]:
    request = mocker.last_request
    assert request is not None
    return {key: values[0] for key, values in request.qs.items()}


# ---------------------------------------------------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------------------------------------------------


def test_list_names_the_filters_as_the_api_does(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(PATH, json={"items": [row()], "total": 1})
    args = {"uuid": CASE, "tags": "a,b", "type": "manual", "priority": "High", "created_at": "2026-03-01T00:00:00Z,now"}
    result = run("list-cases", **args, exclude_created_by=PERSON, sort_by="title", direction="asc", assignees=PERSON)
    assert query_of(requests_mock) == {
        "match[uuid]": CASE,
        "match[tags]": "a,b",
        "match[type]": "manual",
        "match[priority]": "high",
        "date[created_at]": "2026-03-01t00:00:00z,now",
        "nomatch[created_by]": PERSON,
        "sort": "title",
        "direction": "asc",
        "match[assignees]": PERSON,
        "with_custom_statuses": "true",
        "limit": "20",
        "offset": "0",
    }
    link = f"https://app.sekoia.io/operations/cases/{SHORT}"
    assert f"| [{SHORT}]({link}) | Logon \\| campaign | Acknowledged | high |" in result.readable_output
    assert result.outputs == [{**row(), "link": link}]


def test_list_takes_every_status_of_a_stage_or_name(requests_mock: requests_mock.Mocker) -> None:
    statuses = [{"uuid": STATUS, "label": "Closed", "stage": "closed"}, {"uuid": PERSON, "label": "X", "stage": "open"}]
    requests_mock.get(f"{URL}/v1/sic/custom_statuses", json={"items": statuses})
    requests_mock.get(PATH, json={"items": []})
    run("list-cases", status=f"close,open,{HOME}")
    assert query_of(requests_mock)["match[custom_status]"] == f"{STATUS},{PERSON},{HOME}"


def test_list_asks_nothing_when_an_argument_is_wrong(requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match="priority: 'urgent' is unknown"):
        run("list-cases", priority="urgent", status="Closed")
    assert requests_mock.request_history == []


def test_unknown_status_lists_those_of_cases(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/custom_statuses", json={"items": [{"uuid": STATUS, "label": "Triage"}]})
    with pytest.raises(ValueError, match=re.escape("is no status of this tenant. Known ones: Triage")):
        run("list-cases", status="Done")
    assert query_of(requests_mock)["match[type]"] == "case"


def test_case_shows_its_first_alerts_and_says_how_many_there_are(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{SHORT}", json={**detail(ALERTS), "description": "<b>Look</b>"})
    result = run("get-case", case_id=SHORT, alerts_limit="3")
    assert [alert["uuid"] for alert in result.outputs["alerts"]] == ALERTS[:3]
    assert result.outputs["alerts"][0]["created_date"] == "2026-03-01T10:00:00Z"
    assert "3 of 4 alerts of the case are here" in result.readable_output
    assert "&lt;b>Look" in result.readable_output
    assert query_of(requests_mock) == {"render": "true"}


def test_cases_of_an_alert_are_asked_by_its_uuid_and_read_with_their_alerts(
    requests_mock: requests_mock.Mocker,
) -> None:
    requests_mock.get(f"{URL}/v1/sic/alerts/ALx7Qp2mZk9T", json={"uuid": ALERTS[0], "short_id": "ALx7Qp2mZk9T"})
    requests_mock.get(PATH, json={"items": [row()]})
    requests_mock.get(f"{PATH}/{CASE}", json=detail(ALERTS[:1]))
    (case,) = run("get-cases-alert", alert_id="ALx7Qp2mZk9T", case_id=SHORT).outputs
    listed = requests_mock.request_history[1].qs
    assert (listed["match[alert_uuid]"], listed["match[short_id]"]) == ([ALERTS[0]], [SHORT.lower()])
    assert (case["alert_uuid"], case["number_of_alerts"], case["alerts"][0]["uuid"]) == (ALERTS[0], 1, ALERTS[0])


def test_cases_of_an_alert_without_their_alerts_are_one_call(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(PATH, json={"items": [row()]})
    (case,) = run("get-cases-alert", alert_id=ALERTS[0], with_alerts="false").outputs
    assert "alerts" not in case
    assert len(requests_mock.request_history) == 1


def test_alert_without_a_case_says_so(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(PATH, json={"items": []})
    assert "The alert is in no case." in run("get-cases-alert", alert_id=ALERTS[0]).readable_output


def test_alerts_of_a_case_are_listed_in_pages(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(PATH, json={"items": [row()]})
    requests_mock.get(f"{URL}/v1/sic/alerts", json={"items": [{"uuid": ALERTS[0], "short_id": "AL1"}]})
    (alert,) = run("list-alerts-case", case_id=CASE, limit="30", page="2", urgency="60").outputs
    assert query_of(requests_mock) == {
        "match[case_short_id]": SHORT.lower(),
        "range[urgency]": "60,100",
        "limit": "30",
        "offset": "30",
    }
    assert (alert["case_id"], alert["uuid"]) == (SHORT, ALERTS[0])


def test_alerts_of_a_case_nobody_knows_are_an_error_and_no_empty_list(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/alerts", json={"items": []})
    requests_mock.get(PATH, json={"items": []})
    for case_id in (SHORT, CASE):
        with pytest.raises(ValueError, match=f"there is no case {case_id}"):
            run("list-alerts-case", case_id=case_id)


def test_tags_become_objects(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/tags", json={"items": ["logon", "vip"], "total": 2})
    assert run("list-case-tags", name="o").outputs == [{"name": "logon"}, {"name": "vip"}]
    assert query_of(requests_mock)["name"] == "o"


def test_history_is_cut_here(requests_mock: requests_mock.Mocker) -> None:
    lines = [{"uuid": str(number), "action": {"status": "opened"}, "type": "case"} for number in range(5)]
    requests_mock.get(f"{PATH}/{CASE}/history", json={"items": lines, "total": 5})
    result = run("get-history-case", case_id=CASE, limit="2", page="2")
    assert [line["uuid"] for line in result.outputs] == ["2", "3"]
    assert "(2 of 5)" in result.readable_output
    assert query_of(requests_mock) == {"direction": "desc"}
    assert len(run("get-history-case", case_id=CASE, all_results="true").outputs) == 5


def test_comments_have_a_writer_in_words(requests_mock: requests_mock.Mocker) -> None:
    made = {"uuid": "1", "content": "a", "created_at": "2026-03-01T10:25:00+00:00", "created_by": PERSON}
    items = [{**made, "created_by_type": kind} for kind in ("apikey", "avatar", "application")]
    requests_mock.get(f"{PATH}/{CASE}/comments", json={"items": items})
    found = run("get-comments-case", case_id=CASE).outputs
    assert [one["user"] for one in found] == ["Commented via API", f"User with id {PERSON}", "Sekoia.io"]
    assert found[0]["case_id"] == CASE


# ---------------------------------------------------------------------------------------------------------------------
# Changing
# ---------------------------------------------------------------------------------------------------------------------


def tenant(mocker: requests_mock.Mocker) -> None:
    """The names of a tenant with two communities."""
    twice = [
        {"label": "Closed", "stage": "closed"},
        {"label": "True positive", "stage": "true_positive"},
        {"label": "High"},
    ]
    paths = ("custom_statuses", "custom_verdicts", "custom_priorities")
    for number, (path, thing) in enumerate(zip(paths, twice, strict=True)):
        own = {**thing, "uuid": f"{number}{STATUS[1:]}", "community_uuid": HOME}
        other = {**thing, "uuid": f"{number}{PERSON[1:]}", "community_uuid": AWAY}
        mocker.get(f"{URL}/v1/sic/{path}", json={"items": [other, own]})
    people = [{"uuid": PERSON, "name": "Jo Sample", "status": "enabled", "user": {"email": "jo@soc.example"}}]
    mocker.get(f"{URL}/v1/communities/{HOME}/avatars/", json={"items": people})


NAMED = {"status": "close", "verdict": "true positive", "custom_priority": "HIGH", "assignees": "jo@soc.example"}
BY_UUID = {
    "custom_status_uuid": f"0{STATUS[1:]}",
    "verdict_uuid": f"1{STATUS[1:]}",
    "custom_priority_uuid": f"2{STATUS[1:]}",
    "subscribers": [{"avatar_uuid": PERSON, "type": "assignee"}],
}


def test_change_resolves_names_in_the_community_of_the_case(requests_mock: requests_mock.Mocker) -> None:
    tenant(requests_mock)
    requests_mock.get(PATH, json={"items": [row()]})
    requests_mock.patch(f"{PATH}/{SHORT}", json=row(title="New"))
    result = run("update-case", case_id=SHORT, title="New", tags="a,b", **NAMED)
    assert sent(requests_mock) == [("PATCH", f"/{SHORT.lower()}", {"title": "New", "tags": ["a", "b"], **BY_UUID})]
    assert (result.outputs["title"], result.outputs["link"][-12:]) == ("New", SHORT)


def test_change_without_names_is_one_call(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.patch(f"{PATH}/{CASE}", json=row())
    run("update-case", case_id=CASE, priority="low", tags="none")
    assert sent(requests_mock) == [("PATCH", f"/{CASE}", {"priority": "low", "tags": []})]
    assert len(requests_mock.request_history) == 1


def test_change_takes_all_assignees_away(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(PATH, json={"items": [row()]})
    requests_mock.patch(f"{PATH}/{CASE}", json=row())
    run("update-case", case_id=CASE, assignees="none")
    assert sent(requests_mock)[0][2] == {"subscribers": []}


def test_change_of_nothing_is_refused(requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match=re.escape("give at least one of title, description")):
        run("update-case", case_id=CASE)
    assert requests_mock.request_history == []


def test_change_whose_answer_was_lost_is_found_on_the_case(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.patch(f"{PATH}/{CASE}", status_code=504, text="late")
    requests_mock.get(f"{PATH}/{CASE}", json=row(title="New"))
    assert run("update-case", case_id=CASE, title="New").outputs["title"] == "New"
    assert len(sent(requests_mock)) == 1


def test_new_case_has_what_was_given(requests_mock: requests_mock.Mocker) -> None:
    tenant(requests_mock)
    requests_mock.post(PATH, json=row(title="New"))
    result = run("create-case", title="New", description="Why", community_uuid=HOME, **NAMED)
    body = {"title": "New", "description": "Why", "community_uuid": HOME, **BY_UUID}
    assert sent(requests_mock) == [("POST", "", body)]
    assert "Case New is opened" in result.readable_output


@pytest.mark.parametrize(("there", "posts"), [(True, 1), (False, 2)])
def test_new_case_whose_answer_was_lost_is_looked_for(
    there: bool, posts: int, requests_mock: requests_mock.Mocker
) -> None:
    made = row(title="New", created_by_type="apikey", created_at=cases.iso_time(time.time()))
    older = {**made, "uuid": AWAY, "created_at": "2026-03-01T10:18:00+00:00"}
    requests_mock.post(PATH, [{"status_code": 504, "text": "late"}, {"json": made}])
    requests_mock.get(PATH, json={"items": [older, {**made, "title": "Other"}, *([made] if there else [])]})
    assert run("create-case", title="New").outputs["uuid"] == CASE
    assert len(sent(requests_mock)) == posts


def test_deletion_whose_answer_was_lost_is_done_when_the_case_is_gone(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.delete(f"{PATH}/{CASE}", status_code=504, text="late")
    requests_mock.get(f"{PATH}/{CASE}", status_code=404, json={"message": "Unknown case"})
    assert "is deleted. Its alerts stay." in run("delete-case", case_id=CASE).readable_output
    assert len(sent(requests_mock)) == 1


def test_alerts_are_added_by_patch(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.patch(f"{PATH}/{CASE}/alerts", json={"status": "ok"})
    requests_mock.get(f"{PATH}/{CASE}", json=detail(ALERTS))
    result = run("attach-alerts-case", case_id=CASE, alert_ids=f"{ALERTS[0]},ALx7Qp2mZk9T,{ALERTS[0]}")
    assert sent(requests_mock) == [("PATCH", f"/{CASE}/alerts", {"alerts": [ALERTS[0], "ALx7Qp2mZk9T"]})]
    assert "holds 4 alerts now" in result.readable_output


def test_alerts_are_removed_by_writing_the_others(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{CASE}", [{"json": detail(ALERTS)}, {"json": detail(ALERTS[2:])}])
    requests_mock.post(f"{PATH}/{CASE}/alerts", json={"status": "ok"})
    result = run("detach-alerts-case", case_id=CASE, alert_ids=f"{ALERTS[0]},AL{ALERTS[1][-8:]},ALnotthere99")
    assert sent(requests_mock) == [("POST", f"/{CASE}/alerts", {"alerts": ALERTS[2:]})]
    assert "2 alerts removed, 2 remain. Not in the case: ALnotthere99." in result.readable_output


def test_alerts_that_are_not_in_the_case_change_nothing(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{CASE}", json=detail(ALERTS[1:]))
    assert "Nothing was changed" in run("detach-alerts-case", case_id=CASE, alert_ids=ALERTS[0]).readable_output
    assert sent(requests_mock) == []


def test_alerts_missing_from_the_detail_are_read_from_the_list(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{CASE}", json=detail(ALERTS[:1], total=4))
    visible = {"true": ALERTS[1:3], "false": ALERTS[3:]}

    def listed(request: Any, context: Any) -> Any:
        return {"items": [{"uuid": uuid} for uuid in visible[request.qs["visible"][0]]]}

    requests_mock.get(f"{URL}/v1/sic/alerts", json=listed)
    case, held = cases.alerts_held(PARAMS.client(30), CASE)
    assert ([alert["uuid"] for alert in held], case["number_of_alerts"]) == (ALERTS, 4)


@pytest.mark.parametrize("total", [5, 1, None])
def test_alerts_that_cannot_be_read_in_full_are_not_written(
    total: int | None, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{PATH}/{CASE}", json={**detail(ALERTS[:2]), "number_of_alerts": total})
    requests_mock.get(f"{URL}/v1/sic/alerts", json={"items": []})
    with pytest.raises(ValueError, match="Nothing was changed"):
        run("detach-alerts-case", case_id=CASE, alert_ids=ALERTS[0])
    assert sent(requests_mock) == []


@pytest.mark.parametrize(
    ("after", "says"), [(ALERTS[3:], f"lost more than was asked: {ALERTS[2]}"), (ALERTS, "still holds")]
)
def test_removal_that_did_something_else_is_an_error(
    after: list[str], says: str, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{PATH}/{CASE}", [{"json": detail(ALERTS)}, {"json": detail(after)}])
    requests_mock.post(f"{PATH}/{CASE}/alerts", json={"status": "ok"})
    with pytest.raises(ValueError, match=says):
        run("detach-alerts-case", case_id=CASE, alert_ids=",".join(ALERTS[:2]))


def test_events_are_added_and_removed(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.post(f"{PATH}/{CASE}/events", status_code=204)
    requests_mock.delete(f"{PATH}/{CASE}/events", status_code=204)
    run("add-events-case", case_id=CASE, event_ids="one,two,one")
    run("remove-events-case", case_id=CASE, event_ids="three")
    assert sent(requests_mock) == [
        ("POST", f"/{CASE}/events", {"event_ids": ["one", "two"]}),
        ("DELETE", f"/{CASE}/events", {"event_ids": ["three"]}),
    ]


def test_more_events_than_the_api_takes_are_refused(requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match="at most 1000 events at once, these are 1001"):
        run("add-events-case", case_id=CASE, event_ids=",".join(map(str, range(1001))))
    assert requests_mock.request_history == []


@pytest.mark.parametrize(("there", "posts"), [(True, 1), (False, 2)])
def test_comment_whose_answer_was_lost_is_looked_for(
    there: bool, posts: int, requests_mock: requests_mock.Mocker
) -> None:
    made = {"uuid": "1", "content": "Once", "created_by_type": "apikey", "created_at": cases.iso_time(time.time())}
    requests_mock.post(f"{PATH}/{CASE}/comments", [{"status_code": 504, "text": "late"}, {"json": made}])
    requests_mock.get(f"{PATH}/{CASE}/comments", json={"items": [made] if there else []})
    found = run("post-comment-case", case_id=CASE, comment="Once").outputs
    assert (found["uuid"], found["case_id"], found["user"]) == ("1", CASE, "Commented via API")
    assert len(sent(requests_mock)) == posts


CHANGES = {
    "create-case": {"title": "x"},
    "update-case": {"case_id": CASE, "title": "x"},
    "delete-case": {"case_id": CASE},
    "attach-alerts-case": {"case_id": CASE, "alert_ids": ALERTS[0]},
    "detach-alerts-case": {"case_id": CASE, "alert_ids": ALERTS[0]},
    "add-events-case": {"case_id": CASE, "event_ids": "x"},
    "remove-events-case": {"case_id": CASE, "event_ids": "x"},
    "post-comment-case": {"case_id": CASE, "comment": "x"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_dry_run_sends_nothing(name: str, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{PATH}/{CASE}", json=detail(ALERTS))
    assert "nothing was sent" in run(name, **CHANGES[name], dry_run="true").readable_output
    assert sent(requests_mock) == []


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "create-case"])
def test_id_that_is_none_is_refused_before_any_call(name: str, requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match="is no case id"):
        run(name, **{**CHANGES[name], "case_id": "../alerts"})
    assert requests_mock.request_history == []


def test_case_without_anything_is_still_shown() -> None:
    assert cases.case_output({}, PARAMS) == {"link": ""}
    assert cases.case_result({"alerts": None}, PARAMS, "Case").outputs["alerts"] == []
