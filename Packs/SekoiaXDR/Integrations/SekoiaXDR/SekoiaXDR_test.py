"""Unit tests of the Sekoia XDR integration, without its fetch: pytest and requests-mock; no network, no real clock.

Golden files share a stem: `<command>_response.json` is what Sekoia answers, `<command>_context.json` and
`<command>_hr.md` what the command makes of it. `GOLDEN=write` in the environment writes the expectations anew, for a
review of their diff. `cases.json` holds the tables of values of the tests that it names.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import demistomock as demisto
import pytest
import requests_mock
import SekoiaXDR
import SekoiaXDRApiModule
import SekoiaXDRFetchApiModule
import SekoiaXDRWarRoomApiModule

DATA = Path(__file__).parent / "test_data"
NOW = 1_772_362_800  # 2026-03-01T11:00:00Z
KEY = "not-a-real-key"
ALERT, SHORT = "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b", "ALx7Qp2mZk9T"
TRUE_POSITIVE = "4ba66b00-99c8-4a03-8bca-532f4261c188"
UNLISTED = "0e8400e2-9b6b-41d4-a716-446655440000"
HOSTILE = "a|b`c`<script>alert(1)</script>\u202eevil\ud800\x00\r\n![x](https://pixel.example/p) [t](javascript:x) \\|"
LEGACY = {status.name: status for status in SekoiaXDR.LEGACY_STATUSES}
Json = Any


# ---------------------------------------------------------------- the world around the code


class FakeTime:
    """The clock of the modules under test; sleeping moves it."""

    gmtime, strftime = staticmethod(time.gmtime), staticmethod(time.strftime)

    def __init__(self) -> None:
        self.now = float(NOW)

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - NOW

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(SekoiaXDR, "time", fake)
    monkeypatch.setattr(SekoiaXDRApiModule, "time", fake)
    monkeypatch.setattr(SekoiaXDRFetchApiModule, "time", fake)
    monkeypatch.setattr(SekoiaXDRWarRoomApiModule, "time", fake)
    return fake


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    for level in ("debug", "info", "error"):
        monkeypatch.setattr(demisto, level, lambda message, *_: lines.append(str(message)))
    monkeypatch.setattr(demisto, "integrationInstance", lambda: "Sekoia one")
    return lines


def data(name: str) -> Json:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def cases(group: str, names: Any) -> pytest.MarkDecorator:
    """The test runs once for each row of a table of cases.json."""
    return pytest.mark.parametrize(names, data("cases")[group])


class Tenant:
    """Sekoia's answers: a list of alerts with its date filter, fixed answers for the rest, and failures on demand."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.alerts: list[Json] = []
        self.calls: list[tuple[str, dict[str, str], Json]] = []
        self.fixed: dict[str, Json] = {
            "GET /v1/auth/validate": data("validate_key_response"),
            "GET /v1/sic/custom_statuses": data("custom_statuses_response"),
            "GET /v1/sic/custom_verdicts": data("custom_verdicts_response"),
            "GET /v1/sic/kill-chains": data("kill_chains_response"),
            "GET /v2/asset-management/assets": data("list_assets_response"),
        }
        self.failures: list[tuple[str, int, int, Json]] = []
        self.on_call: Callable[[str], Any] = lambda method: None
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, text=self.answer)

    def set_alert(self, **changes: Json) -> None:
        alert = {**data("get_alert_response"), **changes}
        for path in (f"/v1/sic/alerts/{ALERT}", f"/v1/sic/alerts/{SHORT}"):
            self.fixed |= {f"GET {path}": alert, f"PATCH {path}": alert}
            self.fixed[f"GET {path}/workflow"] = data("get_workflow_alert_response")
            self.fixed[f"PATCH {path}/workflow"] = data("update_status_alert_response")
            self.fixed[f"GET {path}/comments"] = data("get_comments_response")
            self.fixed[f"POST {path}/comments"] = data("post_comment_alert_response")

    def fail(self, call: str, status: int, body: Json = None, after: int = 0) -> None:
        """From the call number `after` on, such calls get this answer."""
        self.failures.append((call, after, status, body or {"message": "refused", "code": "X1"}))

    def answer(self, request: Any, context: Any) -> str:
        parts = urlsplit(request.url)
        call, query = f"{request.method} {parts.path}", dict(parse_qsl(parts.query))
        self.calls.append((call, query, request.json() if request.body else None))
        self.on_call(request.method)
        for failing, after, status, body in self.failures:
            if failing == call and [made for made, _, _ in self.calls].count(call) > after:
                context.status_code = status
                return body if isinstance(body, str) else json.dumps(body)
        if call == "GET /v1/sic/alerts":
            return json.dumps(self.listed(query))
        if call not in self.fixed:
            context.status_code = 404
            return json.dumps({"message": f"Unknown object for {call}", "code": "X404"})
        fixed = self.fixed[call]
        return json.dumps(fixed(query) if callable(fixed) else fixed)

    def listed(self, query: dict[str, str]) -> Json:
        start, _, _ = query.get("date[created_at]", "").partition(",")
        since = SekoiaXDR.as_epoch(start) or 0
        times = [(SekoiaXDR.as_epoch(SekoiaXDR.as_dict(a).get("created_at")), a) for a in self.alerts]
        found = [(at, a) for at, a in times if at is None or at >= since]
        found.sort(key=lambda pair: pair[0] or since, reverse=query.get("direction") == "desc")
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 20))
        return {"items": [alert for _, alert in found][offset : offset + limit], "total": len(found)}


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with requests_mock.Mocker() as mocker:
        yield Tenant(mocker)


