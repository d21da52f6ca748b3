"""Observables: what was seen, not the frame around it."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowObservables as script

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


def test_observables_are_shown_by_kind_without_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [
        {"type": "identity", "display_name": "the workspace"},
        {"type": "url", "display_name": "https://a.example/<b>"},
        {"type": "ipv4-addr", "display_name": "192.0.2.10", "description": None},
        {"type": "file", "pattern": "[file:name = 'a']"},
    ]
    _, text = run(monkeypatch, {"sekoia-xdr-list-objects-alert": objects})
    assert "the workspace" not in text
    assert text.index("192.0.2.10") < text.index("a.example")
    assert "<b>" not in text


def test_no_observable_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-objects-alert": [{"type": "identity"}]})
    assert text == "Sekoia lists no observable for this alert."


def test_failing_call_is_told_in_place_of_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-list-objects-alert": ValueError("Sekoia is not there")})
    assert text == "⚠️ The observables cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
