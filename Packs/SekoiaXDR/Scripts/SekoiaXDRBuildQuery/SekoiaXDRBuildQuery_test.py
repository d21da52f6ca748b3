"""Tests of SekoiaXDRBuildQuery, alone in the platform's container."""

from typing import Any

import demistomock as demisto
import pytest
import SekoiaXDRBuildQuery as script
from hypothesis import given
from hypothesis import strategies as st


def query_of(**args: Any) -> str:
    return str(script.build_query(args).outputs["query"])


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("192.0.2.7", "source.ip"),
        ("2001:db8::7", "source.ip"),
        ("d41d8cd98f00b204e9800998ecf8427e", "file.hash.md5"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "file.hash.sha1"),
        ("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "file.hash.sha256"),
        ("https://shop.example/a?b=c", "url.original"),
        ("jo@shop.example", "email.from.address"),
        ("shop.example", "url.domain"),
        ("laptop-7", "host.name"),
        ("deadbeef", "host.name"),
        ("999.1.1.1", "host.name"),
    ],
)
def test_value_is_searched_where_such_values_live(value: str, first: str) -> None:
    assert query_of(values=value).startswith(f'{first}:"{value}"')


def test_each_value_is_searched_once_in_each_field() -> None:
    assert query_of(values="a, b,a", fields="x.y,z") == 'x.y:"a" OR z:"a" OR x.y:"b" OR z:"b"'


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_value_never_leaves_its_quotes(values: list[str]) -> None:
    if not script.words(values):
        return
    query, place, inside = query_of(values=values, fields="f"), 0, []
    while place < len(query):
        if query[place] == "\\":
            place += 2
            continue
        inside += [place] if query[place] == '"' else []
        place += 1
    outside = query[: inside[0]] + "".join(
        query[a + 1 : b] for a, b in zip(inside[1::2], [*inside[2::2], None], strict=True)
    )
    assert outside == "f:" + " OR f:" * (len(inside) // 2 - 1)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"values": " , "}, "values is empty"),
        ({}, "values is empty"),
        ({"values": [str(number) for number in range(51)]}, "50 at most"),
        ({"values": "a", "fields": 'x:"1" OR y'}, "is no name of a field"),
    ],
)
def test_what_makes_no_query_is_refused(args: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        script.build_query(args)


def test_refusal_is_an_error_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(demisto, "args", lambda: {"values": ""})
    monkeypatch.setattr(script, "return_error", shown.append)
    script.main()
    assert shown == ["The query was not built: values is empty: there is nothing to search."]
