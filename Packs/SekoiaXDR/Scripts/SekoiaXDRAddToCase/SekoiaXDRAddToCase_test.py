"""Add to a case: one that is there, or a new one, never two."""

from typing import Any

CREATE, ATTACH = "sekoia-xdr-create-case", "sekoia-xdr-attach-alerts-case"


def test_alert_is_added_to_the_case_that_was_named(page: Any) -> None:
    calls, text = page.run(
        {ATTACH: {}, "setIncident": ""}, args={"case_id": "CA1"}, incident=page.incident(caseids=["CA0"])
    )
    assert calls[0] == (ATTACH, {"case_id": "CA1", "alert_ids": "ALx7Qp2mZk9T", "using": "main"})
    assert calls[-1] == ("setIncident", {"sekoiaxdrcaseids": ["CA0", "CA1"]})
    assert text == "Alert ALx7Qp2mZk9T was added to case CA1."


def test_new_case_is_named_after_the_incident(page: Any) -> None:
    calls, text = page.run({CREATE: {"short_id": "CA2"}, ATTACH: {}, "setIncident": ""})
    assert calls[0] == (CREATE, {"title": "Mailbox rule", "using": "main"})
    assert "new case CA2" in text


def test_case_whose_alert_could_not_be_added_is_named(page: Any) -> None:
    answers = {CREATE: {"short_id": "CA2"}, ATTACH: ValueError("other community")}
    said = page.refused(answers)
    assert "The case CA2 was made." in said
    assert "other community" in said
