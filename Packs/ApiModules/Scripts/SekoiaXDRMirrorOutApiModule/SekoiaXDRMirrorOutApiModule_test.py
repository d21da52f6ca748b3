"""What goes out, fact by fact: wishes over JSON, errands over requests-mock; pytest alone, no clock."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock
import SekoiaXDRMirrorOutApiModule as mirror

SHORT, UUID = "ALx7Qp2mZk9T", "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b"
KEY, HUMAN = "0b2d8a54-61f0-4b1d-8f4e-2a9f3c7d5e61", "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97"
CLOSED = {"uuid": "1738b1c1-767d-489e-bada-19176621a007", "name": "Closed"}
ONGOING = {"uuid": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "name": "Ongoing"}
NOW = 1_772_359_200


def settings(**raw: Any) -> mirror.MirrorSettings:
    on = dict.fromkeys(("close_incident", "reopen_incident", "reopen_out"), True)
    return mirror.mirror_settings({"mirror_direction": "Incoming and Outgoing", **on, **raw})


def alert(status: dict[str, str] = ONGOING, **more: Any) -> dict[str, Any]:
    return {
        "uuid": UUID,
        "short_id": SHORT,
        "status": status,
        "updated_at": NOW,
        "urgency": {"current_value": 62},
        **more,
    }


def wish(record: dict[str, Any], **args: Any) -> dict[str, Any]:
    given = {"data": {}, "delta": {}, "entries": [], "incidentChanged": True, "remoteId": SHORT, "status": 1, **args}
    return mirror.wish_of(mirror.UpdateRemoteSystemArgs(given), record, settings())


# --- out --------------------------------------------------------------------------------------------------------------


def test_delta_names_the_fields_and_data_has_their_values() -> None:
    made = wish({"l": "o"}, data={"urgency": 15.0, "title": "same"}, delta={"urgency": 20})
    assert made["fields"] == {"urgency": "15"}


def test_without_a_delta_the_fields_that_differ_from_the_base_are_sent() -> None:
    view = mirror.incident_view(alert(title="old"), "", (20, 40, 80))
    data = {"title": "new", "urgency": 62, "status": "Ongoing", "mirror_base": mirror.base_of(view)}
    assert wish({"l": "o"}, data=data)["fields"] == {"title": "new"}
    assert "fields" not in wish({"l": "o"}, data=data, incidentChanged=False)


@pytest.mark.parametrize("delta", [{}, {"close_reason": "Resolved"}, {"closingUserId": "ada"}])
def test_closing_is_seen_with_and_without_a_delta(delta: dict[str, str]) -> None:
    made = wish({"l": "o"}, status=2, delta=delta, data={"close_reason": "Resolved", "close_notes": "n"})
    assert (made["close"]["reason"], made["close"]["notes"], made["local"]) == ("Resolved", "n", "c")


@pytest.mark.parametrize("known", ["c", "g"])
def test_edit_of_a_closed_incident_closes_nothing_and_sends_no_status(known: str) -> None:
    made = wish({"l": known}, status=2, delta={"title": "x", "status": "Ongoing"}, data={"title": "x"})
    assert ("close" in made, made["fields"], made["again"]) == (False, {"title": "x"}, ["status"])


def test_reopening_needs_more_than_an_edit() -> None:
    assert "reopen" not in wish({"l": "g"}, delta={"title": "x"}, data={"title": "x"})
    assert wish({"l": "g"}, delta={"close_reason": ""})["reopen"] is True
    assert wish({"l": "c"})["reopen"] is True


@pytest.mark.parametrize(
    ("entry", "content"),
    [
        ({"id": "7@12", "contents": "hello", "user": "ada"}, "hello\n\n[XSOAR 7@12]"),
        ({"id": "7@12", "contents": "", "file": "a.txt"}, "File in XSOAR: a.txt\n\n[XSOAR 7@12]"),
        ({"id": "7@12", "contents": {"a": 1}}, '{"a": 1}\n\n[XSOAR 7@12]'),
        ({"id": "7@12", "contents": "x", "tags": ["CommentFromSekoia", "comments"]}, None),
        ({"id": "7@12", "contents": "x\n\n[XSOAR 3@12]"}, "x\n\n[XSOAR 3@12]\n\n[XSOAR 7@12]"),
        ({"id": "7@12", "contents": " "}, None),
        ("odd", None),
    ],
)
def test_entry_becomes_a_marked_comment(entry: Any, content: str | None) -> None:
    made = mirror.outgoing_comment(entry, settings())
    assert (made[0] if made else None) == content
    assert not made or len(made[1]) <= mirror.AUTHOR_LENGTH


def test_wishes_join() -> None:
    old = {
        "fields": {"title": "a", "urgency": "1"},
        "known": {"title": "k"},
        "comments": [["x", "me"]],
        "close": {"a": 1},
    }
    new = {
        "fields": {"title": "b"},
        "known": {"title": "later"},
        "comments": [["x", "me"], ["y", "me"]],
        "reopen": True,
    }
    joined = mirror.joined_wish(old, new)
    assert joined["fields"] == {"title": "b", "urgency": "1"}
    assert (joined["known"], joined["comments"]) == ({"title": "k"}, [["x", "me"], ["y", "me"]])
    assert ("close" in joined, joined["reopen"]) == (False, True)


def test_closing_and_reopening_overtake_an_older_change_of_the_status() -> None:
    old = {"fields": {"status": "Closed", "title": "t"}, "known": {"status": "k"}}
    assert mirror.joined_wish(old, {"reopen": True, "local": "o"})["fields"] == {"title": "t"}
    assert mirror.joined_wish(old, {"close": {"reason": ""}, "local": "c"}) == {
        "fields": {"title": "t"},
        "close": {"reason": ""},
    }


def test_status_of_a_closed_incident_is_asked_for_again_only_if_it_is_another_than_it_was_given() -> None:
    for status, again in (("Closed", None), ("Ongoing", ["status"])):
        base = f"status={mirror.short_digest('Closed')}"
        made = wish({"l": "g"}, status=2, data={"status": status, "mirror_base": base}, delta={"status": status})
        assert made.get("again") == again


@pytest.mark.parametrize(
    ("record", "status", "local", "forgets"),
    [({"l": "g"}, 1, "o", True), ({"l": "g"}, 2, None, False), ({"l": "c"}, 1, None, False), ({}, 2, "c", False)],
)
def test_incident_that_stayed_open_did_not_hear_the_order_to_close(
    record: dict[str, str], status: int, local: str | None, forgets: bool
) -> None:
    made = wish(record, status=status, delta={"title": "x"}, data={"title": "x"})
    change = mirror.foretold(made)
    assert (change.get("l"), "t" in change) == (local, forgets)


def test_outgoing_alone_holds_nothing_against_a_change() -> None:
    args = {"data": {"title": "new", "mirror_base": "title=1"}, "delta": {"title": ""}, "entries": [], "status": 1}
    given = mirror.UpdateRemoteSystemArgs({**args, "incidentChanged": True, "remoteId": SHORT})
    assert "known" in mirror.wish_of(given, {"l": "o"}, settings())
    assert "known" not in mirror.wish_of(given, {"l": "o"}, settings(mirror_direction="Outgoing"))


@pytest.mark.parametrize(("asked", "expected"), [({"reject": "True"}, True), ({"reject": "no"}, False), ({}, False)])
def test_closing_can_reject(asked: dict[str, str], expected: bool) -> None:
    assert mirror.close_wish({"closeReason": "Other", "closeNotes": "n", **asked}) == {
        "reason": "Other",
        "notes": "n",
        "reject": expected,
    }


def test_switches_decide_whether_closing_and_reopening_go_out() -> None:
    args = {"data": {}, "delta": {"close_reason": "x"}, "entries": [], "incidentChanged": True, "remoteId": SHORT}
    off = settings(close_out=False, reopen_out=False)
    closing, reopening = (mirror.UpdateRemoteSystemArgs({**args, "status": status}) for status in (2, 1))
    assert mirror.wish_of(closing, {"l": "o"}, off) == {"local": "c"}
    assert mirror.wish_of(reopening, {"l": "c"}, off) == {"local": "o"}


def test_mapping_fields_offer_everything_that_can_be_sent() -> None:
    (offered,) = mirror.mapping_fields().scheme_types_mappings
    assert offered.fields == mirror.MIRROR_FIELDS
    assert set(mirror.TWO_WAY) < set(offered.fields)


# --- errands ----------------------------------------------------------------------------------------------------------


URL = "https://api.sekoia.io"
PATH = f"{URL}/v1/sic/alerts/{SHORT}"
BENIGN, CONFIRMED = "5d0c4a0e-6f3b-4b0a-9a51-3f1e2d7c8b90", "4ba66b00-99c8-4a03-8bca-532f4261c188"
MOVES = {"actions": [{"id": one.action_uuid, "name": one.action} for one in mirror.LEGACY_STATUSES if one.action]}
FIELD = "5b0f9a52-9d0f-4a3e-8a53-6e0d7f5b1c11"


def status_by(action: str) -> dict[str, str]:
    """The status that an action leads to."""
    found = next(one for one in mirror.LEGACY_STATUSES if action in (one.action_uuid, one.uuid))
    return {"uuid": found.uuid, "name": found.name}


class Tenant:
    """One alert that changes as it is told, and a record of what it was told; `refusals`: call -> status, body."""

    def __init__(self, mocked: requests_mock.Mocker) -> None:
        self.alert = alert(title="Beacon", details="d", comments=[], history=[], custom_fields=[])
        self.sent: list[tuple[str, Any]] = []
        self.refusals: dict[str, tuple[int, Any]] = {}
        self.fields: list[dict[str, Any]] = []
        mocked.register_uri(requests_mock.ANY, requests_mock.ANY, json=self.answer)

    def answer(self, request: Any, context: Any) -> Any:
        call = f"{request.method} {request.path.removeprefix('/v1/sic/')}".replace(SHORT.lower(), "ID")
        body = request.json() if request.body else None
        if request.method != "GET":
            self.sent.append((call, body))
        refusal = self.refusals.get(call) or self.refusals.get(f"{call} {sorted(body or {})}")
        if refusal:
            context.status_code = refusal[0]
            return {"message": refusal[1], "code": "X1"}
        return getattr(self, "on_" + call.partition(" ")[0].lower())(call.partition(" ")[2], body)

    def on_get(self, path: str, body: Any) -> Any:
        verdicts = [
            {"uuid": BENIGN, "label": "Benign", "stage": "false_positive"},
            {"uuid": CONFIRMED, "label": "Confirmed", "stage": "true_positive"},
        ]
        objects = {"alerts/ID": self.alert, "alerts/ID/workflow": MOVES}
        items = {
            "alerts/ID/comments": [],
            "custom_statuses": [],
            "custom_verdicts": verdicts,
            "custom-fields": self.fields,
        }
        return objects.get(path) or {"items": items[path], "total": len(items[path])}

    def on_patch(self, path: str, body: Any) -> Any:
        if path.endswith("workflow"):
            self.alert["status"] = status_by(body["action_uuid"])
            return MOVES
        if path.endswith("custom-fields"):
            return {}
        named = {BENIGN: "Benign", CONFIRMED: "Confirmed"}
        change = dict(body)
        if "urgency" in change:
            change["urgency"] = {"current_value": change["urgency"]}
        if "verdict_uuid" in change:
            uuid = change["verdict_uuid"]
            change["verdict"] = {"uuid": uuid, "label": named[uuid]} if uuid else None
        if "status_uuid" in change:
            change["status"] = status_by(change.pop("status_uuid"))
        self.alert.update(change)
        return self.alert

    def on_post(self, path: str, body: Any) -> Any:
        return {**body, "uuid": "1", "date": NOW}

    def bodies(self, tail: str) -> list[Any]:
        """What was sent to the address that ends so."""
        return [body for call, body in self.sent if call.endswith(tail)]


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    moments = iter(range(10_000))
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    monkeypatch.setattr(time, "monotonic", lambda: next(moments) / 100)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with requests_mock.Mocker() as mocked:
        yield Tenant(mocked)


def errand(made: dict[str, Any], record: dict[str, Any] | None = None, **raw: Any) -> mirror.Errand:
    client = mirror.SekoiaClient(URL, "not-a-real-key", requests_per_second=1000, deadline=mirror.Deadline(50))
    done = mirror.Errand(client, SHORT, made, record or {}, settings(**raw), frozenset({KEY}))
    done.run("Closed by Sekoia")
    return done


def test_all_fields_go_in_one_call_and_the_status_by_its_workflow(tenant: Tenant) -> None:
    fields = {
        "title": "T",
        "urgency": "15",
        "details": "D",
        "assignee": HUMAN,
        "verdict": "benign",
        "status": "Ongoing",
    }
    tenant.alert["status"] = {"uuid": "", "name": "Pending"}
    done = errand({"fields": fields})
    (body,) = tenant.bodies("alerts/ID")
    assert body == {"title": "T", "urgency": 15, "details": "D", "assignee": HUMAN, "verdict_uuid": BENIGN}
    assert (tenant.alert["status"]["name"], done.left, done.told) == ("Ongoing", {}, [])
    assert set(done.change()["w"]) == set(mirror.TWO_WAY)


def test_what_sekoia_has_already_is_not_sent_but_counts_as_written(tenant: Tenant) -> None:
    fields = {"title": "Beacon", "urgency": "62", "status": "Ongoing"}
    done = errand({"fields": fields})
    written = {name: mirror.short_digest(value) for name, value in fields.items()}
    assert (tenant.sent, done.left, done.change()) == ([], {}, {"w": written})


def test_change_made_in_sekoia_meanwhile_stands_and_is_given_to_the_incident(tenant: Tenant) -> None:
    known = {"title": mirror.short_digest("as it was"), "urgency": mirror.short_digest("62")}
    done = errand({"fields": {"title": "mine", "urgency": "15"}, "known": known})
    assert tenant.bodies("alerts/ID") == [{"urgency": 15}]
    assert done.given_again() == ["title"]


def test_empty_verdict_and_assignee_are_taken_away_and_an_empty_title_is_not(tenant: Tenant) -> None:
    tenant.alert |= {"verdict": {"label": "Benign"}, "verdict_uuid": BENIGN, "assignee": HUMAN}
    errand({"fields": {"verdict": "", "assignee": "", "title": "", "urgency": ""}})
    assert tenant.bodies("alerts/ID") == [{"verdict_uuid": None, "assignee": None}]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"assignee": "ada"}, "no uuid"),
        ({"urgency": "101"}, "urgency"),
        ({"verdict": "nonsense"}, "verdict"),
        ({"status": "nonsense"}, "status"),
    ],
)
def test_value_that_cannot_be_sent_is_told_and_holds_no_other_back(
    tenant: Tenant, fields: dict[str, str], words: str
) -> None:
    done = errand({"fields": {**fields, "title": "T"}})
    assert tenant.bodies("alerts/ID") == [{"title": "T"}]
    assert (words in " ".join(done.told), done.given_again(), done.left) == (True, list(fields), {})


def test_details_longer_than_the_incident_shows_are_not_replaced(tenant: Tenant) -> None:
    tenant.alert["details"] = "x" * (mirror.TEXT_LIMIT + 1)
    done = errand({"fields": {"details": "short"}})
    assert (tenant.sent, "longer" in done.told[0]) == ([], True)


def test_refused_edit_is_tried_value_by_value(tenant: Tenant) -> None:
    tenant.refusals["PATCH alerts/ID ['details', 'title', 'urgency']"] = (400, "bad")
    tenant.refusals["PATCH alerts/ID ['title']"] = (400, "bad title")
    done = errand({"fields": {"title": "T", "urgency": "15", "details": "D"}})
    assert (tenant.alert["title"], tenant.alert["details"], len(done.told)) == ("Beacon", "D", 1)
    assert (done.given_again(), "bad title" in done.told[0]) == (["title"], True)


@pytest.mark.parametrize(
    ("now", "wanted", "off", "words"),
    [("Closed", "Ongoing", "reopen_out", "do not reopen"), ("Ongoing", "Closed", "close_out", "do not close")],
)
def test_status_field_crosses_the_closed_stage_only_if_its_switch_is_on(
    tenant: Tenant, now: str, wanted: str, off: str, words: str
) -> None:
    tenant.alert["status"] = CLOSED if now == "Closed" else ONGOING
    done = errand({"fields": {"status": wanted}}, {}, **{off: False})
    assert (tenant.sent, words in done.told[0], done.given_again()) == ([], True, ["status"])
    errand({"fields": {"status": wanted}}, {}, **{off: True})
    assert tenant.alert["status"]["name"] == wanted


def test_comments_go_once_each_and_not_those_that_are_there(tenant: Tenant) -> None:
    tenant.alert["comments"] = [{"content": "there", "uuid": "1"}]
    done = errand({"comments": [["there", "me"], ["new", "me"], ["odd"]]})
    assert tenant.bodies("comments") == [{"content": "new", "author": "me"}]
    assert (done.left, done.did) == ({}, ["comment"])


def test_comment_that_is_refused_is_told_and_the_next_one_is_sent(tenant: Tenant) -> None:
    tenant.refusals["POST alerts/ID/comments"] = (400, "too long")
    done = errand({"comments": [["one", "me"], ["two", "me"]]})
    assert (len(tenant.bodies("comments")), len(done.told), done.left) == (2, 2, {})


@pytest.mark.parametrize(
    ("reason", "verdict"), [("False Positive", BENIGN), ("resolved", CONFIRMED), ("Duplicate", None), ("", None)]
)
def test_closing_goes_by_the_table_of_reasons(tenant: Tenant, reason: str, verdict: str | None) -> None:
    done = errand({"close": {"reason": reason, "notes": "n"}, "local": "c"})
    assert (tenant.alert["status"]["name"], tenant.alert.get("verdict_uuid")) == ("Closed", verdict)
    assert [body["comment"] for _, body in tenant.sent] == [f"{reason}: n" if reason else "n"]
    assert (mirror.wants_something(done.left), done.told) == (False, [])


def test_closing_without_notes_takes_those_of_the_instance(tenant: Tenant) -> None:
    errand({"close": {"reason": "Duplicate", "notes": ""}})
    assert tenant.sent[0][1]["comment"] == "Closed by Sekoia"


def test_verdict_that_the_alert_has_is_kept_unless_the_analyst_chose_one(tenant: Tenant) -> None:
    tenant.alert |= {"verdict": {"label": "Confirmed"}, "verdict_uuid": CONFIRMED}
    errand({"close": {"reason": "False Positive"}})
    assert (tenant.alert["verdict_uuid"], tenant.alert["status"]["name"]) == (CONFIRMED, "Closed")
    errand({"close": {"reason": "Resolved", "verdict": "Benign"}})
    assert (tenant.alert["verdict_uuid"], tenant.bodies("alerts/ID")[-1]) == (BENIGN, {"verdict_uuid": BENIGN})


def test_alert_that_is_closed_already_is_left_alone(tenant: Tenant) -> None:
    tenant.alert |= {"status": CLOSED, "history": [turn("22222222-", "Closed")]}
    done = errand({"close": {"reason": "Resolved"}, "local": "c"}, {"l": "o", "x": "c"})
    assert (tenant.sent, done.needless) == ([], True)
    assert (done.change()["x"], done.change()["t"]) == (None, "22222222")


@pytest.mark.parametrize("status", [400, 403])
def test_verdict_that_is_refused_does_not_keep_the_alert_open(tenant: Tenant, status: int) -> None:
    tenant.refusals["PATCH alerts/ID"] = (status, "no verdicts here")
    done = errand({"close": {"reason": "Resolved"}})
    assert (tenant.alert["status"]["name"], "The verdict was not set" in done.told[0]) == ("Closed", True)


def test_closing_without_its_verdict_is_told_where_the_key_may_not_read_the_verdicts(tenant: Tenant) -> None:
    tenant.refusals["GET custom_verdicts"] = (403, "forbidden")
    done = errand({"close": {"reason": "Resolved"}})
    assert (tenant.alert["status"]["name"], [text[:24] for text in done.told]) == (
        "Closed",
        ["The verdict was not set:"],
    )


def test_verdict_of_the_table_is_not_looked_up_for_an_alert_that_is_closed_already(tenant: Tenant) -> None:
    tenant.refusals["GET custom_verdicts"] = (403, "forbidden")
    tenant.alert["status"] = CLOSED
    assert errand({"close": {"reason": "Resolved"}}).told == []


def test_refusal_in_a_closing_that_is_tried_again_is_told_when_it_is_done(tenant: Tenant) -> None:
    tenant.refusals |= {"GET custom_verdicts": (403, "forbidden"), "PATCH alerts/ID/workflow": (503, "later")}
    waits = errand({"close": {"reason": "Resolved"}})
    assert (waits.told, "close" in waits.left, bool(waits.cause)) == ([], True, True)
    del tenant.refusals["PATCH alerts/ID/workflow"]
    assert len(errand(waits.left).told) == 1


def test_tenant_without_such_a_verdict_is_told_of_only_when_it_was_chosen(tenant: Tenant) -> None:
    assert errand({"close": {"reason": "Resolved"}}, close_reasons_out="Resolved=Closed/none such").told == []
    tenant.alert["status"] = ONGOING
    assert "none such" in errand({"close": {"reason": "Resolved", "verdict": "none such"}}).told[0]


@pytest.mark.parametrize(("label", "words"), [("Ongoing", "does not close"), ("Nowhere", "Nowhere")])
def test_status_of_the_table_that_does_not_close_becomes_closed(tenant: Tenant, label: str, words: str) -> None:
    done = errand({"close": {"reason": "Other"}}, close_reasons_out=f"Other={label}")
    assert (tenant.alert["status"]["name"], words in done.told[0]) == ("Closed", True)


def test_rejecting_rejects(tenant: Tenant) -> None:
    errand({"close": {"reason": "Other", "reject": True}})
    assert tenant.alert["status"]["name"] == "Rejected"


def turn(uuid: str, before: str, by: str = HUMAN, status: str = "Closed") -> dict[str, Any]:
    change = {"status": status, "previous_status": before}
    return {"uuid": uuid, "created_at": NOW, "created_by": by, "alert": change}


@pytest.mark.parametrize(
    ("before", "status"), [("Pending", "Pending"), ("Closed", "Ongoing"), ("", "Ongoing"), ("Unknown", "Ongoing")]
)
def test_reopened_alert_gets_the_status_it_had(tenant: Tenant, before: str, status: str) -> None:
    tenant.alert |= {"status": CLOSED, "history": [turn("22222222-", before)]}
    done = errand({"reopen": True, "local": "o"}, {"t": "22222222"})
    assert (tenant.alert["status"]["name"], done.given_again()) == (status, ["status"])


@pytest.mark.parametrize(("seen", "by", "reopens"), [("1", HUMAN, False), ("1", KEY, True), ("22222222", HUMAN, True)])
def test_alert_that_sekoia_closed_anew_is_not_reopened(tenant: Tenant, seen: str, by: str, reopens: bool) -> None:
    tenant.alert |= {"status": CLOSED, "history": [turn("22222222-", "Ongoing", by)]}
    errand({"reopen": True}, {"t": seen})
    assert (tenant.alert["status"]["name"] == "Ongoing") == reopens


def test_open_alert_needs_no_reopening(tenant: Tenant) -> None:
    assert (errand({"reopen": True}).left, tenant.sent) == ({}, [])


@pytest.mark.parametrize("name", ["Ticket", "ticket", FIELD])
def test_custom_field_goes_by_name_slug_or_uuid(tenant: Tenant, name: str) -> None:
    tenant.alert["custom_fields"] = [{"uuid": FIELD, "slug": "ticket", "name": "Ticket"}]
    errand({"custom": {f"custom_field.{name}": "INC-7"}})
    assert tenant.bodies("custom-fields") == [{"custom_fields": [{"uuid": FIELD, "value": "INC-7"}]}]


def test_custom_field_that_the_alert_does_not_show_is_looked_up_in_the_tenant(tenant: Tenant) -> None:
    tenant.fields = [{"uuid": FIELD, "slug": "ticket", "name": "Ticket"}]
    done = errand({"custom": {"custom_field.Ticket": "INC-7", "custom_field.Nothing": "x"}})
    assert tenant.bodies("custom-fields") == [{"custom_fields": [{"uuid": FIELD, "value": "INC-7"}]}]
    assert ("Nothing" in done.told[0], done.left) == (True, {})


def test_alert_that_is_gone_twice_ends_the_errand_quietly(tenant: Tenant) -> None:
    tenant.refusals["GET alerts/ID"] = (404, "no such alert")
    asked = {"fields": {"title": "T"}, "close": {"reason": "Other"}}
    once = errand(asked)
    assert (once.gone, once.left, once.told, once.cause) == (True, {**asked, "missed": True}, [], None)
    twice = errand(once.left)
    assert (twice.gone, twice.left, twice.told, twice.cause) == (True, {}, [], None)


def test_step_that_finds_something_missing_is_told_and_the_others_are_done(tenant: Tenant) -> None:
    """Not the alert is gone then, but what the step needed, as a status that was deleted a moment ago."""
    tenant.refusals["PATCH alerts/ID"] = (404, "no such verdict")
    done = errand({"fields": {"verdict": "Benign"}, "comments": [["c", "me"]], "close": {"reason": "Other"}})
    assert (done.gone, tenant.alert["status"]["name"], len(tenant.bodies("comments"))) == (False, "Closed", 1)
    assert ("no such verdict" in done.told[0], done.left) == (True, {})


def test_what_a_key_may_not_read_for_now_waits(tenant: Tenant) -> None:
    tenant.refusals["GET alerts/ID"] = (403, "forbidden")
    done = errand({"fields": {"title": "T"}})
    assert (done.left, done.told, bool(done.cause)) == ({"fields": {"title": "T"}}, [], True)


@pytest.mark.parametrize(
    ("switch", "wish"), [("close_out", {"close": {"reason": ""}}), ("reopen_out", {"reopen": True})]
)
def test_wish_does_not_outlive_the_switch_that_allowed_it(tenant: Tenant, switch: str, wish: dict[str, Any]) -> None:
    done = errand(wish, None, **{switch: False})
    assert (done.left, tenant.sent) == ({}, [])


@pytest.mark.parametrize("status", [400, 403])
def test_refused_field_does_not_hold_the_status_back(tenant: Tenant, status: int) -> None:
    tenant.refusals["PATCH alerts/ID"] = (status, "no")
    done = errand({"fields": {"title": "T", "status": "Closed"}})
    assert (tenant.alert["status"]["name"], len(done.told)) == ("Closed", 1)


@pytest.mark.parametrize(
    ("value", "present", "sent"),
    [
        ("run &lt;b> !\\[p](x) added", "run <b> ![p](x)", "run <b> ![p](x) added"),
        ("5 &lt; 6", "5 &lt; 6", "5 &lt; 6"),
        ("a !\\[b", "a", "a !\\[b"),
    ],
)
def test_details_go_out_without_what_made_them_safe(value: str, present: str, sent: str) -> None:
    assert mirror.undefused(value, present) == sent


@pytest.mark.parametrize("status", [401, 429, 503])
def test_what_failed_for_now_waits_and_what_is_done_is_not_done_again(tenant: Tenant, status: int) -> None:
    tenant.refusals["POST alerts/ID/comments"] = (status, "later")
    made = {"fields": {"title": "T"}, "comments": [["c", "me"]], "close": {"reason": "Other"}}
    done = errand(made)
    assert (sorted(done.left), bool(done.cause), tenant.alert["title"]) == (["close", "comments"], True, "T")
    assert tenant.alert["status"]["name"] == "Ongoing"
    tenant.refusals.clear()
    assert errand(done.left).left == {}
    assert (tenant.alert["status"]["name"], len(tenant.bodies("alerts/ID"))) == ("Closed", 1)


@pytest.mark.parametrize("urgency", [15, 16])
def test_edit_counts_as_done_after_a_doubtful_answer_if_the_alert_shows_all_of_it(tenant: Tenant, urgency: int) -> None:
    tenant.refusals["PATCH alerts/ID"] = (504, "too slow")
    tenant.alert |= {"title": "T", "urgency": {"current_value": urgency}}
    shown = mirror.has_all(tenant.alert, {"title": "T", "urgency": 15})
    done = errand({"fields": {"details": "D"}})
    assert (shown, bool(done.cause), "fields" in done.left) == (urgency == 15, True, True)
