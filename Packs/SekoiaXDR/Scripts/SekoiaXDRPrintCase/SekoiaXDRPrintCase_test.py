"""Cases: whatever the answer lacks."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRPrintCase as script

INCIDENT = {
    "id": "7",
    "name": "Mailbox rule",
    "dbotMirrorId": "ALx7Qp2mZk9T",
    "dbotMirrorInstance": "main",
    "sourceInstance": "main",
    "CustomFields": {},
}
Calls = list[tuple[str, dict[str, Any]]]


def platform(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **known: Any) -> tuple[Calls, list[Any]]:
    """Commands answer from a table, an exception in it is raised; the calls, and what the script shows."""
    calls: Calls = []
    shown: list[Any] = []

    def execute(command: str, args: dict[str, Any]) -> Any:
        calls.append((command, dict(args)))
        answer = answers[command]
        if isinstance(answer, Exception):
            raise answer
        return [answer] if isinstance(answer, dict) and "Type" in answer else [{"Type": 1, "Contents": answer}]

    monkeypatch.setattr(demisto, "executeCommand", execute)
    monkeypatch.setattr(demisto, "incident", lambda: known.get("incident", INCIDENT))
    monkeypatch.setattr(demisto, "args", lambda: known.get("args", {}))
    monkeypatch.setattr(demisto, "results", shown.append)
    return calls, shown


def run(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **known: Any) -> tuple[Calls, str]:
    """The calls and the text of a run."""
    calls, shown = platform(monkeypatch, answers, **known)
    script.main()
    entry = shown[-1]
    return calls, str(entry.get("HumanReadable") or entry.get("Contents"))


def test_case_is_shown_with_its_own_status_and_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    case = {
        "short_id": "CAm4Rt6yHd0J",
        "title": "Logon campaign",
        "custom_status": {"label": "Acknowledged"},
        "custom_priority": {"label": "High"},
        "number_of_alerts": 3,
        "updated_at": "2026-03-01T10:20:00.000000+00:00",
    }
    calls, text = run(monkeypatch, {"sekoia-xdr-get-cases-alert": [case]})
    assert calls == [("sekoia-xdr-get-cases-alert", {"alert_id": "ALx7Qp2mZk9T", "using": "main"})]
    assert "| CAm4Rt6yHd0J | Logon campaign | Acknowledged | High | 3 | 2026-03-01 10:20:00 |" in text


def test_case_without_alerts_status_or_priority_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(
        monkeypatch, {"sekoia-xdr-get-cases-alert": [{"short_id": "CA1", "title": None, "custom_status": None}]}
    )
    assert "| CA1 |" in text


def test_no_case_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-cases-alert": {"items": [], "total": 0}})
    assert text.startswith("The alert belongs to no case.")


def test_failing_call_is_told_in_place_of_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-cases-alert": ValueError("Sekoia is not there")})
    assert text == "⚠️ The cases cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