def instance(**changes: Json) -> dict[str, Any]:
    return {"url": "https://api.sekoia.io", "credentials": {"password": KEY}, "timezone": "Europe/Paris", **changes}


def run(command: str, **args: Json) -> Any:
    params = SekoiaXDR.Params.read(instance())
    return SekoiaXDR.COMMANDS[f"sekoia-xdr-{command}"](params.client(150), args, params)


def alert_at(created: Json, number: int = 0, **changes: Json) -> dict[str, Any]:
    own = {"uuid": f"00000000-0000-4000-8000-{number:012d}", "short_id": f"AL{number:010d}", "created_at": created}
    return {**data("list_alerts_response")["items"][1], **own, **changes}


def ids(incidents: list[dict[str, Any]]) -> list[int]:
    return [int(json.loads(incident["rawJSON"])["short_id"][2:]) for incident in incidents]


def golden(path: Path, made: Json) -> tuple[str, str]:
    """What was made and what is recorded of it, both as text."""
    text = (made if isinstance(made, str) else json.dumps(made, indent=2, ensure_ascii=False)) + "\n"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    return text, path.read_text(encoding="utf-8")


def golden_results(stem: str, results: Any) -> tuple[str, str]:
    """The same of a command: its context, and below it what people see."""
    context = golden(DATA / f"{stem}_context.json", results.to_context()["EntryContext"])
    shown = golden(DATA / f"{stem}_hr.md", results.readable_output)
    return context[0] + shown[0], context[1] + shown[1]


# ---------------------------------------------------------------- parameters


def test_params_have_defaults_for_all_that_is_absent() -> None:
    expected = SekoiaXDR.Params("https://api.sekoia.io", KEY, True, False, 5.0, "Closed by Sekoia", "Europe/Paris")
    assert SekoiaXDR.Params.read({"credentials": {"password": f" {KEY} "}}) == expected


def test_params_take_what_is_set() -> None:
    raw = instance(
        insecure=True, proxy="true", requests_per_second="0.5", close_notes=" Done: ok ", timezone="America/New_York"
    )
    params = SekoiaXDR.Params.read(raw)
    assert (params.verify, params.proxy, params.requests_per_second) == (False, True, 0.5)
    assert (params.close_notes, params.timezone) == (" Done: ok ", "America/New_York")


