"""False positives: their share by rule."""

import json
from typing import Any

import pytest
import SekoiaXDRWidgetFalsePositives as script


def closed(rule: str, stage: str) -> dict[str, Any]:
    return {"CustomFields": {"sekoiaxdrrulename": rule, "sekoiaxdrverdictstage": stage}}


def test_share_is_counted_by_rule_among_alerts_with_a_verdict(page: Any) -> None:
    found = [
        closed("A", "false_positive"),
        closed("A", "true_positive"),
        closed("B", "false_positive"),
        closed("B", ""),
    ]
    args = {"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    calls, shown = page.platform({"getIncidents": {"data": found}}, args=args)
    script.main()
    bars = {one["name"]: one["data"][0] for one in json.loads(shown[-1])}
    assert bars == {"B (1 of 1)": 100, "A (1 of 2)": 50}
    assert (calls[0][1]["fromdate"], calls[0][1]["todate"]) == (args["from"], args["to"])
    assert 'type:"Sekoia XDR"' in calls[0][1]["query"]


@pytest.mark.parametrize("answer", [{"data": None}, {}, {"data": [closed("A", "")]}])
def test_nothing_to_count_is_no_bar(page: Any, answer: dict[str, Any]) -> None:
    _, shown = page.platform({"getIncidents": answer})
    script.main()
    assert json.loads(shown[-1]) == []
