"""Close with verdict: the alert first, the incident second."""

from typing import Any

import pytest
import SekoiaXDRCloseWithVerdict as script

CLOSE, READ = "sekoia-xdr-close-alert", "sekoia-xdr-get-alert"


def answers(stage: str) -> dict[str, Any]:
    alert = {"status": {"name": "Closed"}, "verdict": {"label": "Mine", "stage": stage}}
    return {CLOSE: {"Type": 1, "HumanReadable": "### closed"}, READ: alert, "setIncident": "", "closeInvestigation": ""}


@pytest.mark.parametrize(
    ("stage", "reason"), [("true_positive", "Resolved"), ("false_positive", "False Positive"), ("", "Other")]
)
def test_close_reason_follows_the_verdict(page: Any, stage: str, reason: str) -> None:
    calls, text = page.run(answers(stage), args={"short_id": "AL1", "verdict": "Mine", "comment": "A test"})
    assert calls[0] == (CLOSE, {"id": "AL1", "verdict": "Mine", "comment": "A test", "using": "main"})
    assert calls[-1] == ("closeInvestigation", {"closeReason": reason, "closeNotes": "A test"})
    assert f"closed as {reason}" in text


def test_close_notes_are_never_empty(page: Any) -> None:
    calls, _ = page.run(answers("true_positive"), args={"verdict": "Mine"})
    assert calls[-1][1]["closeNotes"] == "Closed with the verdict Mine"


def test_incident_stays_open_when_that_is_wanted(page: Any) -> None:
    calls, _ = page.run(answers("true_positive"), args={"verdict": "Mine", "close_incident": "false"})
    assert "closeInvestigation" not in [command for command, _ in calls]


def test_incident_stays_open_when_sekoia_refuses(page: Any) -> None:
    table = {**answers("true_positive"), CLOSE: ValueError("verdict: 'Mine' is no verdict of this tenant")}
    calls, shown = page.platform(table, args={"verdict": "Mine"})
    with pytest.raises(SystemExit):
        script.main()
    assert [command for command, _ in calls] == [CLOSE]
    assert "is no verdict" in str(shown[-1]["Contents"])


def test_verdict_is_needed_before_any_call(page: Any) -> None:
    assert "verdict: choose" in page.refused({}, args={"verdict": " "})
