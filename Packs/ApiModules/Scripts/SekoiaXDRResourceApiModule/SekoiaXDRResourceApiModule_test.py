"""Commands that are described as tables."""

from typing import Any

import pytest
import requests_mock
import SekoiaXDRResourceApiModule as resource

URL = "https://api.sekoia.io"
UUID = "5f1c2a4e-8d0b-4c7a-9e53-0a1b2c3d4e5f"
PARAMS = resource.Params.read({"url": URL, "credentials": {"password": "not-a-real-key"}, "timezone": "UTC"})
THINGS = resource.Listing(
    title="Things",
    path="/v1/sic/boxes/{box}/things",
    prefix="SekoiaXDR.Thing",
    columns={"Name": "name", "Tags": "tags", "Made": "created_at"},
    fields={
        "name": resource.Field("match[name]", resource.listed),
        "urgent": resource.Field("urgent", resource.yes_no),
        "created_at": resource.Field("date[created_at]", resource.window),
    },
    ids={"box": ("box", "BX")},
)
RENAME = resource.Change(
    done="Box {box} is renamed",
    method="PATCH",
    path="/v1/sic/boxes/{box}",
    ids={"box": ("box", "BX")},
    fields={
        "name": resource.Field("title", resource.text_of(2, 5)),
        "count": resource.Field("n", resource.whole(1, 9)),
    },
    some=True,
    prefix="SekoiaXDR.Box",
)


def run(command: resource.Command, **args: str) -> Any:
    return command(PARAMS.client(30), args, PARAMS)


def test_list_passes_arguments_on_as_the_api_names_them(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(
        f"{URL}/v1/sic/boxes/{UUID}/things", json={"items": [{"uuid": "1", "name": "a|b", "tags": ["x"]}]}
    )
    result = run(
        resource.listing(THINGS), box=UUID, name="one,two", urgent="yes", created_at="2026-01-01T00:00:00Z,now"
    )
    sent = requests_mock.last_request
    assert sent is not None
    assert sent.qs == {
        "match[name]": ["one,two"],
        "urgent": ["true"],
        "date[created_at]": ["2026-01-01t00:00:00z,now"],
        "limit": ["20"],
        "offset": ["0"],
    }
    assert result.outputs == [{"uuid": "1", "name": "a|b", "tags": ["x"], "box": UUID}]
    assert "| a\\|b | x |" in result.readable_output


def test_page_is_one_call_with_an_offset(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/boxes/{UUID}/things", json={"items": []})
    result = run(resource.listing(THINGS), box=UUID, page="3", limit="50")
    assert [(r.qs["limit"], r.qs["offset"]) for r in requests_mock.request_history] == [(["50"], ["100"])]
    assert result.readable_output == "### Things (0)\nNothing matches."


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"box": "../alerts"}, "is no box id"),
        ({"box": UUID, "page": "1", "all_results": "true"}, "page: leave it out"),
        ({"box": UUID, "page": "1", "limit": "101"}, "a page holds at most 100"),
        ({"box": UUID, "urgent": "perhaps"}, "urgent: 'perhaps' is neither true nor false"),
        ({}, "box: a value is needed"),
    ],
)
def test_list_refuses_before_it_calls(args: dict[str, str], says: str, requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match=says):
        run(resource.listing(THINGS), **args)
    assert requests_mock.request_history == []


