"""Change status: in Sekoia first, then on the incident."""

from typing import Any

import pytest

UPDATE, READ = "sekoia-xdr-update-status-alert", "sekoia-xdr-get-alert"
SAID = {"Type": 1, "Contents": {}, "HumanReadable": "### Alert AL1: Pending → Ongoing"}


def test_status_is_changed_and_the_incident_shows_it(page: Any) -> None:
    alert = {"status": {"name": "Ongoing"}, "urgency": {"current_value": 50}, "number_of_total_comments": 2}
    answers = {UPDATE: SAID, READ: alert, "setIncident": "done"}
    calls, text = page.run(answers, args={"short_id": "AL1", "status": "Ongoing", "comment": "mine"})
    assert calls[0] == (UPDATE, {"id": "AL1", "status": "Ongoing", "comment": "mine", "using": "main"})
    fields = calls[-1][1]
    assert (fields["sekoiaxdralertstatus"], fields["sekoiaxdrstatusstage"]) == ("Ongoing", "in_progress")
    assert (fields["sekoiaxdrurgency"], fields["sekoiaxdrcommentscount"]) == (50, 2)
    assert "Pending → Ongoing" in text


@pytest.mark.parametrize("status", ["Closed", "close", "Rejected"])
def test_closing_status_leads_to_closing(page: Any, status: str) -> None:
    assert "Close with verdict" in page.refused({}, args={"status": status})


def test_refused_move_is_told_and_nothing_is_written(page: Any) -> None:
    answers = {UPDATE: ValueError("Allowed now: Validate, Reject")}
    assert "Allowed now: Validate, Reject" in page.refused(answers, args={"status": "Pending"})


def test_change_is_told_even_when_the_incident_cannot_be_refreshed(page: Any) -> None:
    answers = {UPDATE: SAID, READ: ValueError("Sekoia is not there")}
    _, text = page.run(answers, args={"status": "Ongoing"})
    assert "Pending → Ongoing" in text
    assert "could not be refreshed: Sekoia is not there" in text