@cases("bad instance", ("change", "sentence"))
def test_params_name_the_setting_at_fault(change: Json, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SekoiaXDR.Params.read(instance(**change))


# ---------------------------------------------------------------- commands that read


def test_list_alerts_gives_the_recorded_entry(tenant: Tenant) -> None:
    tenant.alerts = data("list_alerts_response")["items"]
    made, recorded = golden_results("list_alerts", run("list-alerts"))
    assert made == recorded


def test_list_alerts_sends_every_filter(tenant: Tenant) -> None:
    run(
        "list-alerts",
        status="Pending,Acknowledge",
        created_at="2026-03-01T00:00:00Z,now",
        updated_at=",2026-03-01T10:00:00Z",
        urgency="60",
        sort_by="updated_at",
        direction="asc",
        limit="7",
        **{"Alerts type": "phishing,worm"},
    )
    _, query, _ = tenant.calls[0]
    assert query["match[status_name]"] == "Pending,Acknowledged"
    assert query["match[type_value]"] == "phishing,worm"
    assert query["date[created_at]"] == "2026-03-01T00:00:00Z,now"
    assert query["date[updated_at]"].endswith(",2026-03-01T10:00:00Z")
    assert (query["range[urgency]"], query["sort"], query["direction"]) == ("60,100", "updated_at", "asc")
    assert (query["limit"], query["offset"]) == ("7", "0")


@cases("listing", ("args", "found", "calls"))
def test_list_alerts_pages_as_far_as_asked(tenant: Tenant, args: Json, found: int, calls: int) -> None:
    tenant.alerts = [alert_at(NOW - number, number) for number in range(250)]
    results = run("list-alerts", **args)
    numbers = [int(alert["short_id"][2:]) for alert in results.outputs]
    first = 50 if "page" in args else 0
    assert (numbers, len(tenant.calls)) == (list(range(first, first + found)), calls)


def test_list_alerts_says_when_nothing_matches(tenant: Tenant) -> None:
    assert run("list-alerts").readable_output == "### Sekoia alerts (0)\nNo alert matches these filters."


@cases("bad list arguments", "args")
def test_list_alerts_checks_its_arguments_before_any_call(tenant: Tenant, args: Json) -> None:
    with pytest.raises(ValueError, match=f"^({'|'.join(args)}): "):
        run("list-alerts", **args)
    assert tenant.calls == []


def test_list_alerts_cannot_be_broken_out_of_its_table(tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW, 1, title=HOSTILE, source="C:\\|x", entity={"name": "a\nb"}, rule={"name": "`r`"})]
    row = run("list-alerts").readable_output.splitlines()[-1]
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 10
    assert not re.search("<script|`|\u202e|\ud800|!\\[x\\]\\(", row)


def test_list_alerts_skips_what_is_no_object(tenant: Tenant) -> None:
    tenant.alerts = ["odd", alert_at(NOW, 1), None, [alert_at(NOW, 2)]]
    results = run("list-alerts")
    assert [alert["short_id"] for alert in results.outputs] == ["AL0000000001"]
    assert results.readable_output.startswith("### Sekoia alerts (1)\n")


@cases("page", ("short_id", "page"))
def test_the_link_of_an_alert_stays_below_its_address(short_id: Json, page: str) -> None:
    assert SekoiaXDR.page_of({"short_id": short_id}, "https://app.sekoia.io") == page


def test_get_alert_shows_details_without_html_and_pictures(tenant: Tenant) -> None:
    tenant.set_alert(details=HOSTILE)
    assert not re.search(r"<script|</script|!\[", run("get-alert", id=SHORT).readable_output)


def test_an_alert_without_readable_fields_is_still_listed(tenant: Tenant) -> None:
    tenant.alerts = [{"uuid": ALERT, "created_at": 253402300799, "urgency": None, "status": None, "short_id": None}]
    assert run("list-alerts").outputs[0]["link"] == ""


@pytest.mark.parametrize("command", ["get-alert", "get-comments", "get-workflow-alert"])
def test_a_reading_command_gives_the_recorded_entry(tenant: Tenant, command: str) -> None:
    tenant.set_alert()
    made, recorded = golden_results(command.replace("-", "_"), run(command, id=SHORT))
    assert made == recorded


@cases("bad id", "bad")
@pytest.mark.parametrize(
    "command",
    ["get-alert", "get-comments", "get-workflow-alert", "close-alert", "update-status-alert", "post-comment-alert"],
)
def test_every_command_refuses_a_bad_alert_id_before_any_call(tenant: Tenant, command: str, bad: Json) -> None:
    with pytest.raises(ValueError, match="id"):
        run(command, id=bad, status="Closed", comment="x")
    assert tenant.calls == []


def test_an_unknown_alert_is_said_to_be_unknown(tenant: Tenant) -> None:
    with pytest.raises(SekoiaXDR.SekoiaNotFound):
        run("get-alert", id=SHORT)


def test_get_comments_reads_all_pages(tenant: Tenant) -> None:
    tenant.set_alert()
    comment = data("get_comments_response")["items"][0]
    everything = [{**comment, "uuid": f"c{number}"} for number in range(130)]
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}/comments"] = lambda query: {
        "items": everything[int(query["offset"]) :][: int(query["limit"])]
    }
    assert [item["uuid"] for item in run("get-comments", id=SHORT).outputs] == [f"c{number}" for number in range(130)]


