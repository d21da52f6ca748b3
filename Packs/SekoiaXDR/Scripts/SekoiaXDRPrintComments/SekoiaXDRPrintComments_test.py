"""Comments: newest first, safe cells, and what is missing is said."""

from typing import Any


def test_comments_are_shown_newest_first_from_the_instance_of_the_incident(page: Any) -> None:
    comments = [
        {"date": 1772360100, "user": "Ines", "content": "first"},
        {"date": 1772360200, "author": "Marek", "content": "second"},
    ]
    calls, text = page.run({"sekoia-xdr-get-comments": comments})
    assert calls == [("sekoia-xdr-get-comments", {"id": "ALx7Qp2mZk9T", "using": "main"})]
    assert text.index("second") < text.index("first")
    assert "| 2026-03-01 10:16:40 | Marek | second |" in text


def test_author_that_is_an_identifier_is_shown_as_what_it_is(page: Any) -> None:
    comments = [
        {"date": 1772360100, "author": f"{kind}:6d0c", "user": "User with id 6d0c", "content": kind}
        for kind in ("user", "apikey", "robot")
    ]
    _, text = page.run({"sekoia-xdr-get-comments": comments})
    assert [row.split(" | ")[1:] for row in text.splitlines()[2:]] == [
        ["an analyst", "user |"],
        ["an API key", "apikey |"],
        ["User with id 6d0c", "robot |"],
    ]


def test_markup_in_a_comment_stays_text(page: Any) -> None:
    comments = [{"date": 1772360100, "user": "a|b", "content": "<img src=x> | `x`\n[a](b)"}]
    _, text = page.run({"sekoia-xdr-get-comments": comments})
    assert "<img" not in text
    assert "a\\|b" in text


def test_more_comments_than_are_shown_are_counted(page: Any) -> None:
    comments = [{"date": 1772360100 + number, "user": "x", "content": str(number)} for number in range(60)]
    _, text = page.run({"sekoia-xdr-get-comments": comments})
    assert text.endswith("*The first 50 of 60 comments are shown.*")


def test_no_comment_is_a_sentence(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-comments": []})
    assert text == "Nobody has commented on the alert yet."


def test_failing_call_is_told_in_place_of_the_section(page: Any) -> None:
    _, text = page.run({"sekoia-xdr-get-comments": ValueError("Sekoia is not there")})
    assert text == "⚠️ The comments cannot be shown now: Sekoia is not there"


def test_incident_without_an_alert_asks_nothing(page: Any) -> None:
    calls, text = page.run({}, incident={"id": "7", "CustomFields": {}})
    assert calls == []
    assert "does not say which Sekoia alert" in text
