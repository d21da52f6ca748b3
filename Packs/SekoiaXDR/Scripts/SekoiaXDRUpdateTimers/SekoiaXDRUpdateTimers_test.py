"""Timers follow the stage of the alert, and no step is done twice."""

from typing import Any

import pytest

ACK, CLOSE = "sekoiaxdracknowledgesla", "sekoiaxdrclosesla"
RUNNING, ENDED = {"runStatus": "running"}, {"runStatus": "ended"}


def steps(page: Any, stage: str, ack: Any = None, close: Any = None) -> list[tuple[str, str]]:
    table = {"startTimer": "", "stopTimer": ""}
    fields = {"acknowledgesla": ack, "closesla": close, "statusstage": stage}
    calls, _ = page.run(table, incident=page.incident(**fields))
    return [(command, args["timerField"]) for command, args in calls]


def test_open_alert_starts_both(page: Any) -> None:
    assert steps(page, "open") == [("startTimer", ACK), ("startTimer", CLOSE)]


def test_taken_alert_stops_the_first(page: Any) -> None:
    assert steps(page, "in_progress", RUNNING, RUNNING) == [("stopTimer", ACK)]


def test_closed_alert_stops_both(page: Any) -> None:
    assert steps(page, "closed", RUNNING, RUNNING) == [("stopTimer", ACK), ("stopTimer", CLOSE)]


def test_alert_that_was_opened_again_runs_again(page: Any) -> None:
    assert steps(page, "in_progress", ENDED, ENDED) == [("startTimer", CLOSE)]


@pytest.mark.parametrize("stage", ["open", "in_progress", "closed", "elsewhere", ""])
def test_nothing_is_done_twice(page: Any, stage: str) -> None:
    settled = {"open": (RUNNING, RUNNING), "in_progress": (ENDED, RUNNING), "closed": (ENDED, ENDED)}
    assert steps(page, stage, *settled.get(stage, (None, None))) == []


def test_value_that_changed_comes_before_the_one_on_the_incident(page: Any) -> None:
    fields = page.incident(statusstage="open", acknowledgesla=RUNNING, closesla=RUNNING)
    calls, _ = page.run({"stopTimer": ""}, incident=fields, args={"new": "closed", "old": "open"})
    assert len(calls) == 2
