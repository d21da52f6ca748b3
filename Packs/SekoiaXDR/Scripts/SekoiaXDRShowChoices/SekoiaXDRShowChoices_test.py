"""Choices: statuses and verdicts, each with its own trouble."""

from typing import Any

import pytest

ANSWERS: dict[str, Any] = {
    "sekoia-xdr-get-workflow-alert": [{"name": "Acknowledge"}, {"name": "Waiting for customer"}],
    "sekoia-xdr-list-verdicts": [
        {"label": "Confirmed", "stage": "true_positive"},
        {"label": "Test", "stage": "false_positive"},
    ],
}


def test_statuses_and_verdicts_are_those_of_the_workspace(page: Any) -> None:
    _, text = page.run(ANSWERS)
    assert "`Acknowledge` · `Waiting for customer`" in text
    assert "`Confirmed` (true positive) · `Test` (false positive)" in text


@pytest.mark.parametrize("broken", ["sekoia-xdr-get-workflow-alert", "sekoia-xdr-list-verdicts"])
def test_one_failing_call_leaves_the_other_list(page: Any, broken: str) -> None:
    _, text = page.run({**ANSWERS, broken: ValueError("not allowed")})
    assert "cannot be shown now: not allowed" in text
    assert ("Confirmed" in text) != ("Waiting" in text)


def test_workspace_without_choices_says_so(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-workflow-alert": [], "sekoia-xdr-list-verdicts": []})
    assert "no other status" in text
    assert "the workspace has none" in text
