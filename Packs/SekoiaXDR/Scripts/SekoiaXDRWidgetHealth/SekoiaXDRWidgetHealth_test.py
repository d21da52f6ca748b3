"""Health: one row an instance, and one that does not answer says why."""

import json
from typing import Any

import SekoiaXDRWidgetHealth as script

MODULES = {
    "main": {"brand": "Sekoia XDR", "state": "active"},
    "old": {"brand": "Sekoia XDR", "state": "disabled"},
    "mail": {"brand": "Mail", "state": "active"},
}


def rows(page: Any, answer: Any, modules: dict[str, Any] = MODULES) -> list[dict[str, str]]:
    _, shown = page.platform({"sekoia-xdr-fetch-health": answer}, modules=modules)
    script.main()
    found = json.loads(shown[-1])["data"]
    assert isinstance(found, list)
    return found


def test_active_instances_are_shown_with_lag_backlog_and_quarantine(page: Any) -> None:
    health = {"at": "2026-03-01T10:00:00Z", "lag_seconds": 3700, "backlog": 12, "quarantine": [{}, {}], "errors": 1}
    (row,) = rows(page, health)
    assert (row["Instance"], row["State"], row["Lag"]) == ("main", "behind", "1 h 1 min")
    assert (row["Backlog"], row["Quarantine"], row["Failed calls"]) == ("12", "2", "1")


def test_trouble_of_the_last_run_is_the_state(page: Any) -> None:
    assert rows(page, {"error": "key expired"})[0]["State"] == "key expired"


def test_instance_that_does_not_answer_says_why(page: Any) -> None:
    assert rows(page, ValueError("timeout"))[0]["State"] == "no answer: timeout"


def test_no_instance_is_a_row(page: Any) -> None:
    assert rows(page, {}, {})[0]["State"] == "no instance is active"
