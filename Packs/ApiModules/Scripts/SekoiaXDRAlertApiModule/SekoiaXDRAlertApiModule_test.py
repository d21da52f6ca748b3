"""What the alert module promises, fact by fact: pure functions over JSON; pytest alone, no clock, no network.

`incident_view.json` is what the module makes of `get_alert_response.json`; `GOLDEN=write` in the environment writes it
anew, for a review of its diff. `cases.json` holds the tables of values of the tests that it names.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import SekoiaXDRAlertApiModule as alerts

DATA = Path(__file__).parent / "test_data"
ALERT, SHORT = "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b", "ALx7Qp2mZk9T"
NOW = 1_772_362_800  # 2026-03-01T11:00:00Z
THRESHOLDS = (20, 40, 80)
LINK = f"https://app.sekoia.io/operations/alerts/{SHORT}"
HOSTILE = "a|b`c`<script>alert(1)</script>\u202eevil\ud800\x00\r\n![x](https://pixel.example/p) [t](javascript:x) \\|"
LEGACY = {status.name: status for status in alerts.LEGACY_STATUSES}
Json = Any


def data(name: str) -> Json:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def cases(group: str, names: Any) -> pytest.MarkDecorator:
    """The test runs once for each row of a table of cases.json."""
    return pytest.mark.parametrize(names, data("cases")[group])


def golden(name: str, made: Json) -> tuple[str, str]:
    """What was made and what is recorded of it, both as text."""
    text = (made if isinstance(made, str) else json.dumps(made, indent=2, ensure_ascii=False)) + "\n"
    if os.environ.get("GOLDEN") == "write":
        (DATA / name).write_text(text, encoding="utf-8")
    return text, (DATA / name).read_text(encoding="utf-8")


def view_of(**changes: Json) -> dict[str, Any]:
    return alerts.incident_view({**data("get_alert_response"), **changes}, LINK, THRESHOLDS)


def incident_from(**changes: Json) -> dict[str, Any]:
    alert = {**data("get_alert_response"), **changes}
    raw = alerts.alert_raw(alert, "Sekoia one", alerts.incident_view(alert, LINK, THRESHOLDS), [])
    return alerts.incident_of(raw, NOW)


# ---------------------------------------------------------------- readers


@cases("epoch", ("value", "expected"))
def test_as_epoch_reads_numbers_and_iso_texts_and_nothing_else(value: Json, expected: int | None) -> None:
    assert alerts.as_epoch(value) == expected


@cases("iso", ("value", "expected"))
def test_iso_time_is_utc_or_empty(value: float | None, expected: str) -> None:
    assert alerts.iso_time(value) == expected


@pytest.mark.parametrize("value", [None, "x", 7, True, [1], float("nan")])
def test_what_is_no_object_reads_as_an_empty_one(value: Json) -> None:
    assert alerts.as_dict(value) == {}


@pytest.mark.parametrize("value", [None, "x", 7, True, {"a": 1}])
def test_what_is_no_list_reads_as_an_empty_one(value: Json) -> None:
    assert alerts.as_list(value) == []


@cases("text", ("value", "limit", "expected"))
def test_as_text_is_text_without_control_characters_within_its_limit(value: Json, limit: int, expected: str) -> None:
    assert alerts.as_text(value, limit) == expected


@cases("int", ("value", "expected"))
def test_as_int_reads_whole_numbers_and_nothing_else(value: Json, expected: int | None) -> None:
    assert alerts.as_int(value) == expected


# ---------------------------------------------------------------- severity and status


@cases("severity", ("urgency", "expected"))
def test_severity_comes_from_the_number_then_the_word_then_is_unknown(urgency: Json, expected: int) -> None:
    assert alerts.severity_of({"urgency": urgency}, THRESHOLDS) == expected


def test_severity_thresholds_can_be_moved() -> None:
    found = [alerts.severity_of({"urgency": {"current_value": n}}, (1, 50, 75)) for n in (0, 1, 49, 50, 75)]
    assert found == [1, 2, 2, 3, 4]


@cases("stage", ("alert", "stage"))
def test_stage_is_decided_by_custom_status_then_uuid_then_name(alert: Json, stage: str) -> None:
    assert alerts.status_of(alert).stage == stage


@cases("label", ("alert", "label"))
def test_the_label_of_a_status_is_the_tenants_then_the_built_in_name(alert: Json, label: str) -> None:
    assert alerts.status_of(alert).label == label


TENANT = [
    {"uuid": "4b0cd6f2-6a4f-4b38-9d0f-0d5a5a0f7f01", "label": "Acknowledged", "stage": "in_progress"},
    {"uuid": "4b0cd6f2-6a4f-4b38-9d0f-0d5a5a0f7f02", "label": "Triage", "stage": "open"},
    {"uuid": "4b0cd6f2-6a4f-4b38-9d0f-0d5a5a0f7f03", "label": "triage", "stage": "open"},
]
ACKNOWLEDGED, TRIAGE, TRIAGE_TOO = (str(status["uuid"]) for status in TENANT)


@pytest.mark.parametrize(
    "word", ["Closed", " CLOSE ", LEGACY["Closed"].uuid, str(LEGACY["Closed"].action_uuid).upper()]
)
def test_a_built_in_status_goes_by_name_action_and_both_identifiers(word: str) -> None:
    assert alerts.legacy_status(word) == LEGACY["Closed"]


@pytest.mark.parametrize("word", ["", "Triage", TRIAGE])
def test_what_names_no_built_in_status_is_none(word: str) -> None:
    assert alerts.legacy_status(word) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("acknowledge", [ACKNOWLEDGED]),
        (LEGACY["Acknowledged"].uuid, [ACKNOWLEDGED]),
        (" TRIAGE ", [TRIAGE, TRIAGE_TOO]),
        (TRIAGE.upper(), [TRIAGE]),
        (TRIAGE[:-1] + "9", [TRIAGE[:-1] + "9"]),
    ],
)
def test_a_name_finds_all_the_tenants_statuses_that_go_by_it(wanted: str, found: list[str]) -> None:
    assert alerts.tenant_uuids(TENANT, wanted) == found


def test_a_built_in_status_that_the_tenant_does_not_have_cannot_be_filtered_by() -> None:
    with pytest.raises(ValueError, match=r"'Close' is not among the statuses .* at once"):
        alerts.tenant_uuids(TENANT, "Close")


def test_an_unknown_status_lists_each_known_one_once() -> None:
    with pytest.raises(ValueError, match=r"^status: 'Nope' is no status of this tenant\. Known ones: .*triage\.$"):
        alerts.tenant_uuids(TENANT, "Nope")


def test_an_unknown_status_lists_the_built_in_ones_when_the_tenants_are_unread() -> None:
    text = str(alerts.unknown_status("Nope", []))
    assert "Pending, Acknowledged, Ongoing, Rejected, Closed. The tenant's own could not be read" in text


CLOSE = alerts.StatusTarget("Closed", "", LEGACY["Closed"], "closed")
OWN = alerts.StatusTarget("Triage", TRIAGE, None, "open")


@pytest.mark.parametrize(
    ("target", "alert", "reached"),
    [
        (OWN, {"custom_status_uuid": TRIAGE}, True),
        (OWN, {"custom_status_uuid": TRIAGE_TOO, "custom_status": {"label": "Triage"}}, False),
        (OWN, {"status": {"uuid": LEGACY["Closed"].uuid}}, False),
        (CLOSE, {"status": {"uuid": LEGACY["Closed"].uuid}}, True),
        (CLOSE, {"status": {"uuid": LEGACY["Rejected"].uuid}}, False),
        (CLOSE, {"custom_status_uuid": TRIAGE, "custom_status": {"label": "closed"}}, True),
        (
            CLOSE,
            {
                "custom_status_uuid": TRIAGE,
                "custom_status": {"label": "Triage"},
                "status": {"uuid": LEGACY["Closed"].uuid},
            },
            False,
        ),
        (CLOSE, {}, False),
        (alerts.StatusTarget("Closed", TRIAGE, LEGACY["Closed"]), {"status": {"uuid": LEGACY["Closed"].uuid}}, True),
    ],
)
def test_a_status_is_reached_by_uuid_then_label_then_built_in_status(
    target: alerts.StatusTarget, alert: Json, reached: bool
) -> None:
    assert target.reached(alert) is reached


@pytest.mark.parametrize(
    ("target", "offered", "action"),
    [
        (CLOSE, [{"id": "a1", "name": "Reject"}, {"id": "a2", "name": "CLOSE"}], "a2"),
        (CLOSE, [{"id": "a1", "name": "Reject"}, {"id": LEGACY["Closed"].action_uuid}], LEGACY["Closed"].action_uuid),
        (CLOSE, [{"name": "Close"}], LEGACY["Closed"].uuid),
        (OWN, [{"id": "a3", "name": "triage"}], "a3"),
        (OWN, [], TRIAGE),
        (alerts.StatusTarget("Nameless"), [], ""),
    ],
)
def test_the_action_sent_is_the_one_offered_for_the_status_else_its_own(
    target: alerts.StatusTarget, offered: Json, action: str
) -> None:
    assert target.action(offered) == action


# ---------------------------------------------------------------- an alert as an incident


def test_the_sample_alert_becomes_the_recorded_view() -> None:
    made, recorded = golden("incident_view.json", view_of())
    assert made == recorded


@cases("odd alert", ("change", "expected"))
def test_incident_view_reads_odd_alerts(change: Json, expected: Json) -> None:
    view = view_of(**change)
    assert {key: view[key] for key in expected} == expected


def test_incident_view_says_when_lists_were_cut() -> None:
    view = view_of(ttps=[{"name": f"n{i}"} for i in range(301)])
    assert (len(view["ttps"]), view["notes"]) == (300, ["ttps: the first 300 of 301 are shown."])


def test_incident_view_drops_what_hides_in_texts() -> None:
    view = view_of(details=HOSTILE, source=HOSTILE)
    assert not re.search("[\u202e\ud800\x00\r]|<script|</script", view["details"] + view["source"].replace("<", ""))


@cases("title", ("title", "name"))
def test_incident_name_is_one_readable_line_within_the_limit(title: Json, name: str) -> None:
    assert incident_from(title=title)["name"] == name


@pytest.mark.parametrize(("length", "name"), [(600, "x" * 600), (601, "x" * 599 + "…"), (2_000_000, "x" * 599 + "…")])
def test_a_long_title_is_cut_and_still_names_the_incident(length: int, name: str) -> None:
    assert incident_from(title="x" * length)["name"] == name


@cases("occurred", ("change", "occurred"))
def test_incident_occurred_is_created_at_or_the_next_best(change: Json, occurred: str) -> None:
    assert incident_from(**change)["occurred"] == occurred


def test_incident_keeps_the_alert_as_the_api_gave_it() -> None:
    raw = json.loads(incident_from(extra={"x": [1]})["rawJSON"])
    own = {"mirror_instance", "mirror_direction", "mirror_id", "mirror_tags", "mirrorOut", "mirror_base", "xsoar"}
    assert {key: value for key, value in raw.items() if key not in own} == data("get_alert_response") | {
        "extra": {"x": [1]}
    }
    assert (raw["mirror_instance"], raw["mirror_id"]) == ("Sekoia one", SHORT)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": "é" * 2_000_000},
        {"stix": {"objects": ["x" * 100] * 20_000}},
        {"ttps": [dict.fromkeys(("id", "type", "name", "description"), "é" * 5000)] * 400},
        {"details": "d" * 900_000, "title": "t" * 900_000},
    ],
    ids=["extra", "stix", "ttps", "texts"],
)
def test_incident_is_capped_in_bytes_and_says_what_was_cut(change: Json) -> None:
    incident = incident_from(**change)
    raw = json.loads(incident["rawJSON"])
    assert len(incident["rawJSON"].encode()) <= alerts.RAW_LIMIT_BYTES
    notes = " ".join(raw["xsoar"]["notes"])
    assert any(f"{key} (" in notes for key in change)
    assert raw["uuid"] == ALERT


def test_many_small_values_are_cut_too_and_one_note_says_so() -> None:
    incident = incident_from(**{f"extra_{number}": "x" * 6000 for number in range(300)})
    raw = json.loads(incident["rawJSON"])
    assert len(incident["rawJSON"].encode()) <= alerts.RAW_LIMIT_BYTES
    assert [note for note in raw["xsoar"]["notes"] if " more." in note]


def test_details_that_are_cut_say_so() -> None:
    view = alerts.incident_view({"details": "x" * 60_000}, "", (20, 40, 80))
    assert view["notes"] == ["details: the first 50000 of 60000 characters are shown."]


def test_a_text_that_is_cut_keeps_its_beginning() -> None:
    assert json.loads(incident_from(extra="é" * 2_000_000)["rawJSON"])["extra"] == "é" * 1000 + "…"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_the_platforms_parser_refuses_is_refused_here(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        alerts.json_text({"x": [value]})


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert alerts.json_text({"x": "a\ud800é"}) == '{"x": "a?é"}'


@cases("asset", ("asset", "expected"))
def test_an_asset_is_a_row_with_what_is_known_of_it(asset: Json, expected: Json) -> None:
    [row] = alerts.asset_rows([asset])
    assert list(row) == ["uuid", "name", "type", "category", "criticality", "description"]
    assert {key: value for key, value in row.items() if value not in ("", None)} == expected


# ---------------------------------------------------------------- presentation


@cases("markdown", ("text", "shown"))
def test_safe_markdown_defuses_html_and_pictures_and_leaves_the_rest(text: str, shown: str) -> None:
    assert alerts.safe_markdown(text) == shown


@cases("cell", ("value", "shown"))
def test_a_cell_is_one_line_without_markup(value: Json, shown: str) -> None:
    assert alerts.cell(value) == shown


def test_a_cell_is_cut_at_its_limit() -> None:
    assert alerts.cell("x" * 600) == "x" * 499 + "…"


def test_a_hostile_text_cannot_leave_its_cell() -> None:
    shown = alerts.cell(HOSTILE)
    assert not re.search("[`\n\r\x00\u202e\ud800]|<script|!\\[|\\]\\(", shown)
    assert all(len(run) % 2 for run in re.findall(r"(\\*)\|", shown))


@cases("local time", ("value", "zone", "shown"))
def test_local_time_shows_the_analysts_clock_or_nothing(value: Json, zone: str, shown: str) -> None:
    assert alerts.local_time(value, zone) == shown


def test_a_table_takes_its_columns_from_the_first_row() -> None:
    shown = alerts.markdown_table("Two", [{"A": "1", "B": "2"}, {"B": "3", "C": "4"}], "none")
    assert shown == "### Two\n|A|B|\n| --- | --- |\n| 1 | 2 |\n|  | 3 |"


def test_a_table_without_rows_is_one_sentence() -> None:
    assert alerts.markdown_table("None", [], "Nothing here.") == "### None\nNothing here."


def test_the_first_entry_of_a_list_carries_the_documented_envelope_and_wins_over_it() -> None:
    made = alerts.with_envelope([{"uuid": "a"}, {"uuid": "b"}], {"total": 2, "uuid": "envelope"})
    assert made == [{"total": 2, "uuid": "a"}, {"uuid": "b"}]


def test_an_empty_list_has_no_envelope_that_could_pile_up() -> None:
    assert alerts.with_envelope([], {"total": 0}) == []
