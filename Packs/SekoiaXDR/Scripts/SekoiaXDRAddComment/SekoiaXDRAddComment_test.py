"""Add comment: signed by the analyst, on the incident's instance."""

from typing import Any

POST = "sekoia-xdr-post-comment-alert"


def test_comment_is_signed_and_goes_to_the_instance_of_the_incident(page: Any) -> None:
    answers = {"getUsers": [{"name": "A name that is longer than Sekoia takes"}], POST: {}}
    calls, text = page.run(answers, args={"short_id": "AL1", "comment": "Done"})
    sent = {"id": "AL1", "comment": "Done", "author": "A name that is longer than Sekoi", "using": "main"}
    assert calls[-1] == (POST, sent)
    assert text == "Comment added to AL1: Done"


def test_unknown_analyst_signs_with_nothing(page: Any) -> None:
    answers = {"getUsers": ValueError("unknown command"), POST: {}}
    calls, _ = page.run(answers, args={"comment": "Done"})
    assert calls[-1] == (POST, {"id": "ALx7Qp2mZk9T", "comment": "Done", "using": "main"})


def test_empty_comment_is_refused_before_any_call(page: Any) -> None:
    assert "comment: write" in page.refused({}, args={"comment": "  "})


def test_refusal_of_sekoia_is_told(page: Any) -> None:
    answers = {"getUsers": [], POST: ValueError("Comment on alerts is missing")}
    assert "Comment on alerts is missing" in page.refused(answers, args={"comment": "Done"})
