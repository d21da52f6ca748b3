"""A comment whose answer was lost: what counts as ours, by Sekoia's own clock, and what must be posted again."""

from typing import Any

import pytest
import requests
from requests_mock import Mocker
from SekoiaXDRApiModule_test import ALERT, HTML, NOW, PAGE, UUID, FakeTime, comment, good

COMMENTS = f"{ALERT}/comments"


def dated(seconds: int, *items: Any) -> dict[str, Any]:
    """A list of comments from a Sekoia whose clock is so many seconds after ten o'clock."""
    minute, second = divmod(seconds, 60)
    return good(*items) | {"headers": {"Date": f"Sun, 01 Mar 2026 10:{minute:02}:{second:02} GMT"}}


@pytest.mark.parametrize("age", [3, 30, 59])
def test_an_older_comment_of_the_same_text_is_not_taken_for_ours(client: Any, requests_mock: Mocker, age: int) -> None:
    posted = requests_mock.post(COMMENTS, [{"exc": requests.ReadTimeout}, {"json": comment(date=NOW + 2)}])
    requests_mock.get(COMMENTS, **dated(2, comment(date=NOW - age)))
    assert client.post_comment(UUID, "hello", "SOC")["date"] == NOW + 2
    assert posted.call_count == 2


def test_ours_is_found_beside_an_older_one_of_the_same_text(client: Any, requests_mock: Mocker) -> None:
    posted = requests_mock.post(COMMENTS, exc=requests.ReadTimeout)
    requests_mock.get(COMMENTS, **dated(2, comment(date=NOW - 30), comment(date=NOW)))
    assert client.post_comment(UUID, "hello", "SOC")["date"] == NOW
    assert posted.call_count == 1


@pytest.mark.parametrize("ahead", [45, 3000])
@pytest.mark.parametrize("arrived", [True, False])
def test_ours_is_known_by_the_clock_of_sekoia(client: Any, requests_mock: Mocker, ahead: int, arrived: bool) -> None:
    older, ours = comment(date=NOW + ahead - 3), comment(date=NOW + ahead)
    posted = requests_mock.post(COMMENTS, [{"exc": requests.ReadTimeout}, {"json": ours}])
    requests_mock.get(COMMENTS, **dated(ahead + 2, older, *[ours] * arrived))
    assert client.post_comment(UUID, "hello", "SOC") == ours
    assert posted.call_count == (1 if arrived else 2)


def test_ours_is_found_when_the_clock_of_sekoia_is_far_behind(
    client: Any, clock: FakeTime, requests_mock: Mocker
) -> None:
    clock.now = 900.0
    posted = requests_mock.post(COMMENTS, exc=requests.ReadTimeout)
    requests_mock.get(COMMENTS, **dated(2, comment(date=NOW)))
    assert client.post_comment(UUID, "hello", "SOC") == comment(date=NOW)
    assert posted.call_count == 1


DATE = {"Date": "Sun, 01 Mar 2026 10:40:00 GMT"}
GATEWAY = {"status_code": 504, "text": "", "headers": DATE}
WEB_PAGE = {"text": PAGE, "headers": HTML | DATE}


@pytest.mark.parametrize("answer", [GATEWAY, WEB_PAGE, {"exc": requests.ReadTimeout}], ids=["gateway", "page", "none"])
@pytest.mark.parametrize("headers", [{}, {"Date": "soon"}, {"Date": ""}])
def test_without_a_date_of_sekoia_a_minute_is_allowed(
    client: Any, requests_mock: Mocker, answer: Any, headers: Any
) -> None:
    posted = requests_mock.post(COMMENTS, **answer)
    requests_mock.get(COMMENTS, **good(comment(date=NOW - 50)), headers=headers)
    assert client.post_comment(UUID, "hello", "SOC") == comment(date=NOW - 50)
    assert posted.call_count == 1
