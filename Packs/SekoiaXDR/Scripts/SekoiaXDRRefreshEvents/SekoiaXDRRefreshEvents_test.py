"""Refresh events: comes back until the search has ended, then writes the grid."""

from typing import Any

import pytest
import SekoiaXDRRefreshEvents as script

SEARCH = "sekoia-xdr-search-events-alerts"
EVENTS = [{"timestamp": "2026-03-01T10:00:00Z", "message": "logon", "source.ip": "192.0.2.1"}]


def test_search_that_runs_is_looked_at_again_by_the_script_itself(page: Any) -> None:
    wanted = {"ids": "AL1", "searches": "x"}
    waiting = {"Type": 1, "Metadata": {"pollingCommand": SEARCH, "pollingArgs": wanted}}
    _, shown = page.platform({SEARCH: waiting}, args={"short_id": "AL1"})
    script.main()
    assert shown[-1]["PollingCommand"] == "SekoiaXDRRefreshEvents"
    again = shown[-1]["PollingArgs"]
    calls, text = page.run({SEARCH: EVENTS, "setIncident": ""}, args=again)
    assert calls[0] == (SEARCH, {"ids": "AL1", "searches": "x", "using": "main"})
    assert text == "1 events of AL1 were read."


@pytest.mark.parametrize("answer", [EVENTS, {"items": EVENTS}, [{"short_id": "AL1", "events": EVENTS}]])
def test_events_are_found_in_every_shape_of_the_answer(page: Any, answer: Any) -> None:
    calls, _ = page.run({SEARCH: answer, "setIncident": ""})
    row = {"columnheader1": "2026-03-01T10:00:00Z", "columnheader2": "logon", "columnheader3": "192.0.2.1"}
    assert calls[-1] == ("setIncident", {"sekoiaxdrevents": [row], "sekoiaxdreventsstate": "Complete"})


def test_more_events_than_the_grid_holds_are_told(page: Any) -> None:
    _, text = page.run({SEARCH: EVENTS * 60, "setIncident": ""})
    assert text == "60 events of ALx7Qp2mZk9T were read. The table of the incident holds the first 50."


def test_failed_search_leaves_the_events_that_are_there(page: Any) -> None:
    assert "search failed" in page.refused({SEARCH: ValueError("search failed")})
