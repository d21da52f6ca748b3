"""False positives: their share by rule."""

import json
from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRWidgetFalsePositives as script

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


def closed(rule: str, stage: str) -> dict[str, Any]:
    return {"CustomFields": {"sekoiaxdrrulename": rule, "sekoiaxdrverdictstage": stage}}


def test_share_is_counted_by_rule_among_alerts_with_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        closed("A", "false_positive"),
        closed("A", "true_positive"),
        closed("B", "false_positive"),
        closed("B", ""),
    ]
    args = {"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    calls, shown = platform(monkeypatch, {"getIncidents": {"data": found}}, args=args)
    script.main()
    bars = {one["name"]: one["data"][0] for one in json.loads(shown[-1])}
    assert bars == {"B (1 of 1)": 100, "A (1 of 2)": 50}
    assert (calls[0][1]["fromdate"], calls[0][1]["todate"]) == (args["from"], args["to"])
    assert 'type:"Sekoia XDR"' in calls[0][1]["query"]


@pytest.mark.parametrize("answer", [{"data": None}, {}, {"data": [closed("A", "")]}])
def test_nothing_to_count_is_no_bar(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> None:
    _, shown = platform(monkeypatch, {"getIncidents": answer})
    script.main()
    assert json.loads(shown[-1]) == []
