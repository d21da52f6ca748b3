"""Assets: from the incident first, and one that cannot be read keeps what is known of it."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRPrintAssets as script

INCIDENT = {
    "id": "7",
    "name": "Mailbox rule",
    "dbotMirrorId": "ALx7Qp2mZk9T",
    "dbotMirrorInstance": "main",
    "sourceInstance": "main",
    "CustomFields": {},
}
Calls = list[tuple[str, dict[str, Any]]]


def incident(**fields: Any) -> dict[str, Any]:
    """The incident with fields of the pack, named without its prefix."""
    return {**INCIDENT, "CustomFields": {f"sekoiaxdr{name}": value for name, value in fields.items()}}


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


def test_known_assets_cost_no_call_and_stand_by_criticality(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"uuid": "u1", "name": "laptop", "criticality": 20}, {"uuid": "u2", "name": "gateway", "criticality": 95}]
    calls, text = run(monkeypatch, {}, incident=incident(assets=rows))
    assert calls == []
    assert text.index("95 (critical)") < text.index("20 (medium)")


def test_asset_known_by_its_uuid_alone_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"uuid": "u1", "name": "laptop", "criticality": 55, "type": "host", "category": "workstation"}
    calls, text = run(monkeypatch, {"sekoia-xdr-get-asset": found}, incident=incident(assets=[{"uuid": "u1"}]))
    assert calls == [("sekoia-xdr-get-asset", {"asset_uuid": "u1", "using": "main"})]
    assert "| laptop | 55 (high) | host / workstation |" in text


def test_asset_that_cannot_be_read_stays_with_its_uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ValueError("no such asset")
    _, text = run(monkeypatch, {"sekoia-xdr-get-asset": gone}, incident=incident(assets=[{"uuid": "u1"}]))
    assert "| u1 | could not be read: no such asset |" in text


def test_assets_of_an_incident_without_them_come_from_the_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"sekoia-xdr-get-alert": {"assets": ["u1"]}, "sekoia-xdr-get-asset": {"uuid": "u1", "name": "laptop"}}
    calls, text = run(monkeypatch, answers)
    assert [command for command, _ in calls] == ["sekoia-xdr-get-alert", "sekoia-xdr-get-asset"]
    assert "laptop" in text


def test_no_asset_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {"sekoia-xdr-get-alert": {"assets": []}})
    assert text == "The alert names no asset."
