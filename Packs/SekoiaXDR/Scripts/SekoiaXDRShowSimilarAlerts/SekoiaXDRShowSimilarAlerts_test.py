"""Similar alerts: without the alert itself, whatever they lack."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowSimilarAlerts as script

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


def test_similar_alerts_are_shown_without_the_alert_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = [
        {"short_id": "ALx7Qp2mZk9T", "title": "itself"},
        {
            "short_id": "AL1",
            "title": "other",
            "created_at": 1772360100,
            "status": {"name": "Closed"},
            "urgency": {"current_value": 40},
            "entity": None,
            "verdict": {"label": "Test"},
        },
    ]
    calls, text = run(monkeypatch, {"sekoia-xdr-list-similar-alerts": alerts})
    assert calls == [("sekoia-xdr-list-similar-alerts", {"id": "ALx7Qp2mZk9T", "using": "main"})]
    assert "itself" not in text
    assert "| AL1 | other | 2026-03-01 10:15:00 | Closed | 40 | Test |" in text


def test_alert_of_which_nothing_is_known_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-similar-alerts": [{"short_id": "AL1"}]})
    assert "| AL1 |" in text


def test_no_similar_alert_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-similar-alerts": []})
    assert text == "Sekoia knows no similar alert."


def test_failing_call_is_told_in_place_of_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-similar-alerts": ValueError("Sekoia is not there")})
    assert text == "⚠️ The similar alerts cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
