"""The frame of the war room, alone."""

from typing import Any

import pytest
import requests_mock
import SekoiaXDRWarRoomApiModule as room

URL = "https://api.sekoia.io"
HERE, THERE = "4500e70b-cf04-465e-89b2-931fa9263d3b", "61d9a7c2-0f4e-4b6a-8f0d-2c1b3a495867"
JO, SAM, OTHER_JO, GONE = (f"{number}0000000-0000-4000-8000-000000000000" for number in range(1, 5))


@pytest.fixture
def client() -> room.SekoiaClient:
    return room.SekoiaClient(URL, "not-a-real-key", deadline=room.Deadline(30))


def person(uuid: str, name: str, email: str | None, status: str = "enabled") -> dict[str, Any]:
    first, _, last = name.partition(" ")
    return {
        "uuid": uuid,
        "name": name,
        "status": status,
        "user": {"firstname": first, "lastname": last, "email": email},
    }


@pytest.fixture
def people(requests_mock: requests_mock.Mocker) -> requests_mock.Mocker:
    """Two communities; the e-mail of one person is hidden, one has left, two have the same name."""
    here = [person(JO, "Jo Sample", "jo.sample@soc.example"), person(SAM, "Sam Duty", None)]
    here.append(person(GONE, "Kim Former", "kim@soc.example", "disabled"))
    there = [person(OTHER_JO, "Jo Sample", "jo@elsewhere.example")]
    for community, items in ((HERE, here), (THERE, there)):
        requests_mock.get(f"{URL}/v1/communities/{community}/avatars/", json={"items": items, "total": len(items)})
    requests_mock.get(f"{URL}/v1/me/communities", json={"items": [{"uuid": HERE}, {"uuid": THERE}], "total": 2})
    return requests_mock


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("JO.Sample@soc.example", JO),
        ("jo  sample", JO),
        ("Sam Duty", SAM),
        ("5F1C2A4E-8D0B-4C7A-9E53-0A1B2C3D4E5F", "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"),
    ],
)
def test_assignee_is_found_by_mail_name_or_uuid(
    client: room.SekoiaClient, people: requests_mock.Mocker, wanted: str, expected: str
) -> None:
    assert room.resolve_assignee(client, wanted, HERE) == expected


def test_assignee_of_two_people_lists_both(client: room.SekoiaClient, people: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match=rf"assignee: 'jo sample' fits several people.*{JO}.*{OTHER_JO}"):
        room.resolve_assignee(client, "jo sample")


@pytest.mark.parametrize("wanted", ["nobody@soc.example", "kim@soc.example", "sample"])
def test_assignee_that_is_nobody_lists_the_candidates(
    client: room.SekoiaClient, people: requests_mock.Mocker, wanted: str
) -> None:
    with pytest.raises(ValueError, match=rf"is no person of this tenant\. Choose one of: Jo Sample \({JO}\), Sam Duty"):
        room.resolve_assignee(client, wanted, HERE)


def test_people_with_unreadable_ids_hide_nobody(client: room.SekoiaClient, requests_mock: requests_mock.Mocker) -> None:
    odd = [{**person(SAM, "Sam Duty", None), "uuid": uuid} for uuid in (["list"], {"a": 1}, None)]
    items = [*odd, person(JO, "Jo Sample", "jo.sample@soc.example")]
    requests_mock.get(f"{URL}/v1/communities/{HERE}/avatars/", json={"items": items, "total": len(items)})
    assert room.resolve_assignee(client, "jo.sample@soc.example", HERE) == JO


def test_priority_of_ones_own_community_goes_before_that_of_another(
    client: room.SekoiaClient, requests_mock: requests_mock.Mocker
) -> None:
    items = [{"uuid": uuid, "label": "High", "community_uuid": where} for uuid, where in ((JO, THERE), (SAM, HERE))]
    requests_mock.get(f"{URL}/v1/sic/custom_priorities", json={"items": items})
    assert room.resolve_priority(client, "high", HERE)["uuid"] == SAM
    with pytest.raises(ValueError, match="priority: 'high' fits several priorities"):
        room.resolve_priority(client, "high")


def test_priority_that_does_not_exist_lists_those_that_do(
    client: room.SekoiaClient, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{URL}/v1/sic/custom_priorities", json={"items": [{"uuid": JO, "label": "Low"}]})
    with pytest.raises(
        ValueError, match=rf"priority: 'urgent' is no priority of this tenant. Choose one of: Low \({JO}"
    ):
        room.resolve_priority(client, "urgent")


@pytest.mark.parametrize(
    ("url", "ui"),
    [
        ("https://api.sekoia.io/v1", "https://app.sekoia.io"),
        ("https://api.sgp1.sekoia.io", "https://app.sgp1.sekoia.io"),
        ("https://app.fra2.sekoia.io/api", "https://app.fra2.sekoia.io"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080"),
    ],
)
def test_links_lead_to_the_web_interface_of_the_region(url: str, ui: str) -> None:
    assert room.alert_link(room.ui_root(url), "ALa1B2c3D4e5") == f"{ui}/operations/alerts/ALa1B2c3D4e5"
