"""What goes out, fact by fact: wishes over JSON, errands over requests-mock; pytest alone, no clock."""

from typing import Any

import pytest
import SekoiaXDRMirrorOutApiModule as mirror

SHORT, UUID = "ALx7Qp2mZk9T", "a15d438f-c9f8-4aa4-bb56-f7b47f300e2b"
ONGOING = {"uuid": "1f2f88d5-ff5b-48bf-bbbc-00c2fff82d9f", "name": "Ongoing"}
NOW = 1_772_359_200


def settings(**raw: Any) -> mirror.MirrorSettings:
    on = dict.fromkeys(("close_incident", "reopen_incident", "reopen_out"), True)
    return mirror.mirror_settings({"mirror_direction": "Incoming and Outgoing", **on, **raw})


def alert(status: dict[str, str] = ONGOING, **more: Any) -> dict[str, Any]:
    return {
        "uuid": UUID,
        "short_id": SHORT,
        "status": status,
        "updated_at": NOW,
        "urgency": {"current_value": 62},
        **more,
    }


def wish(record: dict[str, Any], **args: Any) -> dict[str, Any]:
    given = {"data": {}, "delta": {}, "entries": [], "incidentChanged": True, "remoteId": SHORT, "status": 1, **args}
    return mirror.wish_of(mirror.UpdateRemoteSystemArgs(given), record, settings())


# --- out --------------------------------------------------------------------------------------------------------------


def test_delta_names_the_fields_and_data_has_their_values() -> None:
    made = wish({"l": "o"}, data={"urgency": 15.0, "title": "same"}, delta={"urgency": 20})
    assert made["fields"] == {"urgency": "15"}


def test_without_a_delta_the_fields_that_differ_from_the_base_are_sent() -> None:
    view = mirror.incident_view(alert(title="old"), "", (20, 40, 80))
    data = {"title": "new", "urgency": 62, "status": "Ongoing", "mirror_base": mirror.base_of(view)}
    assert wish({"l": "o"}, data=data)["fields"] == {"title": "new"}
    assert "fields" not in wish({"l": "o"}, data=data, incidentChanged=False)


@pytest.mark.parametrize("delta", [{}, {"close_reason": "Resolved"}, {"closingUserId": "ada"}])
def test_closing_is_seen_with_and_without_a_delta(delta: dict[str, str]) -> None:
    made = wish({"l": "o"}, status=2, delta=delta, data={"close_reason": "Resolved", "close_notes": "n"})
    assert (made["close"]["reason"], made["close"]["notes"], made["local"]) == ("Resolved", "n", "c")


@pytest.mark.parametrize("known", ["c", "g"])
def test_edit_of_a_closed_incident_closes_nothing_and_sends_no_status(known: str) -> None:
    made = wish({"l": known}, status=2, delta={"title": "x", "status": "Ongoing"}, data={"title": "x"})
    assert ("close" in made, made["fields"], made["again"]) == (False, {"title": "x"}, ["status"])


def test_reopening_needs_more_than_an_edit() -> None:
    assert "reopen" not in wish({"l": "g"}, delta={"title": "x"}, data={"title": "x"})
    assert wish({"l": "g"}, delta={"close_reason": ""})["reopen"] is True
    assert wish({"l": "c"})["reopen"] is True


@pytest.mark.parametrize(
    ("entry", "content"),
    [
        ({"id": "7@12", "contents": "hello", "user": "ada"}, "hello\n\n[XSOAR 7@12]"),
        ({"id": "7@12", "contents": "", "file": "a.txt"}, "File in XSOAR: a.txt\n\n[XSOAR 7@12]"),
        ({"id": "7@12", "contents": {"a": 1}}, '{"a": 1}\n\n[XSOAR 7@12]'),
        ({"id": "7@12", "contents": "x", "tags": ["CommentFromSekoia", "comments"]}, None),
        ({"id": "7@12", "contents": "x\n\n[XSOAR 3@12]"}, None),
        ({"id": "7@12", "contents": " "}, None),
        ("odd", None),
    ],
)
def test_entry_becomes_a_marked_comment(entry: Any, content: str | None) -> None:
    made = mirror.outgoing_comment(entry, settings())
    assert (made[0] if made else None) == content
    assert not made or len(made[1]) <= mirror.AUTHOR_LENGTH


def test_wishes_join() -> None:
    old = {
        "fields": {"title": "a", "urgency": "1"},
        "known": {"title": "k"},
        "comments": [["x", "me"]],
        "close": {"a": 1},
    }
    new = {
        "fields": {"title": "b"},
        "known": {"title": "later"},
        "comments": [["x", "me"], ["y", "me"]],
        "reopen": True,
    }
    joined = mirror.joined_wish(old, new)
    assert joined["fields"] == {"title": "b", "urgency": "1"}
    assert (joined["known"], joined["comments"]) == ({"title": "k"}, [["x", "me"], ["y", "me"]])
    assert ("close" in joined, joined["reopen"]) == (False, True)
