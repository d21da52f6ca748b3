"""What the page's scripts share: the subject of an incident, asking its instance, and saying what failed."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRPageApiModule as page
from hypothesis import given
from hypothesis import strategies as st


def answer(monkeypatch: pytest.MonkeyPatch, value: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every command answers with this, or raises it; the calls."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def execute(command: str, args: dict[str, Any]) -> Any:
        calls.append((command, args))
        if isinstance(value, Exception):
            raise value
        return value

    monkeypatch.setattr(demisto, "executeCommand", execute)
    return calls


@pytest.mark.parametrize(
    ("incident", "alert", "instance"),
    [
        ({"dbotMirrorId": "AL1", "dbotMirrorInstance": "a", "sourceInstance": "b"}, "AL1", "a"),
        ({"CustomFields": {"alertid": "AL2"}, "sourceInstance": "b"}, "AL2", "b"),
        ({"CustomFields": {"sekoiaxdralertuuid": "u"}}, "u", ""),
        ({"CustomFields": None}, "", ""),
        ({}, "", ""),
    ],
)
def test_subject_is_found_wherever_the_platform_keeps_it(incident: dict[str, Any], alert: str, instance: str) -> None:
    subject = page.subject_of(incident)
    assert (subject.alert, subject.instance) == (alert, instance)


def test_alert_that_is_given_comes_before_the_incidents_own() -> None:
    assert page.subject_of({"dbotMirrorId": "AL1"}, " AL9 ").alert == "AL9"


def test_command_runs_on_the_instance_of_the_incident_without_empty_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, [{"Type": 1, "Contents": {"a": 1}}])
    subject = page.Subject("AL1", "main", {})
    assert page.ask(subject, "cmd", id="AL1", comment="", more=None) == {"a": 1}
    assert calls == [("cmd", {"id": "AL1", "using": "main"})]


def test_unknown_instance_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, [{"Type": 1, "Contents": {}}])
    page.ask(page.Subject("AL1", "", {}), "cmd")
    assert calls == [("cmd", {})]


@pytest.mark.parametrize(
    "trouble",
    [ValueError("no such command"), [{"Type": 4, "ContentsFormat": "text", "Contents": "no such command"}]],
)
def test_failure_of_either_kind_is_one_reason(monkeypatch: pytest.MonkeyPatch, trouble: Any) -> None:
    answer(monkeypatch, trouble)
    with pytest.raises(page.Unanswered, match=r"^no such command$"):
        page.ask(page.Subject("AL1", "main", {}), "cmd")


@pytest.mark.parametrize(
    ("contents", "rows"),
    [
        ([{"a": 1}, "odd"], [{"a": 1}]),
        ({"items": [{"a": 1}], "total": 1}, [{"a": 1}]),
        ({"a": 1}, [{"a": 1}]),
        ({}, []),
        ("text", []),
        (None, []),
    ],
)
def test_rows_are_found_in_every_shape(monkeypatch: pytest.MonkeyPatch, contents: Any, rows: list[Any]) -> None:
    answer(monkeypatch, [{"Type": 1, "Contents": contents}])
    assert page.ask_list(page.Subject("AL1", "main", {}), "cmd") == rows


def test_words_and_waiting_are_read_from_entries() -> None:
    """A script finds in the metadata what a command asked for; the keys of a war room entry are empty there."""
    later = {"pollingCommand": "sekoia-xdr-run-query", "pollingArgs": {"query_run_uuid": "q"}}
    plain: list[dict[str, Any]] = [
        {"HumanReadable": "one", "PollingCommand": "", "Metadata": None},
        {"HumanReadable": None, "Metadata": {"pollingCommand": "SekoiaXDRRunHunt"}},
    ]
    assert page.words_of(plain) == "one"
    assert page.waits([*plain, {"Metadata": later}]) == later
    assert page.waits(plain) == {}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (3700, "1 h 1 min"), (200_000, "2 d 7 h"), (-5, "0 s"), (None, ""), ("x", "")],
)
def test_duration_has_two_units_at_most(seconds: Any, words: str) -> None:
    assert page.span(seconds) == words


def test_table_leaves_out_columns_that_are_empty_everywhere() -> None:
    rows = [{"A": "1", "B": ""}, {"A": "2", "B": ""}]
    assert page.bare_table(rows, "none").splitlines()[0] == "|A|"
    assert page.bare_table([], "none") == "none"


def test_refresh_writes_only_what_is_known_and_never_the_severity(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, [{"Type": 1, "Contents": {"status": {"name": "Closed"}, "time_to_resolve": 90}}])
    page.refresh(page.Subject("AL1", "main", {}))
    command, written = calls[-1]
    assert command == "setIncident"
    assert (written["sekoiaxdralertstatus"], written["sekoiaxdrtimetoresolve"]) == ("Closed", 90)
    assert "severity" not in written
    assert None not in written.values()


@pytest.mark.parametrize(
    ("text", "value"), [('{"a": 1}', {"a": 1}), ("{", {}), ("", {}), (None, {}), ({"b": 2}, {"b": 2})]
)
def test_state_of_a_search_is_read_whatever_it_is(text: Any, value: dict[str, Any]) -> None:
    assert page.json_of(text) == value


@given(st.text(max_size=200))
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    shown = page.esc(text)
    assert not set(shown) & set("<>\"'\n")
