"""Bulk moves, countermeasures and lists of choices, alone."""

import time
from typing import Any

import pytest
import requests_mock
import SekoiaXDRApiModule
import SekoiaXDRTaskCommandsApiModule as tasks

URL = "https://api.sekoia.io"
BULK = f"{URL}/v1/sic/alerts/bulk/workflow/async"
HERE, THERE = "4500e70b-cf04-465e-89b2-931fa9263d3b", "61d9a7c2-0f4e-4b6a-8f0d-2c1b3a495867"
TASK, MINE = "73b72df3-5606-4f82-bc13-3ec14d6666b0", "d03c2271-eaf6-422c-89ba-27251c73db2f"
SHORT = "ALx7Qp2mZk9T"
DONE = {HERE: "b8dc1c6e-0001-4000-8000-000000000000", THERE: "b8dc1c6e-0002-4000-8000-000000000000"}
STATUSES = [{"uuid": DONE[one], "label": "Done", "stage": "closed", "community_uuid": one} for one in (HERE, THERE)]
VERDICTS = [{"uuid": one, "label": "Real", "stage": "true_positive", "community_uuid": one} for one in (HERE, THERE)]
PARAMS = tasks.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})
WAITING: dict[str, Any] = {
    "uuid": MINE,
    "name": "Isolate | host",
    "activated_at": None,
    "denied_at": None,
    "action_steps": [],
}


def alert(number: int, community: str = HERE, status: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "short_id": f"AL{number:010}",
        "community_uuid": community,
        "status": {"uuid": "2efc4930-1442-4abb-acf2-58ba219a4fd0", "name": "Pending"},
        "custom_status_uuid": status or "b8dc1c6e-0003-4000-8000-000000000000",
        "custom_status": {"label": "Done" if status else "Pending", "stage": "closed" if status else "open"},
        **more,
    }


class FakeTime:
    """The clock of the client; sleeping moves it."""

    gmtime, strftime = staticmethod(time.gmtime), staticmethod(time.strftime)

    def __init__(self) -> None:
        self.now = 1_772_362_800.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def _no_real_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SekoiaXDRApiModule, "time", FakeTime())


