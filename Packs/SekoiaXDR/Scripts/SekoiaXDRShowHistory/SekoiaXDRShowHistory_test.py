"""History: every kind of entry in words, known or not."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowHistory as script

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


ENTRIES = [
    {
        "created_at": 1772360100,
        "created_by_type": "application",
        "entry_type": "alert",
        "alert": {"status": "Pending", "previous_status": None},
    },
    {
        "created_at": 1772360200,
        "created_by_type": "avatar",
        "entry_type": "alert",
        "alert": {"status": "Acknowledged", "previous_status": "Pending"},
        "history_comments": [{"content": "Taken by the night team."}],
    },
    {
        "created_at": 1772360300,
        "created_by_type": "avatar",
        "entry_type": "urgency",
        "urgency": {"value": 80, "previous_value": 40},
    },
    {"created_at": 1772360400, "created_by_type": "avatar", "entry_type": "brand_new", "brand_new": {"what": "ever"}},
    {"created_at": None, "entry_type": None},
]


def test_entries_are_told_in_words_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-history-alert": ENTRIES})
    assert "| 2026-03-01 10:15:00 | Sekoia | status → Pending |" in text
    assert "| an analyst | status Pending → Acknowledged — “Taken by the night team.” |" in text
    assert "| urgency 40 → 80 |" in text
    assert text.index("10:20:00") < text.index("10:15:00")


def test_unknown_kind_of_entry_is_shown_with_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-history-alert": ENTRIES})
    assert "brand_new what: ever" in text


def test_failing_call_is_told_in_place_of_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-history-alert": ValueError("Sekoia is not there")})
    assert text == "⚠️ The history cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
