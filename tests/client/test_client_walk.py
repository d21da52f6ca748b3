"""The keyset walk over alerts: everything once, in order, whatever the API leaves open."""

import math
import time as real_time
from typing import Any
from zlib import crc32

import pytest
import SekoiaXDRApiModule as api
from requests_mock import Mocker
from SekoiaXDRApiModule_test import ALERTS, NOW, alert, failing, good, last

Answers = list[dict[str, Any]]


class Tenant:
    """A list of alerts that answers as the API does: range, order, offset, limit, and knobs for what is uncertain."""

    def __init__(self, mocker: Mocker, alerts: list[dict[str, Any]], **knobs: Any) -> None:
        self.alerts, self.knobs, self.asked = alerts, knobs, 0
        mocker.get(ALERTS, json=self.answer)

    def answer(self, request: Any, _context: Any) -> dict[str, Any]:
        self.asked += 1
        start, end = (self.moment(text) for text in request.qs["date[created_at]"][0].split(","))
        tight = 1 if self.knobs.get("exclusive") else 0
        found = [one for one in self.alerts if start + tight <= one["created_at"] <= end - tight]
        found.sort(key=lambda one: one["created_at"])
        if self.knobs.get("shuffle"):  # another order inside each second at every call
            found.sort(key=lambda one: (one["created_at"], crc32(f"{one['uuid']} {self.asked}".encode())))
        offset, limit = int(request.qs["offset"][0]), int(request.qs["limit"][0])
        total = {"total": len(found)} if self.knobs.get("total", True) else {}
        return {"items": found[offset : offset + limit]} | total

    @staticmethod
    def moment(text: str) -> float:
        if text == "now":
            return NOW + 10**6
        return real_time.mktime(real_time.strptime(text.upper(), "%Y-%m-%dT%H:%M:%SZ")) - real_time.timezone


def walk(client: api.SekoiaClient, since: int, **query: Any) -> list[dict[str, Any]]:
    return [item for page in client.alerts_since(api.AlertQuery(**query), since) for item in page.items]


KNOBS = [
    {},
    {"exclusive": True},
    {"shuffle": True},
    {"total": False},
    {"exclusive": True, "shuffle": True, "total": False},
]


