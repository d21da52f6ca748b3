"""The timeline: from the incident alone, with what is missing."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRShowEvents as script

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


def rows(count: int) -> list[dict[str, str]]:
    return [
        {
            "columnheader1": f"2026-03-01T10:{number % 60:02}:00Z",
            "columnheader2": f"event {number}",
            "columnheader3": "192.0.2.1",
        }
        for number in range(count)
    ]


def test_events_are_drawn_in_their_order_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = run(monkeypatch, {}, incident=incident(events=rows(3)[::-1], occurrences=7))
    assert calls == []
    assert "<b>3</b> events on this page, <b>7</b> in the alert" in text
    assert text.index("event 0") < text.index("event 2")


def test_long_timeline_says_what_is_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {}, incident=incident(events=rows(50), eventsstate="Cut"))
    assert "38 more are in the table below" in text
    assert "more events than an incident holds" in text


@pytest.mark.parametrize(
    ("state", "said"),
    [("Pending", "were not ready"), ("Failed", "failed"), ("None", "found no event"), ("", "holds no events")],
)
def test_missing_events_say_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch, state: str, said: str) -> None:
    assert said in run(monkeypatch, {}, incident=incident(eventsstate=state))[1]


def test_event_without_a_time_and_with_markup_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [{"columnheader1": "soon", "columnheader2": "<img src=x>", "columnheader3": None}]
    _, text = run(monkeypatch, {}, incident=incident(events=odd))
    assert "soon" in text
    assert "<img" not in text


def test_events_of_one_second_make_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = run(monkeypatch, {}, incident=incident(events=[*rows(1), *rows(1)]))
    assert text.count("height:56px") == 1