def test_get_comments_gives_the_documented_and_the_written_paths(tenant: Tenant) -> None:
    tenant.set_alert()
    outputs = run("get-comments", id=SHORT).outputs
    assert (outputs[0]["total"], len(outputs[0]["items"]), outputs[1]["user"]) == (2, 2, "Night desk")


def test_get_comments_of_an_alert_without_any(tenant: Tenant) -> None:
    tenant.set_alert()
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}/comments"] = {"items": [], "total": 0}
    results = run("get-comments", id=SHORT)
    assert results.outputs == []
    assert "The alert has no comment." in results.readable_output


@cases("author", ("author", "shown"))
def test_authors_of_comments_are_shown_in_words(author: str, shown: str) -> None:
    assert SekoiaXDR.author_label(author, "k1") == shown


@cases("odd comment", "odd")
def test_an_odd_comment_stops_nothing(tenant: Tenant, odd: Json) -> None:
    tenant.set_alert()
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}/comments"] = {"items": [None, odd, "x"]}
    assert run("get-comments", id=SHORT).outputs[0]["user"] == "unknown"


@pytest.mark.parametrize("actions", [[], [{"name": "No id"}], ["x", {"name": "Odd"}]])
def test_get_workflow_alert_reads_empty_and_odd_answers(tenant: Tenant, actions: Json) -> None:
    tenant.set_alert()
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}/workflow"] = {"actions": actions}
    results = run("get-workflow-alert", id=SHORT)
    assert len(results.outputs) == 1
    assert ("The alert allows no move." in results.readable_output) is (not actions)


# ---------------------------------------------------------------- commands that change


def in_status(tenant: Tenant, name: str | None) -> None:
    """The sample alert without verdict: in a built-in status of a tenant without own ones, or (None) as it is."""
    if name is None:
        tenant.set_alert(verdict_uuid=None)
    else:
        tenant.fixed["GET /v1/sic/custom_statuses"] = {"items": []}
        status = {"uuid": LEGACY[name].uuid, "name": name}
        tenant.set_alert(status=status, custom_status=None, custom_status_uuid=None, verdict_uuid=None)


def sent(tenant: Tenant) -> list[Json]:
    return [(call, body) for call, _, body in tenant.calls if not call.startswith("GET ")]


CHANGES = [
    ("update-status-alert", {"status": "close", "comment": "Seen."}),
    ("close-alert", {"verdict": "True Positive", "comment": "Confirmed."}),
    ("post-comment-alert", {"comment": "Taken by the night team.", "author": "Night desk"}),
]


@pytest.mark.parametrize(("command", "args"), CHANGES)
def test_a_changing_command_gives_the_recorded_entry(tenant: Tenant, command: str, args: Json) -> None:
    in_status(tenant, None)
    made, recorded = golden_results(command.replace("-", "_"), run(command, id=SHORT, **args))
    assert made == recorded


@cases("write", ("before", "command", "args", "call", "body"))
def test_a_change_is_one_call(
    tenant: Tenant, before: str | None, command: str, args: Json, call: str, body: Json
) -> None:
    in_status(tenant, before)
    run(command, id=SHORT, **args)
    assert sent(tenant) == [(call, body)]


@cases("dry run", ("command", "args", "call"))
def test_a_dry_run_shows_the_call_and_sends_nothing(tenant: Tenant, command: str, args: Json, call: str) -> None:
    in_status(tenant, None)
    shown = run(command, id=SHORT, dry_run="true", **args).readable_output
    assert (shown.startswith("### Dry run: nothing was sent\n"), call in shown, sent(tenant)) == (True, True, [])


@cases("nothing to do", ("before", "command", "args", "label"))
def test_what_is_done_already_succeeds_and_says_so(
    tenant: Tenant, before: str | None, command: str, args: Json, label: str
) -> None:
    in_status(tenant, before)
    results = run(command, id=SHORT, **args)
    assert (sent(tenant), results.outputs["changed"], results.outputs["status"]) == ([], False, label)
    assert re.search(f"already.*{label}.*: nothing was changed", results.readable_output)


