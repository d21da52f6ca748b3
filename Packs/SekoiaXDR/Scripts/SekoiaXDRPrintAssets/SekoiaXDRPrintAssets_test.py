"""Assets: from the incident first, and one that cannot be read keeps what is known of it."""

from typing import Any


def test_known_assets_cost_no_call_and_stand_by_criticality(page: Any) -> None:
    rows = [{"uuid": "u1", "name": "laptop", "criticality": 20}, {"uuid": "u2", "name": "gateway", "criticality": 95}]
    calls, text = page.run({}, incident=page.incident(assets=rows))
    assert calls == []
    assert text.index("95 (critical)") < text.index("20 (medium)")


def test_asset_known_by_its_uuid_alone_is_asked_for(page: Any) -> None:
    found = {"uuid": "u1", "name": "laptop", "criticality": 55, "type": "host", "category": "workstation"}
    calls, text = page.run({"sekoia-xdr-get-asset": found}, incident=page.incident(assets=[{"uuid": "u1"}]))
    assert calls == [("sekoia-xdr-get-asset", {"asset_uuid": "u1", "using": "main"})]
    assert "| laptop | 55 (high) | host / workstation |" in text


def test_asset_that_cannot_be_read_stays_with_its_uuid(page: Any) -> None:
    gone = ValueError("no such asset")
    _, text = page.run({"sekoia-xdr-get-asset": gone}, incident=page.incident(assets=[{"uuid": "u1"}]))
    assert "| u1 | could not be read: no such asset |" in text


def test_assets_of_an_incident_without_them_come_from_the_alert(page: Any) -> None:
    answers = {"sekoia-xdr-get-alert": {"assets": ["u1"]}, "sekoia-xdr-get-asset": {"uuid": "u1", "name": "laptop"}}
    calls, text = page.run(answers)
    assert [command for command, _ in calls] == ["sekoia-xdr-get-alert", "sekoia-xdr-get-asset"]
    assert "laptop" in text


def test_no_asset_is_a_sentence(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-alert": {"assets": []}})
    assert text == "The alert names no asset."
