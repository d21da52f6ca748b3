"""What stays of an answer: structure, numbers, moments and the words on the list; nothing that tells of anybody."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.tape.redact import Redactor
from lab.tape.words import harvest, known

NAME = st.text("qzxwy", min_size=6, max_size=12)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
CANARIES = st.one_of(
    NAME,
    st.builds("{} {}".format, NAME, NAME),
    st.builds("{}@{}.test".format, NAME, NAME),
    st.builds("{}.{}.local".format, NAME, NAME),
    st.builds("https://{}.test/{}?token={}".format, NAME, NAME, NAME),
    st.builds("10.{}.{}.{}".format, *[st.integers(100, 255)] * 3),
    st.builds("fd00::{:x}:{:x}".format, *[st.integers(0x1000, 0xFFFF)] * 2),
    st.builds("AL{}".format, st.text("qzxwy", min_size=10, max_size=10)),
    st.uuids(version=4).map(str),
    HEX,
    st.builds("eyJ{}.{}.{}".format, NAME, NAME, NAME),
)
KEYS = st.one_of(st.sampled_from(["title", "name", "source", "uuid", "details", "status"]), CANARIES)


@st.composite
def answers(draw: st.DrawFn) -> tuple[Any, list[str]]:
    """An answer and every text in it that is not to be read."""
    planted: list[str] = []

    def secret() -> str:
        planted.append(draw(CANARIES))
        return planted[-1]

    def key() -> str:
        return secret() if draw(st.booleans()) else draw(st.sampled_from(["title", "name", "source", "stix"]))

    def part(depth: int) -> Any:
        kind = draw(st.integers(0, 3 if depth else 1))
        if kind == 2:
            return [part(depth - 1) for _ in range(draw(st.integers(0, 3)))]
        if kind == 3:
            return {key(): part(depth - 1) for _ in range(draw(st.integers(0, 3)))}
        return secret() if kind else draw(st.one_of(st.integers(0, 10**9), st.booleans(), st.none()))

    return {key(): part(3) for _ in range(3)}, planted


@given(answers())
def test_nothing_that_was_planted_can_be_read(drawn: tuple[Any, list[str]]) -> None:
    answer, planted = drawn
    told = json.dumps(Redactor().value(answer)).lower()
    assert [one for one in planted if one.lower() in told] == []


@given(st.lists(CANARIES, min_size=1, max_size=4), st.lists(CANARIES, min_size=1, max_size=3))
def test_nothing_that_was_planted_in_a_request_can_be_read(steps: list[str], values: list[str]) -> None:
    redactor = Redactor()
    path = redactor.path("/v1/sic/alerts/" + "/".join(one.replace("/", "%2F") for one in steps))
    query = redactor.query([("match[title]", ",".join(values)), (values[0], "1"), (f"match[{steps[0]}]", "now")])
    told = f"{path} {json.dumps(query)}".lower()
    assert [one for one in (*steps, *values) if one.lower() in told] == []


@given(answers())
def test_structure_numbers_and_truth_stay(drawn: tuple[Any, list[str]]) -> None:
    def bones(part: Any) -> Any:
        if isinstance(part, dict):
            return [bones(each) for each in part.values()]
        if isinstance(part, list):
            return [bones(each) for each in part]
        return "text" if isinstance(part, str) else part

    answer, _ = drawn
    assert bones(Redactor().value(answer)) == bones(answer)


@pytest.mark.parametrize(
    "kept",
    [
        *(
            "Pending",
            "in_progress",
            "created_at",
            "2026-03-01",
            "2026-03-01T10:00:00Z",
            "2026-03-01T10:00:00.123456+00:00",
        ),
        *("", "2efc4930-1442-4abb-acf2-58ba219a4fd0", "false_positive"),
    ],
)
def test_words_of_the_api_and_moments_stay(kept: str) -> None:
    assert Redactor().text(kept) == kept


SHAPES = {
    "10.1.2.3": r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}",
    "10.1.0.0/16": r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}/16",
    "fd00::1": r"2001:db8::[0-9a-f]+:[0-9a-f]+",
    "jo@corp.test": r"user-[0-9a-f]{8}@host-[0-9a-f]{8}\.example",
    "srv1.corp.test": r"host-[0-9a-f]{8}\.example",
    "https://corp.test/x": r"https://host-[0-9a-f]{8}\.example/[0-9a-f]{8}",
    "ALabcdefghij": r"AL[0-9A-Za-z]{10}",
    "d41d8cd98f00b204e9800998ecf8427e": r"[0-9a-f]{32}",
    "indicator--5b2f1c1e-8f0e-4a51-9d7c-0123456789ab": r"indicator--[0-9a-f]{8}(-[48]?[0-9a-f]{3,4}){3}-[0-9a-f]{12}",
    "Ada Lovelace": r"text-[0-9a-f]{10}",
}


@pytest.mark.parametrize(("text", "shape"), SHAPES.items(), ids=SHAPES)
def test_pseudonym_has_the_shape_of_what_it_stands_for(text: str, shape: str) -> None:
    import re

    assert re.fullmatch(shape, Redactor().text(text))


def test_pseudonyms_are_stable_in_one_recording_and_others_in_the_next() -> None:
    one, other = Redactor(), Redactor()
    assert one.text("Ada Lovelace") == one.text("Ada Lovelace") != other.text("Ada Lovelace")
    assert one.text("JO@corp.test") == one.text("jo@corp.test")


def test_field_names_of_events_stay_and_strange_ones_do_not() -> None:
    told = Redactor().value({"sekoiaio.intake.name": "a", "source.ip": "b", "corp.secret": "c"})
    assert [*told][:2] == ["sekoiaio.intake.name", "source.ip"]
    assert "corp" not in json.dumps(told)


def test_list_of_words_is_taken_from_a_description() -> None:
    description = {
        "paths": {"/v1/sic/alerts/{uuid}": {"get": {"parameters": [{"in": "query", "name": "match[short_id]"}]}}},
        "schema": {"properties": {"title": {"enum": ["low", 3]}}, "example": "Ada"},
    }
    assert harvest(description) == {"v1", "sic", "alerts", "match", "short_id", "title", "low"}
    assert {"alerts", "short_id", "false_positive"} <= known()