@cases("refused write", ("before", "command", "args", "failure", "sentence"))
def test_a_refusal_says_what_can_be_done(
    tenant: Tenant, before: str | None, command: str, args: Json, failure: Json, sentence: str
) -> None:
    in_status(tenant, before)
    if failure:
        tenant.fail(*failure)
    with pytest.raises(ValueError, match=sentence):
        run(command, id=SHORT, **args)
    assert len(sent(tenant)) == (1 if failure else 0)


def test_a_refused_move_says_when_no_move_is_allowed(tenant: Tenant) -> None:
    in_status(tenant, "Closed")
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}/workflow"] = {"actions": ["x"]}
    tenant.fail(f"PATCH /v1/sic/alerts/{SHORT}/workflow", 409)
    with pytest.raises(ValueError, match="The alert allows no move now"):
        run("update-status-alert", id=SHORT, status="Pending")


def test_a_conflict_on_an_alert_that_is_there_by_now_is_a_success(tenant: Tenant) -> None:
    in_status(tenant, "Pending")
    tenant.fail(f"PATCH /v1/sic/alerts/{SHORT}/workflow", 409)
    tenant.on_call = lambda method: in_status(tenant, "Acknowledged") if method == "PATCH" else None
    assert run("update-status-alert", id=SHORT, status="Acknowledged").outputs["changed"] is True


def test_a_missing_permission_is_named(tenant: Tenant) -> None:
    in_status(tenant, None)
    tenant.fail(f"PATCH /v1/sic/alerts/{SHORT}/workflow", 403)
    with pytest.raises(SekoiaXDR.SekoiaPermissionError, match="Update alert status"):
        run("update-status-alert", id=SHORT, status="Closed")


def test_a_status_of_the_tenant_is_sent_by_its_uuid(tenant: Tenant) -> None:
    in_status(tenant, None)
    tenant.fixed["GET /v1/sic/custom_statuses"]["items"].append({"uuid": UNLISTED, "label": "Triage", "stage": "open"})
    run("update-status-alert", id=ALERT, status="TRIAGE")
    assert sent(tenant)[0][1] == {"action_uuid": UNLISTED}


def test_a_tenants_status_counts_by_its_label_when_the_key_may_not_look_it_up(tenant: Tenant) -> None:
    in_status(tenant, None)
    tenant.fail("GET /v1/sic/custom_statuses", 403)
    assert run("update-status-alert", id=SHORT, status="Acknowledge").outputs["changed"] is False


def test_closing_a_closed_alert_with_its_own_verdict_changes_nothing(tenant: Tenant) -> None:
    in_status(tenant, "Closed")
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}"]["verdict_uuid"] = TRUE_POSITIVE
    assert run("close-alert", id=SHORT, verdict="true_positive").outputs["changed"] is False
    assert sent(tenant) == []


def test_an_ambiguous_verdict_lists_the_choices(tenant: Tenant) -> None:
    in_status(tenant, None)
    verdict = {**data("custom_verdicts_response")["items"][0], "uuid": UNLISTED, "label": "True positive - test"}
    tenant.fixed["GET /v1/sic/custom_verdicts"]["items"].append(verdict)
    with pytest.raises(ValueError, match=rf"fits several verdicts.*{TRUE_POSITIVE}.*test .{UNLISTED}"):
        run("close-alert", id=SHORT, verdict="true_positive")


def test_a_tenant_without_verdicts_says_so(tenant: Tenant) -> None:
    in_status(tenant, None)
    tenant.fixed["GET /v1/sic/custom_verdicts"] = {"items": []}
    with pytest.raises(ValueError, match="none is defined"):
        run("close-alert", id=SHORT, verdict="true_positive")


def test_a_doubtful_close_is_not_taken_for_done_because_of_an_old_verdict(tenant: Tenant) -> None:
    tenant.set_alert(verdict_uuid=TRUE_POSITIVE)  # open, and the verdict is there already
    tenant.fail(f"PATCH /v1/sic/alerts/{SHORT}", 502)
    with pytest.raises(SekoiaXDR.SekoiaError):
        run("close-alert", id=SHORT, verdict="true_positive")


def test_a_comment_whose_answer_was_lost_is_not_posted_twice(tenant: Tenant) -> None:
    in_status(tenant, None)
    written = {**data("post_comment_alert_response"), "content": "once", "author": "Night desk", "date": NOW}
    tenant.fixed[f"GET /v1/sic/alerts/{SHORT}/comments"] = {"items": [written]}
    tenant.fail(f"POST /v1/sic/alerts/{SHORT}/comments", 504)
    assert run("post-comment-alert", id=SHORT, comment="once", author="Night desk").outputs["content"] == "once"
    assert len(sent(tenant)) == 1


