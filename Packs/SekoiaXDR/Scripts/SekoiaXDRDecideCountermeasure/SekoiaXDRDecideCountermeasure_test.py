"""Decide on a countermeasure: by number, name or uuid."""

from typing import Any

import pytest

LIST = "sekoia-xdr-list-countermeasures"
TASKS = [{"uuid": "c1", "name": "Reset the password"}, {"uuid": "c2", "name": "Remove the rule"}]


@pytest.mark.parametrize("wanted", ["2", "remove the RULE", "C2"])
@pytest.mark.parametrize("decision", ["activate", "deny"])
def test_countermeasure_is_found_and_decided(page: Any, wanted: str, decision: str) -> None:
    command = f"sekoia-xdr-{decision}-countermeasure"
    args = {"countermeasure": wanted, "decision": decision, "comment": "now"}
    calls, text = page.run({LIST: TASKS, command: {}}, args=args)
    assert calls[-1] == (command, {"alert_id": "ALx7Qp2mZk9T", "id": "c2", "comment": "now", "using": "main"})
    assert "Remove the rule" in text


@pytest.mark.parametrize("wanted", ["0", "3", "nothing of that kind", ""])
def test_unknown_countermeasure_lists_those_that_there_are(page: Any, wanted: str) -> None:
    said = page.refused({LIST: TASKS}, args={"countermeasure": wanted, "decision": "deny"})
    assert "1: Reset the password; 2: Remove the rule" in said


def test_unknown_decision_is_refused_before_any_call(page: Any) -> None:
    assert "neither activate nor deny" in page.refused({}, args={"countermeasure": "1", "decision": "maybe"})
