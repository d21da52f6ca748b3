"""What is asked of Sekoia and what its failures mean, fact by fact: pure functions; pytest alone, no network."""

import json
from typing import Any

import pytest
import SekoiaXDRCallApiModule as api

UUID = "d5b1b2a4-8f0e-4a57-9c2d-0a3e6f7b8c9d"
NOW = 1_772_359_200  # 2026-03-01T10:00:00Z
HTML = {"Content-Type": "text/html"}


# ---------------------------------------------------------------- addresses and ids
@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("https://api.sekoia.io", "https://api.sekoia.io"),
        (" https://api.sekoia.io/ ", "https://api.sekoia.io"),
        ("https://api.sekoia.io/v1", "https://api.sekoia.io"),
        ("https://API.sekoia.io/api/", "https://api.sekoia.io"),
        ("https://app.sekoia.io", "https://app.sekoia.io/api"),
        ("https://app.fra2.sekoia.io/api/api/", "https://app.fra2.sekoia.io/api"),
        ("https://app.fra2.sekoia.io/operations/alerts", "https://app.fra2.sekoia.io/api"),
        ("https://app.mco1.sekoia.io/api/v1/", "https://app.mco1.sekoia.io/api"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://proxy.example/sekoia//api/api/v2/", "https://proxy.example/sekoia/api"),
        ("https://api.proxy.example/deep", "https://api.proxy.example/deep"),
        *((root, root) for root in api.API_ROOTS.values()),
    ],
)
def test_every_way_to_write_the_base_url_gives_one_root(given: str, root: str) -> None:
    assert api.api_root(given) == root


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "does not start with https"),
        ("api.sekoia.io", "does not start with https"),
        ("ftp://api.sekoia.io", "does not start with https"),
        ("https://", "names no host"),
        ("https://a b.example", "names no host"),
        ("https://user:secret@api.sekoia.io", "must not hold a user name"),
        ("https://api.sekoia.io:port", "cannot be used"),
    ],
)
def test_what_is_no_base_url_is_refused_with_an_example(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        api.api_root(url)
    assert "Write it like https://api.sekoia.io" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("value", "prefix"), [(f" {UUID} ", None), (UUID.upper(), "AL"), ("ALa1B2c3D4e5", "AL")])
def test_a_good_id_comes_back_stripped(value: str, prefix: str | None) -> None:
    assert api.validate_id(value, "alert", prefix) == value.strip()


def test_a_kind_without_short_ids_asks_for_a_uuid() -> None:
    with pytest.raises(ValueError, match=r"give a uuid\.$"):
        api.validate_id("ALa1B2c3D4e5", "verdict", None)


# ---------------------------------------------------------------- questions
def test_a_full_question_becomes_the_parameters_of_the_api() -> None:
    query = api.AlertQuery(
        status_names=("Pending", "Ongoing"),
        types=("malware",),
        ids=(UUID,),
        urgency=(40, 100),
        created=(NOW, None),
        updated=(None, NOW),
        extra={"match[source]": "192.0.2.1"},
        with_count=False,
    )
    assert query.params() == {
        "match[status_name]": "Pending,Ongoing",
        "match[type_value]": "malware",
        "match[uuid]": UUID,
        "range[urgency]": "40,100",
        "date[created_at]": "2026-03-01T10:00:00Z,now",
        "date[updated_at]": "1970-01-01T00:00:00Z,2026-03-01T10:00:00Z",
        "match[source]": "192.0.2.1",
        "sort": "created_at",
        "direction": "asc",
        "with_count": "false",
    }


def test_short_ids_are_matched_as_short_ids() -> None:
    params = api.AlertQuery(ids=("ALa1B2c3D4e5",)).params()
    assert params == {"match[short_id]": "ALa1B2c3D4e5", "sort": "created_at", "direction": "asc"}


@pytest.mark.parametrize(
    "query",
    [
        api.AlertQuery(rule_names=("Login, then theft",)),
        api.AlertQuery(entity_names=("",)),
        api.AlertQuery(ids=(UUID, "ALa1B2c3D4e5")),
    ],
)
def test_what_the_api_cannot_express_is_refused(query: api.AlertQuery) -> None:
    with pytest.raises(ValueError, match=r"cannot"):
        query.params()


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("PATCH", f"/v1/sic/alerts/{UUID}/workflow", "Update alert status"),
        ("POST", f"/v1/sic/alerts/{UUID}/comments", "Comment on alerts"),
        ("PATCH", f"/v1/sic/alerts/{UUID}", "Manage alerts"),
        ("GET", "/v1/sic/kill-chains", "View alerts"),
        ("GET", "/v1/sic/custom_verdicts", "View cases and View alerts"),
        ("GET", "/v2/asset-management/assets", "View asset"),
        ("POST", "/v1/sic/conf/events/search/jobs", "View intakes and View events"),
        ("GET", "/v1/nothing", ""),
    ],
)
def test_a_403_names_the_permission_the_call_needs(method: str, path: str, permission: str) -> None:
    rule = api.permission_rule(f"{method} {path}")
    assert rule.permission == permission
    assert all(f"'{title}'" in rule.next_step for title in permission.split(" and ") if title)