# ---------------------------------------------------------------- main


Start = Callable[..., list[tuple[str, Json]]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> Start:
    """Runs main as the platform does; gives what main hands back, in order."""
    events: list[tuple[str, Json]] = []
    outlets = [
        (demisto, "setLastRun"),
        (demisto, "incidents"),
        (SekoiaXDR, "return_results"),
        (SekoiaXDR, "return_error"),
    ]

    def run_main(command: str, params: Json = None, args: Json = None, last_run: Json = None) -> list[tuple[str, Json]]:
        given = {"params": instance() if params is None else params, "args": args or {}, "getLastRun": last_run or {}}
        for name, value in {"command": command, **given}.items():
            monkeypatch.setattr(demisto, name, lambda value=value: value)
        for holder, name in outlets:
            monkeypatch.setattr(holder, name, lambda value, name=name, **_: events.append((name, value)))
        monkeypatch.setattr(SekoiaXDR, "get_integration_context", lambda: None)
        SekoiaXDR.main()
        return events

    return run_main


def test_main_hands_over_last_run_and_incidents_in_that_order(start: Start, tenant: Tenant) -> None:
    tenant.alerts = [alert_at(NOW - 60, 1)]
    events = start("fetch-incidents")
    assert [kind for kind, _ in events] == ["setLastRun", "incidents"]
    assert (events[0][1]["watermark"], ids(events[1][1])) == (NOW - 60, [1])


def test_main_stores_nothing_when_fetch_fails(start: Start, tenant: Tenant) -> None:
    tenant.fail("GET /v1/sic/alerts", 503)
    events = start("fetch-incidents", last_run={"watermark": NOW - 60, "floor": 0})
    assert [kind for kind, _ in events] == ["return_error"]


def test_main_answers_the_test_button(start: Start) -> None:
    assert start("test-module") == [("return_results", "ok")]


def test_main_gives_the_test_buttons_sentence_without_a_heading(start: Start) -> None:
    [(kind, text)] = start("test-module", instance(max_fetch="201"))
    assert (kind, text.startswith("Maximum incidents per interval: 201")) == ("return_error", True)


def test_main_runs_a_command(start: Start, tenant: Tenant) -> None:
    tenant.set_alert()
    [(kind, results)] = start("sekoia-xdr-get-alert", args={"id": SHORT})
    assert (kind, results.outputs["uuid"]) == ("return_results", ALERT)


@pytest.mark.parametrize("command", ["sekoia-xdr-nothing", "", "get-remote"])
def test_main_names_a_command_that_does_not_exist(start: Start, command: str) -> None:
    [(kind, text)] = start(command)
    assert (kind, f"The command {command} does not exist" in text) == ("return_error", True)


@pytest.mark.parametrize("params", [{}, {"credentials": None}, instance(first_fetch="soon"), instance(url="x")])
def test_main_reports_unusable_parameters(start: Start, params: Json) -> None:
    [(kind, text)] = start("fetch-incidents", params)
    assert (kind, text.startswith("Failed to execute fetch-incidents.\n")) == ("return_error", True)


@pytest.mark.parametrize("key", ["secret-key-1234", "secret\nkey-1234", "sécret-key-1234", "secret key-1234"])
@pytest.mark.parametrize("command", ["fetch-incidents", "test-module", "sekoia-xdr-list-alerts"])
def test_no_error_log_or_result_holds_the_key(
    start: Start, tenant: Tenant, logs: list[str], command: str, key: str
) -> None:
    tenant.fail("GET /v1/auth/validate", 401, {"message": f"The token {key} is invalid", "code": "T300"})
    tenant.fail("GET /v1/sic/alerts", 400, f"bad header Bearer {key}")
    [(kind, text)] = start(command, instance(credentials={"password": key}))
    assert kind == "return_error"
    assert "key-1234" not in text + "".join(logs)


def test_the_command_table_and_the_yml_name_the_same_commands() -> None:
    text = (Path(__file__).parent / "SekoiaXDR.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"^  - name: ([a-z-]+)$", text, re.MULTILINE)) == set(SekoiaXDR.COMMANDS)