class Alerts:
    """The alerts of the tenant: what the list gives for the ids that it is asked for."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.now: list[dict[str, Any]] = [alert(1), alert(2, THERE), alert(3, HERE, DONE[HERE])]
        mocker.get(f"{URL}/v1/sic/alerts", json=self.answer)

    def answer(self, request: Any, context: Any) -> dict[str, Any]:
        ids = [one for values in request.qs.values() for one in values[0].split(",")]
        found = [one for one in self.now if {one["uuid"], one["short_id"].lower()} & set(ids)]
        return {"items": [*found, None]}

    def done(self) -> None:
        self.now = [alert(number, where, DONE[where]) for number, where in ((1, HERE), (2, THERE), (3, HERE))]


@pytest.fixture
def known(requests_mock: requests_mock.Mocker) -> Alerts:
    requests_mock.get(f"{URL}/v1/sic/custom_statuses", json={"items": STATUSES})
    requests_mock.get(f"{URL}/v1/sic/custom_verdicts", json={"items": VERDICTS})
    requests_mock.patch(BULK, json={"task_id": TASK})
    return Alerts(requests_mock)


def run(command: str, **args: Any) -> Any:
    return tasks.TASK_COMMANDS[f"sekoia-xdr-{command}"](PARAMS.client(100), args, PARAMS)


def move(**args: Any) -> Any:
    return run("bulk-update-status-alerts", **{"ids": "AL0000000001,AL0000000002", "status": "done", **args})


def next_look(result: Any) -> Any:
    """What the platform runs next."""
    assert result.scheduled_command is not None
    later = result.scheduled_command.to_results()
    assert (later["PollingCommand"], later["NextRun"]) == ("sekoia-xdr-bulk-update-status-alerts", "10")
    return move(**later["PollingArgs"])


def sent(mocker: requests_mock.Mocker) -> list[Any]:
    return [request.json() for request in mocker.request_history if request.method != "GET"]


# ---------------------------------------------------------------- moving many alerts


def test_each_community_moves_to_its_own_status(known: Alerts, requests_mock: requests_mock.Mocker) -> None:
    move(ids="AL0000000001,AL0000000002,AL0000000003", verdict="real", comment="ours")
    expected = [
        {"match[uuid]": f"{alert(1)['uuid']},{alert(3)['uuid']}", "action_uuid": DONE[HERE], "verdict_uuid": HERE},
        {"match[uuid]": alert(2)["uuid"], "action_uuid": DONE[THERE], "verdict_uuid": THERE},
    ]
    assert sent(requests_mock) == [{**body, "comment": "ours"} for body in expected]


@pytest.mark.parametrize("plan", ["x", "0", "[]", "{}", '{"rows": [["../x"]], "tasks": [], "looks": 0}', '{"rows": 1}'])
def test_a_plan_that_the_command_did_not_make_is_refused(requests_mock: requests_mock.Mocker, plan: str) -> None:
    with pytest.raises(ValueError, match=r"^plan: is what the command keeps for itself"):
        move(plan=plan)
    assert requests_mock.request_history == []


def test_a_move_is_followed_until_its_tasks_are_over(known: Alerts, requests_mock: requests_mock.Mocker) -> None:
    states = [{"status": status} for status in ("PENDING", "RUNNING", "RUNNING", "finished", "FINISHED")]
    requests_mock.get(f"{URL}/v1/tasks/{TASK}", [{"json": state} for state in states])
    started = move()
    looked = next_look(started)
    assert "2 alerts are being moved to Done" in started.readable_output
    assert looked.readable_output is None
    known.done()
    ended = next_look(next_look(looked))
    assert ended.scheduled_command is None
    assert [(row["previous_status"], row["status"], row["changed"]) for row in ended.outputs] == [
        ("Pending", "Done", True)
    ] * 2
    assert len(sent(requests_mock)) == 2


@pytest.mark.parametrize(
    ("answer", "looks"),
    [
        ({"status_code": 404, "json": {"message": "Unknown task"}}, 6),
        ({"status_code": 404, "text": "<html>no</html>", "headers": {"Content-Type": "text/html"}}, 6),
        ({"status_code": 403, "json": {"message": "no"}}, 6),
        ({"json": {"status": "FINISHED"}}, 2),
        ({"json": {"status": "FAILED"}}, 0),
    ],
)
def test_alerts_that_do_not_move_are_waited_for_a_while(
    known: Alerts, requests_mock: requests_mock.Mocker, answer: dict[str, Any], looks: int
) -> None:
    requests_mock.get(f"{URL}/v1/tasks/{TASK}", [answer])
    result, seen = move(), -1
    while result.scheduled_command is not None:
        result, seen = next_look(result), seen + 1
    assert seen == looks
    assert "0 of 2 alerts are in the status Done" in result.readable_output
    assert ("task failed" in result.readable_output) is (looks == 0)
    assert [row["reached"] for row in result.outputs] == [False, False]


def test_a_doubtful_start_is_not_repeated_but_followed(known: Alerts, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.patch(BULK, status_code=502)
    started = move(ids="AL0000000001")
    known.done()
    assert "1 of 1 alerts" in next_look(started).readable_output
    assert len(sent(requests_mock)) == 1


def test_an_alert_that_is_deleted_meanwhile_is_gone(known: Alerts, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/tasks/{TASK}", json={"status": "CANCELED"})
    started = move(ids="AL0000000001")
    known.now = []
    ended = next_look(started)
    assert (ended.outputs[0]["status"], ended.outputs[0]["reached"]) == ("gone", False)


def test_a_move_to_where_all_are_sends_nothing(known: Alerts, requests_mock: requests_mock.Mocker) -> None:
    result = move(ids="AL0000000003")
    assert "Every alert was there already" in result.readable_output
    assert result.outputs[0]["changed"] is False
    assert sent(requests_mock) == []


def test_a_dry_run_shows_every_call(known: Alerts, requests_mock: requests_mock.Mocker) -> None:
    result = move(dry_run="true")
    assert "2 of 2 alerts would move" in result.readable_output
    assert DONE[HERE] in result.readable_output and DONE[THERE] in result.readable_output
    assert sent(requests_mock) == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"ids": "AL1"}, "is no alert id"),
        ({"ids": ""}, "ids: a value is needed"),
        ({"status": " "}, "status: a value is needed"),
        ({"ids": "AL0000000001,AL0000000009"}, "has the id AL0000000009. Nothing was changed"),
        ({"ids": ",".join(f"AL{number:010}" for number in range(501))}, "ids: at most 500"),
        ({"verdict": "perhaps"}, "verdict: 'perhaps' is no verdict"),
        ({"status": "Lunch"}, "status: 'Lunch' is no status"),
    ],
)
def test_a_move_that_cannot_be_sends_nothing(
    known: Alerts, requests_mock: requests_mock.Mocker, args: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        move(**args)
    assert sent(requests_mock) == []


# ---------------------------------------------------------------- countermeasures


@pytest.fixture
def steps(requests_mock: requests_mock.Mocker) -> list[dict[str, Any]]:
    """The countermeasures of an alert."""
    held = [dict(WAITING)]
    requests_mock.get(
        f"{URL}/v1/sic/alerts/{SHORT}/countermeasures", json=lambda request, context: {"items": [*held, None]}
    )
    return held


@pytest.mark.parametrize(("act", "done"), [("activate", "activated"), ("deny", "denied")])
def test_a_decision_carries_a_comment(
    steps: list[dict[str, Any]], requests_mock: requests_mock.Mocker, act: str, done: str
) -> None:
    answer = {**WAITING, f"{done}_at": "2026-03-01T10:00:00Z"}
    requests_mock.patch(f"{URL}/v1/sic/alerts/countermeasures/{MINE}/{act}", json=answer)
    result = run(f"{act}-countermeasure", alert_id=SHORT, id=MINE, author="Night desk")
    said = {"content": f"{done.capitalize()} from Cortex XSOAR", "author": "Night desk"}
    assert sent(requests_mock) == [{"comment": said}]
    assert (result.outputs["decision"], result.outputs["alert_id"]) == (done, SHORT)
    assert "Isolate \\| host" in result.readable_output


def test_a_decision_that_was_taken_says_so(steps: list[dict[str, Any]], requests_mock: requests_mock.Mocker) -> None:
    steps[0]["denied_at"] = "2026-03-01T10:00:00.5Z"
    result = run("deny-countermeasure", alert_id=SHORT, id=MINE)
    assert "Already denied on 2026-03-01 10:00:00 UTC: nothing was changed" in result.readable_output
    with pytest.raises(ValueError, match="was denied on 2026-03-01 10:00:00 UTC: it cannot be activated any more"):
        run("activate-countermeasure", alert_id=SHORT, id=MINE)
    assert sent(requests_mock) == []


@pytest.mark.parametrize("meanwhile", ["activated_at", "denied_at", None])
def test_a_conflict_is_told_by_what_was_decided_meanwhile(
    steps: list[dict[str, Any]], requests_mock: requests_mock.Mocker, meanwhile: str | None
) -> None:
    def refuse(request: Any, context: Any) -> dict[str, str]:
        steps[0].update({meanwhile: "2026-03-01T10:00:00Z"} if meanwhile else {})
        context.status_code = 409
        return {"message": "Countermeasure already decided"}

    requests_mock.patch(f"{URL}/v1/sic/alerts/countermeasures/{MINE}/activate", json=refuse)
    if meanwhile == "activated_at":
        result = run("activate-countermeasure", alert_id=SHORT, id=MINE)
        assert "Already activated" in result.readable_output
        return
    words = "was denied on" if meanwhile else "cannot be activated: .*already decided"
    with pytest.raises(ValueError, match=words):
        run("activate-countermeasure", alert_id=SHORT, id=MINE)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"id": HERE}, f"has no countermeasure {HERE}. It has: Isolate . host \\({MINE}\\)"),
        ({"id": "1"}, "is no countermeasure id"),
        ({"id": MINE, "author": "x" * 33}, "author: Sekoia takes at most 32"),
    ],
)
def test_a_decision_that_cannot_be_names_the_argument(
    steps: list[dict[str, Any]], args: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        run("activate-countermeasure", alert_id=SHORT, **args)


@pytest.mark.parametrize("is_stored", [True, False])
@pytest.mark.parametrize("time", [{"date": 1772359201}, {"created_at": "2026-03-01T10:00:01Z", "type": "x"}])
def test_a_comment_after_a_doubt_is_looked_for(
    requests_mock: requests_mock.Mocker, is_stored: bool, time: dict[str, Any]
) -> None:
    path = f"{URL}/v1/sic/alerts/countermeasures/{MINE}/comments"
    old = {"uuid": "1", "content": "asked", "author": "apikey:x", **time}
    comments = [old]
    requests_mock.get(path, json=lambda request, context: {"items": comments})

    def lose(request: Any, context: Any) -> Any:
        context.status_code = 502 if len(sent(requests_mock)) == 1 else 201
        if is_stored or context.status_code == 201:
            comments.append({**old, "uuid": str(len(comments) + 1)})
        return {**comments[-1], "date": 1772359201}

    requests_mock.post(path, json=lose)
    result = run("comment-countermeasure", id=MINE, comment="asked")
    assert (len(comments), result.outputs["uuid"], len(sent(requests_mock))) == (2, "2", 1 if is_stored else 2)
    assert (result.outputs["countermeasure_id"], result.outputs["user"]) == (MINE, "Commented via API")
    assert result.outputs["date"] == "2026-03-01T10:00:01Z"
    assert is_stored <= ("type" not in result.outputs)


def test_a_comment_needs_words_and_can_be_tried() -> None:
    with pytest.raises(ValueError, match="comment: a value is needed"):
        run("comment-countermeasure", id=MINE)
    assert "nothing was sent" in run("comment-countermeasure", id=MINE, comment="x", dry_run="yes").readable_output


def test_countermeasures_are_listed_with_their_decision(steps: list[dict[str, Any]]) -> None:
    (one,) = run("list-countermeasures", alert_id=SHORT).outputs
    assert (one["decision"], one["alert_id"]) == ("waiting", SHORT)


# ---------------------------------------------------------------- what can be chosen


@pytest.mark.parametrize(
    ("command", "path", "item", "cell"),
    [
        ("list-statuses", "custom_statuses", {"label": "Done", "type": ["alert", "case"]}, "alert, case"),
        ("list-verdicts", "custom_verdicts", {"label": "Real"}, "Real"),
        ("list-priorities", "custom_priorities", {"label": "High"}, "High"),
        ("list-custom-fields", "custom-fields", {"name": "Way", "options": [{"value": "usb"}, "web"]}, "usb, web"),
        ("list-kill-chains", "kill-chains", {"name": "Delivery"}, "Delivery"),
        ("list-alert-types", "conf/alerts/types", {"name": "worm", "category": {"name": "code"}}, "| worm | code |"),
        ("list-alert-types", "conf/alerts/types", {"name": "worm", "category_name": "code"}, "| worm | code |"),
    ],
)
def test_a_list_of_choices_is_a_table(
    requests_mock: requests_mock.Mocker, command: str, path: str, item: dict[str, Any], cell: str
) -> None:
    requests_mock.get(f"{URL}/v1/sic/{path}", json={"items": [item], "total": 1})
    assert cell in run(command).readable_output


def test_types_of_the_last_days_are_asked_elsewhere(requests_mock: requests_mock.Mocker) -> None:
    found = {"items": [{"value": "worm", "category": "code"}], "community_uuid": HERE}
    requests_mock.get(f"{URL}/v1/sic/alerts/types", json=found)
    assert run("list-alert-types", observed="true", name="worm").outputs == [{"value": "worm", "category": "code"}]


@pytest.mark.parametrize("bad", ["both", "alerts"])
def test_statuses_are_for_alerts_or_cases(bad: str) -> None:
    with pytest.raises(ValueError, match=f"type: '{bad}' is unknown. Use one of: alert, case"):
        run("list-statuses", type=bad)


def test_a_stage_is_read_by_id_or_found_by_name(requests_mock: requests_mock.Mocker) -> None:
    stage = {"uuid": MINE, "short_id": "KCXKNfnJupq5", "name": "Delivery", "order_id": 3}
    requests_mock.get(f"{URL}/v1/sic/kill-chains", json={"items": [stage]})
    for wanted in (MINE, "KCXKNfnJupq5", "TA0001"):
        requests_mock.get(f"{URL}/v1/sic/kill-chains/{wanted}", json=stage)
        assert run("get-kill-chain", kill_chain_uuid=wanted).outputs == stage
    assert run("get-kill-chain", kill_chain_uuid="DELIVERY").outputs == stage
    for bad in ("../alerts", "Lunch"):
        with pytest.raises(ValueError, match=r"is no kill-chain stage of this tenant\. Choose one of: Delivery"):
            run("get-kill-chain", kill_chain_uuid=bad)