@pytest.mark.parametrize("value", ["", "..", "AL/../x", "ALa1B2c3D4e5/comments", "CAa1B2c3D4e5"])
def test_path_of_an_alert_holds_nothing_but_an_alert_id(value: str) -> None:
    assert api.alert_path(" ALa1B2c3D4e5 ", "/comments") == "/v1/sic/alerts/ALa1B2c3D4e5/comments"
    with pytest.raises(ValueError, match="is no alert id"):
        api.alert_path(value)


def test_question_about_another_time_is_the_same_question_in_that_order() -> None:
    query = api.AlertQuery(types=("worm",), sort="urgency", direction="desc").between("updated", NOW, None)
    assert query.params() == {
        "match[type_value]": "worm",
        "date[updated_at]": "2026-03-01T10:00:00Z,now",
        "sort": "updated_at",
        "direction": "asc",
    }


# ---------------------------------------------------------------- answers
def answer(status: int, body: Any = None, **headers: str) -> api.ApiAnswer:
    return api.ApiAnswer(status, headers, body if isinstance(body, bytes) else json.dumps(body or {}).encode())


PAGE = b"<html><title> Sign in </title></html>"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(400, {"code": "X1", "message": "no such field"}), ("X1", "no such field")),
        (
            answer(422, {"detail": [{"loc": ["query", "limit"], "msg": "too large"}, "odd"]}),
            ("", "query.limit: too large"),
        ),
        (answer(400, [1]), ("", "[1]")),
        (answer(502, b"  plain\n words "), ("", "plain words")),
        (answer(502, b"\xff"), ("", "\ufffd")),
        (answer(500, b""), ("", "no text")),
        (answer(500, PAGE), ("", "a web page titled 'Sign in'")),
        (api.ApiAnswer(200, HTML, b"no title"), ("", "a web page")),
    ],
)
def test_words_of_an_answer_are_those_that_people_can_use(given: api.ApiAnswer, words: tuple[str, str]) -> None:
    assert given.words() == words


@pytest.mark.parametrize(
    ("given", "names_object", "kind"),
    [
        (answer(401, {"code": "T301"}), False, "expired"),
        (answer(401, {"message": "Token revoked."}), False, "revoked"),
        (answer(401), False, "refused"),
        (answer(404, {"message": "?"}), True, "missing"),
        (answer(404, {"message": "?"}), False, "root"),
        (answer(404, PAGE), True, "root"),
        (answer(307), True, "redirect"),
        (answer(403, PAGE), False, "server:blocked"),
        (answer(429, PAGE), False, "server:blocked"),
        (answer(429), False, "rate"),
        (answer(407, PAGE), False, "proxy"),
        (answer(400, PAGE), False, "page"),
        (answer(409), False, "conflict"),
        (answer(410), False, "gone"),
        (answer(418), False, "argument"),
        (answer(503, PAGE), False, "server"),
    ],
)
def test_failure_means_what_its_status_its_words_and_its_call_say(
    given: api.ApiAnswer, names_object: bool, kind: str
) -> None:
    call = api.ApiCall("GET", "/v1/x", names_object=names_object)
    assert api.rule_for(call, given) == api.FAULTS[kind]


@pytest.mark.parametrize("kind", sorted(api.FAULTS))
def test_error_of_each_kind_tells_what_was_attempted_what_came_back_and_what_to_do(kind: str) -> None:
    rule = api.FAULTS[kind]
    error = rule.error("GET /v1/x", "HTTP 418: teapot. ", rule, api.AnswerFacts(418, "X1", "teapot", 2.0))
    assert str(error) == f"GET /v1/x: HTTP 418: teapot. {rule.next_step}"
    assert (error.status, error.code, error.retry_after) == (418, "X1", 2.0)
    assert error.reason == kind.partition(":")[0]


def test_only_what_may_have_been_done_is_doubtful_and_what_may_pass_is_transient() -> None:
    errors = {kind: rule.error("GET /v1/x", "?", rule) for kind, rule in api.FAULTS.items()}
    assert {kind for kind, error in errors.items() if error.transient and not error.doubtful} == {
        "rate",
        "dns",
        "refused:host",
        "timeout:connect",
    }
    assert not any(errors[kind].doubtful or errors[kind].transient for kind in ("argument", "conflict", "permission"))