@pytest.mark.parametrize("knobs", KNOBS)
@pytest.mark.parametrize(
    "moments",
    [
        [],
        [NOW],
        [NOW + number for number in range(250)],
        [NOW + number // 7 for number in range(350)],
        [NOW + 5] * 131,
        [NOW] * 99 + [NOW + 1] * 230 + [NOW + 2] * 5 + [NOW + 3] * 100 + [NOW + 90],
        [NOW - 1] * 150 + [NOW] * 150,
    ],
    ids=["none", "one", "spread", "dense", "burst", "bursts", "burst before the start"],
)
def test_the_walk_gives_every_alert_once_and_in_order(
    client: api.SekoiaClient, requests_mock: Mocker, moments: list[int], knobs: dict[str, Any]
) -> None:
    alerts = [alert(number, moment) for number, moment in enumerate(moments)]
    Tenant(requests_mock, alerts, **knobs)
    given = walk(client, NOW)
    assert sorted(one["uuid"] for one in given) == [one["uuid"] for one in alerts if one["created_at"] >= NOW]
    assert [one["created_at"] for one in given] == sorted(one["created_at"] for one in given)


def test_a_spread_backlog_costs_one_call_per_page_and_one_more(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    Tenant(requests_mock, [alert(number, NOW + 60 * number) for number in range(1000)])
    assert len(walk(client, NOW)) == 1000
    assert client.calls == 11


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("density", [20, 50, 60, 80, 98])
def test_dense_traffic_costs_at_most_one_call_a_second(
    client: api.SekoiaClient, requests_mock: Mocker, density: int, shuffle: bool
) -> None:
    seconds = 30
    alerts = [alert(number, NOW + number // density) for number in range(density * seconds)]
    Tenant(requests_mock, alerts, shuffle=shuffle)
    assert len(walk(client, NOW)) == len(alerts)
    assert client.calls <= min(seconds, math.ceil(len(alerts) / (99 - density))) + 2


@pytest.mark.parametrize("density", [99, 100, 130])
def test_seconds_fuller_than_a_page_are_read_by_offset_twice(
    client: api.SekoiaClient, requests_mock: Mocker, density: int
) -> None:
    seconds, pages = 10, math.ceil(3 * density / 100) + 1  # of a reading: the second and its two neighbours
    alerts = [alert(number, NOW + number // density) for number in range(density * seconds)]
    Tenant(requests_mock, alerts)
    assert len(walk(client, NOW)) == len(alerts)
    assert client.calls <= seconds * (2 * pages + 2) + 2


def test_alerts_that_leave_a_dense_second_while_walking_hide_no_other(client: Any, requests_mock: Mocker) -> None:
    tenant = Tenant(requests_mock, [alert(number, NOW + number // 60) for number in range(600)])
    given, kept = [], {one["uuid"] for one in tenant.alerts[5::7]}
    for page in client.alerts_since(api.AlertQuery(), NOW):
        given += page.items
        tenant.alerts = [one for one in tenant.alerts if one["uuid"] in kept]
    assert kept <= {one["uuid"] for one in given}


def test_alerts_that_leave_the_filter_while_walking_shift_nothing(client: Any, requests_mock: Mocker) -> None:
    tenant = Tenant(requests_mock, [alert(number, NOW + number) for number in range(250)])
    given = []
    for page in client.alerts_since(api.AlertQuery(), NOW):
        given += page.items
        del tenant.alerts[:50]
    assert len(given) == 250


def test_the_walk_keeps_the_upper_bound_and_the_filters_of_the_question(client: Any, requests_mock: Mocker) -> None:
    Tenant(requests_mock, [alert(1, NOW), alert(2, NOW + 500)])
    assert walk(client, NOW, created=(None, NOW + 100), types=("malware",)) == [alert(1, NOW)]
    assert last(requests_mock).qs["match[type_value]"] == ["malware"]


def test_the_walk_can_go_by_the_last_change(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    changed = [{"uuid": "a", "updated_at": NOW}, {"uuid": "a", "updated_at": NOW + 1}]
    requests_mock.get(ALERTS, **good(*changed))
    assert [page.items for page in client.alerts_since(api.AlertQuery(), NOW, "updated")] == [changed]
    query = last(requests_mock).qs
    assert (query["sort"], query["date[updated_at]"]) == (["updated_at"], ["2026-03-01t09:59:59z,now"])


def test_alerts_without_a_readable_moment_keep_their_place(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    items = [
        alert(1, NOW),
        alert(2, None),
        alert(3, True),
        {"title": 1},
        "odd",
        alert(4, str(NOW)),
        alert(5, NOW + 0.5),
    ]
    requests_mock.get(ALERTS, **good(*items))
    assert walk(client, NOW) == items


@pytest.mark.parametrize("moment", [NOW - 500, NOW + 86_401, 10**11], ids=["before", "a day ahead", "far ahead"])
def test_a_moment_outside_the_window_counts_as_unreadable(client: Any, requests_mock: Mocker, moment: int) -> None:
    items = [alert(1, NOW + 5), alert(2, moment), alert(3, NOW + 6)]
    requests_mock.get(ALERTS, **good(*items))
    assert walk(client, NOW) == items


def test_a_moment_of_a_clock_ahead_of_ours_is_still_a_moment(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    Tenant(requests_mock, [alert(1, NOW + 86_400)] * 100 + [alert(2, NOW + 86_400)])
    assert [one["uuid"][-1] for one in walk(client, NOW)] == ["1", "2"]


def test_what_is_no_json_number_reads_as_null(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    numbers = "[Infinity, -Infinity, 1, 1e999, -1e999, 2.5]"
    requests_mock.get(ALERTS, text=f'{{"items": [{{"uuid": "a", "x": NaN, "y": {numbers}}}]}}')
    assert walk(client, NOW) == [{"uuid": "a", "x": None, "y": [None, None, 1, None, None, 2.5]}]


def test_pages_before_a_failing_one_are_given(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    first = [alert(number, NOW + number) for number in range(100)]
    requests_mock.get(ALERTS, [good(*first), {"status_code": 400, "json": {"message": "no"}}])
    pages = client.alerts_since(api.AlertQuery(), NOW)
    assert next(pages).items == first
    with pytest.raises(api.SekoiaBadRequest):
        next(pages)


BROKEN_LISTS: dict[str, Answers] = {
    "not ascending": [good(alert(1, NOW + 1), alert(2, NOW))],
    "nothing readable": [good(*(alert(number, None) for number in range(100)))],
    "range ignored": [good(*(alert(number, NOW - 500 + number) for number in range(100)))],
    "repeated page": [good(*(alert(number, NOW + number) for number in range(100)))] * 2,
    "repeated later": [
        good(*(alert(number, NOW + 2 * number) for number in range(100))),
        good(*(alert(number, NOW + 198 + number) for number in range(100))),
        good(*(alert(number, NOW + 198 + number) for number in range(100))),
    ],
}


@pytest.mark.parametrize("name", BROKEN_LISTS)
def test_a_list_that_cannot_be_trusted_ends_the_walk(client: Any, requests_mock: Mocker, name: str) -> None:
    requests_mock.get(ALERTS, BROKEN_LISTS[name])
    error = failing(client, lambda: walk(client, NOW))
    assert (type(error), error.reason) == (api.SekoiaBadResponse, "paging")


def test_a_second_that_never_becomes_complete_ends_the_walk(client: api.SekoiaClient, requests_mock: Mocker) -> None:
    fresh = iter(range(10**6))

    def answer(request: Any, _context: Any) -> dict[str, Any]:
        if request.qs["offset"] == ["0"]:
            return {"items": [alert(next(fresh), NOW), *(alert(-number, NOW) for number in range(1, 100))]}
        return {"items": [alert(-number, NOW) for number in range(1, 60)]}

    requests_mock.get(ALERTS, json=answer)
    assert "incomplete after 10 readings" in str(failing(client, lambda: walk(client, NOW)))


def test_a_list_that_holds_an_alert_twice_does_not_stop_the_walk(client: Any, requests_mock: Mocker) -> None:
    burst = [alert(number, NOW) for number in range(150)]
    Tenant(requests_mock, [*burst, burst[0]])
    assert walk(client, NOW) == burst
