"""CloseSekoiaAlert alone: what it asks for, of whom, and that nothing keeps the incident open."""

from typing import Any

import CloseSekoiaAlert
import demistomock as demisto
import pytest

INCIDENT = {
    "id": "12",
    "dbotMirrorId": "ALa1B2c3D4e5",
    "dbotMirrorDirection": "Both",
    "dbotMirrorInstance": "one",
    "CustomFields": {},
}
ANSWER = [{"Type": 1, "HumanReadable": "### Alert ALa1B2c3D4e5: closed", "Contents": {}}]


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the script; gives the commands it ran for the alert and what it said. The timers are stopped each time."""

    def run(
        incident: dict[str, Any], args: dict[str, Any], answer: Any = ANSWER, timers: Any = ()
    ) -> tuple[list[Any], str]:
        commands: list[Any] = []
        stopped: list[Any] = []
        said: list[Any] = []

        def execute(command: str, given: dict[str, Any]) -> Any:
            if command == CloseSekoiaAlert.TIMERS:
                stopped.append(given)
                return timers
            commands.append((command, given))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(demisto, "incident", lambda: incident)
        monkeypatch.setattr(demisto, "args", lambda: args)
        monkeypatch.setattr(demisto, "executeCommand", execute, raising=False)
        monkeypatch.setattr(CloseSekoiaAlert, "return_results", said.append)
        CloseSekoiaAlert.main()
        assert stopped == [{"new": "closed"}]
        return commands, said[0].readable_output

    return run


def test_asks_the_instance_of_the_incident_with_what_the_form_gave(closing: Any) -> None:
    args = {"closeReason": "Resolved", "closeNotes": "done", "sekoiaxdralertreject": "true", "closingUserId": "ada"}
    ((command, given),), said = closing(INCIDENT, args)
    assert (command, said) == ("sekoia-xdr-mirror-close", "### Alert ALa1B2c3D4e5: closed")
    assert given == {
        "id": "ALa1B2c3D4e5",
        "close_reason": "Resolved",
        "close_notes": "done",
        "reject": "true",
        "using": "one",
    }


def test_closing_without_any_argument_takes_what_the_incident_holds(closing: Any) -> None:
    ((_, given),), _ = closing({**INCIDENT, "closeReason": "Other"}, {})
    assert given == {"id": "ALa1B2c3D4e5", "close_reason": "Other", "reject": "false", "using": "one"}


def test_verdict_of_an_earlier_closing_stands_back_for_that_of_the_alert(closing: Any) -> None:
    own = {"sekoiaxdrcloseverdict": "False positive", "sekoiaxdrverdict": "True positive"}
    ((_, given),), _ = closing({**INCIDENT, "CustomFields": own}, {})
    assert "verdict" not in given
    ((_, given),), _ = closing({**INCIDENT, "CustomFields": own}, {"sekoiaxdrcloseverdict": "Benign"})
    assert given["verdict"] == "Benign"


def test_metrics_of_the_closing_are_no_part_of_the_report(closing: Any) -> None:
    metrics = {"Type": 19, "Contents": "Metrics reported successfully.", "ContentsFormat": "text"}
    _, said = closing(INCIDENT, {}, [*ANSWER, metrics])
    assert said == "### Alert ALa1B2c3D4e5: closed"


@pytest.mark.parametrize("direction", ["In", "", None])
def test_incident_that_is_not_mirrored_out_is_left(closing: Any, direction: Any) -> None:
    commands, said = closing({**INCIDENT, "dbotMirrorDirection": direction}, {})
    assert (commands, "left as it is" in said) == ([], True)


def test_incident_of_an_older_pack_says_it_in_a_field(closing: Any) -> None:
    old = {
        "sourceInstance": "old",
        "dbotMirrorId": "ALa1B2c3D4e5",
        "CustomFields": {"sekoiaxdrmirrorout": True, "sekoiaxdralertreject": True},
    }
    ((_, given),), _ = closing(old, {})
    assert (given["using"], given["reject"]) == ("old", "true")


@pytest.mark.parametrize(
    "answer",
    [RuntimeError("no such command"), [{"Type": 4, "Contents": "no permission", "ContentsFormat": "text"}], [], None],
)
def test_nothing_keeps_the_incident_open(closing: Any, answer: Any) -> None:
    _, said = closing(INCIDENT, {}, answer)
    assert said.startswith("### The alert in Sekoia")


def test_incident_without_an_alert_is_left(closing: Any) -> None:
    commands, said = closing({"dbotMirrorDirection": "Out"}, {})
    assert (commands, "names none" in said) == ([], True)


@pytest.mark.parametrize(
    ("form", "on_incident", "verdict"),
    [
        ("False positive", "True positive", "False positive"),
        ("", "True positive", "True positive"),
        (None, " Benign ", "Benign"),
        ("", "", None),
    ],
)
def test_verdict_of_the_form_comes_before_the_one_on_the_incident(
    closing: Any, form: Any, on_incident: str, verdict: Any
) -> None:
    incident = {**INCIDENT, "CustomFields": {"sekoiaxdrcloseverdict": on_incident}}
    args = {} if form is None else {"sekoiaxdrcloseverdict": form}
    ((_, given),), _ = closing(incident, args)
    assert given.get("verdict") == verdict


def test_timers_that_cannot_be_stopped_are_told(closing: Any) -> None:
    failure = [{"Type": 4, "Contents": "no such timer", "ContentsFormat": "text"}]
    _, said = closing(INCIDENT, {}, timers=failure)
    assert said == "### Alert ALa1B2c3D4e5: closed\n\nThe timers were not stopped: no such timer"