def test_change_is_sent_once_as_json(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.patch(f"{URL}/v1/sic/boxes/{UUID}", json={"uuid": UUID, "title": "abc"})
    result = run(resource.change(RENAME), box=UUID, name="abc", count="3")
    assert [r.json() for r in requests_mock.request_history] == [{"title": "abc", "n": 3}]
    assert (result.outputs, result.readable_output) == ({"uuid": UUID, "title": "abc"}, f"### Box {UUID} is renamed")


def test_dry_run_shows_the_call_and_sends_nothing(requests_mock: requests_mock.Mocker) -> None:
    result = run(resource.change(RENAME), box=UUID, name="abc", dry_run="true")
    assert f"`PATCH /v1/sic/boxes/{UUID}`" in result.readable_output
    assert requests_mock.request_history == []


def test_change_without_anything_to_change_is_refused(requests_mock: requests_mock.Mocker) -> None:
    with pytest.raises(ValueError, match="give at least one of name, count"):
        run(resource.change(RENAME), box=UUID)
    assert requests_mock.request_history == []


def test_doubtful_change_is_not_repeated(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.patch(f"{URL}/v1/sic/boxes/{UUID}", status_code=504, text="late")
    with pytest.raises(resource.SekoiaDoubtful, match="Look at the object"):
        run(resource.change(RENAME), box=UUID, name="abc")
    assert len(requests_mock.request_history) == 1


@pytest.mark.parametrize(
    ("text", "range_"), [("3", "3,9"), ("3,5", "3,5"), (",5", "1,5"), ("3,", "3,9"), ("1,9", "1,9")]
)
def test_range_with_open_ends(text: str, range_: str) -> None:
    assert resource.between(1, 9)(text, "n", PARAMS.client(1)) == range_


@pytest.mark.parametrize("text", ["5,3", "0,3", "1,2,3", "x"])
def test_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^n:"):
        resource.between(1, 9)(text, "n", PARAMS.client(1))


def test_envelope_is_on_the_first_element_and_knows_the_size_of_the_list(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/boxes/{UUID}/things", json={"items": [{"uuid": "1"}, {"uuid": "2"}], "total": 7})
    spec = THINGS._replace(envelope=lambda items, total: {"total": total, "last": items[-1]["uuid"]})
    found = run(resource.listing(spec), box=UUID, limit="2").outputs
    assert found == [{"total": 7, "last": "2", "uuid": "1", "box": UUID}, {"uuid": "2", "box": UUID}]


def test_envelope_of_nothing_is_nothing(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/boxes/{UUID}/things", json={"items": [], "total": 0})
    spec = THINGS._replace(envelope=lambda items, total: {"first": items[0]})
    assert run(resource.listing(spec), box=UUID).outputs == []


@pytest.mark.parametrize(
    ("item", "cell"),
    [
        ({"name": "x", "link": "https://a.example/x"}, "[x](https://a.example/x)"),
        ({"other": "y"}, "y"),
        ({"name": "", "other": "](https://b.example)"}, "]\\(https://b.example)"),
        ({}, ""),
    ],
)
def test_cell_takes_the_first_value_and_links_it(item: dict[str, str], cell: str) -> None:
    assert resource.shown(item, "name|other@link", PARAMS) == cell


def test_list_leaves_secrets_out_of_the_raw_response(requests_mock: requests_mock.Mocker) -> None:
    thing = {"uuid": "1", "intake": {"name": "a", "key": "not-a-real-secret"}}
    requests_mock.get(f"{URL}/v1/sic/boxes/{UUID}/things", json={"items": [thing]})
    assert run(resource.listing(THINGS), box=UUID).raw_response == [{"uuid": "1", "intake": {"name": "a"}}]


@pytest.mark.parametrize(("title", "fails"), [("abc", False), ("old", True)])
def test_doubtful_change_is_looked_for_where_it_is_visible(
    title: str, fails: bool, requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("SekoiaXDRApiModule.SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("SekoiaXDRApiModule.ERROR_PAUSE", 0.0)
    requests_mock.patch(f"{URL}/v1/sic/boxes/{UUID}", status_code=504, text="late")
    requests_mock.get(f"{URL}/v1/sic/boxes/{UUID}", json={"uuid": UUID, "title": title})
    command = resource.change(RENAME._replace(visible=True))
    if fails:
        with pytest.raises(resource.SekoiaDoubtful, match="no effect is to be seen"):
            run(command, box=UUID, name="abc")
    else:
        assert run(command, box=UUID, name="abc").outputs == {"uuid": UUID, "title": "abc"}
    assert [call.method for call in requests_mock.request_history].count("PATCH") == (2 if fails else 1)


@pytest.mark.parametrize("value", [None, "", "  ", ",", " , ", []])
def test_argument_that_names_nothing_is_not_sent(value: Any, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{URL}/v1/sic/boxes/{UUID}/things", json={"items": []})
    run(resource.listing(THINGS), box=UUID, name=value)
    assert requests_mock.last_request is not None
    assert "match[name]" not in requests_mock.last_request.qs


@pytest.mark.parametrize("value", [0, False, "0", "false", ["a"], {"a": 1}])
def test_argument_that_is_there_names_something(value: Any) -> None:
    assert not resource.names_nothing(value)


@pytest.mark.parametrize("value", [None, "", ",", "[]", []])
def test_needed_list_of_nothing_is_refused(value: Any) -> None:
    fields = {"ids": resource.Field("ids", resource.several, needed=True)}
    with pytest.raises(ValueError, match="ids: a value is needed"):
        resource.passed_on(PARAMS.client(30), {"ids": value}, fields)


@pytest.mark.parametrize("value", ["[]", '[""]', "[ ]", ","])
def test_empty_list_that_comes_as_text_is_not_sent(value: Any) -> None:
    fields = {"tags": resource.Field("tags", resource.several), "title": resource.Field("title")}
    assert resource.passed_on(PARAMS.client(30), {"tags": value, "title": "new"}, fields) == {"title": "new"}
