"""The timeline: from the incident alone, with what is missing."""

from typing import Any

import pytest


def rows(count: int) -> list[dict[str, str]]:
    return [
        {
            "columnheader1": f"2026-03-01T10:{number % 60:02}:00Z",
            "columnheader2": f"event {number}",
            "columnheader3": "192.0.2.1",
        }
        for number in range(count)
    ]


def test_events_are_drawn_in_their_order_and_counted(page: Any) -> None:
    calls, text = page.run({}, incident=page.incident(events=rows(3)[::-1], occurrences=7))
    assert calls == []
    assert "<b>3</b> events on this page, <b>7</b> in the alert" in text
    assert text.index("event 0") < text.index("event 2")


def test_long_timeline_says_what_is_in_the_table(page: Any) -> None:
    _, text = page.run({}, incident=page.incident(events=rows(50), eventsstate="Cut"))
    assert "38 more are in the table below" in text
    assert "more events than an incident holds" in text


@pytest.mark.parametrize(
    ("state", "said"),
    [("Pending", "were not ready"), ("Failed", "failed"), ("None", "found no event"), ("", "holds no events")],
)
def test_missing_events_say_why_and_what_to_do(page: Any, state: str, said: str) -> None:
    assert said in page.run({}, incident=page.incident(eventsstate=state))[1]


def test_event_without_a_time_and_with_markup_is_shown_as_text(page: Any) -> None:
    odd = [{"columnheader1": "soon", "columnheader2": "<img src=x>", "columnheader3": None}]
    _, text = page.run({}, incident=page.incident(events=odd))
    assert "soon" in text
    assert "<img" not in text


def test_events_of_one_second_make_one_bar(page: Any) -> None:
    _, text = page.run({}, incident=page.incident(events=[*rows(1), *rows(1)]))
    assert text.count("height:56px") == 1
