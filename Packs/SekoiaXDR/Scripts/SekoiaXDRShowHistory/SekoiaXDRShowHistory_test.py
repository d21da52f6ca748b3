"""History: every kind of entry in words, known or not."""

from typing import Any

ENTRIES = [
    {
        "created_at": 1772360100,
        "created_by_type": "application",
        "entry_type": "alert",
        "alert": {"status": "Pending", "previous_status": None},
    },
    {
        "created_at": 1772360200,
        "created_by_type": "avatar",
        "entry_type": "alert",
        "alert": {"status": "Acknowledged", "previous_status": "Pending"},
        "history_comments": [{"content": "Taken by the night team."}],
    },
    {
        "created_at": 1772360300,
        "created_by_type": "avatar",
        "entry_type": "urgency",
        "urgency": {"value": 80, "previous_value": 40},
    },
    {"created_at": 1772360400, "created_by_type": "avatar", "entry_type": "brand_new", "brand_new": {"what": "ever"}},
    {"created_at": None, "entry_type": None},
]


def test_entries_are_told_in_words_newest_first(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-history-alert": ENTRIES})
    assert "| 2026-03-01 10:15:00 | Sekoia | status → Pending |" in text
    assert "| an analyst | status Pending → Acknowledged — “Taken by the night team.” |" in text
    assert "| urgency 40 → 80 |" in text
    assert text.index("10:20:00") < text.index("10:15:00")


def test_unknown_kind_of_entry_is_shown_with_what_it_says(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-history-alert": ENTRIES})
    assert "brand_new what: ever" in text


def test_failing_call_is_told_in_place_of_the_section(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-history-alert": ValueError("Sekoia is not there")})
    assert text == "⚠️ The history cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(page: Any) -> None:
    calls, text = page.run({}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
