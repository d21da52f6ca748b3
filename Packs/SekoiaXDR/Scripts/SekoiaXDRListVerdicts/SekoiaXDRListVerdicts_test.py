"""The closing form offers the verdicts of the workspace."""

from typing import Any

import pytest
import SekoiaXDRListVerdicts as script


def options(page: Any, answer: Any) -> list[str]:
    _, shown = page.platform({"sekoia-xdr-list-verdicts": answer})
    script.main()
    found = shown[-1]
    body = found.get("Contents", found)
    assert body["hidden"] is False
    return [str(one) for one in body["options"]]


def test_labels_of_the_workspace_are_offered(page: Any) -> None:
    assert options(page, [{"label": "Confirmed"}, {"label": "Test"}]) == ["", "Confirmed", "Test"]


@pytest.mark.parametrize("answer", [[], ValueError("not allowed")])
def test_without_an_answer_the_two_stages_are_offered(page: Any, answer: Any) -> None:
    assert options(page, answer) == ["", "true_positive", "false_positive"]
