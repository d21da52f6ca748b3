"""Classifier, mapper, fields, filters and transformers, each applied as its JSON says."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.classifier import classify
from lab.xsoar.errors import BadFieldValue, TransformFailed, UnknownName
from lab.xsoar.filters import passes
from lab.xsoar.host import Host
from lab.xsoar.incidents import Incident
from lab.xsoar.mapper import apply_mapper, resolve
from lab.xsoar.paths import value_at
from lab.xsoar.transformers import transform
from tests.xsoar.acme_pack import INTEGRATION, KEY, RULES, at_path, build, complex_rule, literal, transformer
from tests.xsoar.conftest import Configure

ALERT = {"id": "A-1", "title": "Odd login", "severity": 3}


def fetched(host: Host, configure: Configure, **more: Any) -> Incident:
    """The incident that one remote item becomes."""
    return host.fetch(configure(feed=json.dumps([{**ALERT, **more}]))).created[0]


def mapped(folder: Path, rules: Mapping[str, Any], item: dict[str, Any], keep_labels: bool = False) -> Incident:
    """The incident that an item becomes under other mapping rules."""
    host = Host(build(folder, rules, keep_labels), ":memory:", Clock())
    instance = host.add_instance(
        INTEGRATION, "one", {"credentials": {"password": KEY}, "feed": json.dumps([{**ALERT, **item}])}
    )
    incident = host.fetch(instance).created[0]
    host.close()
    return incident


def test_system_fields_come_from_the_mapper(host: Host, configure: Configure) -> None:
    incident = fetched(host, configure)

    assert (incident.name, incident.severity, incident.dbot_mirror_id) == ("Odd login", 3.0, "A-1")


def test_fields_are_found_by_display_name_and_by_cli_name(host: Host, configure: Configure) -> None:
    incident = fetched(host, configure, text="t")

    assert (incident.fields["Acme Text"], incident.fields["acmetext"], incident.fields["Acme When"]) == ("t", "t", None)


def test_unknown_field_name_raises(host: Host, configure: Configure) -> None:
    with pytest.raises(UnknownName, match="Acme Colours"):
        fetched(host, configure).fields["Acme Colours"]


def test_rule_of_the_type_wins_over_the_rule_for_all(host: Host, configure: Configure) -> None:
    assert fetched(host, configure, text="right", wrong="wrong").custom_fields["acmetext"] == "right"


def test_rules_for_all_serve_another_type(host: Host, configure: Configure) -> None:
    incident = fetched(host, configure, kind="odd", text="text", wrong="for all")

    assert (incident.type, incident.custom_fields) == ("Acme Oddity", {"acmetext": "for all"})


def test_source_labels_are_always_there(host: Host, configure: Configure) -> None:
    labels = fetched(host, configure).labels

    assert [dict(label) for label in labels] == [
        {"type": "Instance", "value": "one"},
        {"type": "Brand", "value": "AcmeWatch"},
    ]


def test_attributes_that_are_not_mapped_become_labels(tmp_path: Path) -> None:
    incident = mapped(tmp_path, RULES, {"extra": {"a": 1}}, keep_labels=True)

    assert {"type": "extra", "value": '{"a": 1}'} in [dict(label) for label in incident.labels]
    assert "title" not in {label["type"] for label in incident.labels}


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("number", "7", 7),
        ("number", 2.5, 2.5),
        ("flag", "true", True),
        ("when", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("colour", "red", "red"),
        ("hosts", [{"name": "a"}, {"name": "b"}, {"name": "a"}], ["a", "b"]),
        ("rows", [{"name": "n", "role": "r"}], [{"name": "n", "role": "r"}]),
        ("rows", {"name": "n"}, [{"name": "n"}]),
        ("text", 7, "7"),
    ],
)
def test_value_fits_its_field(host: Host, configure: Configure, key: str, value: Any, kept: Any) -> None:
    custom = fetched(host, configure, **{key: value}).custom_fields

    assert custom[f"acme{ {'rows': 'grid'}.get(key, key) }"] == kept


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number", "many"),
        ("flag", "perhaps"),
        ("when", "yesterday"),
        ("when", 1772359200),
        ("colour", "blue"),
        ("rows", ["a"]),
        ("rows", [{"Name": "n"}]),
        ("text", ["a"]),
        ("text", {"a": 1}),
        ("text", "x" * 60_001),
        ("severity", 5),
        ("title", "x" * 601),
    ],
)
def test_value_that_does_not_fit_raises(host: Host, configure: Configure, key: str, value: Any) -> None:
    with pytest.raises(BadFieldValue), host.invariants.without("sound_incidents"):
        fetched(host, configure, **{key: value})


def test_mapper_that_names_an_unknown_field_raises(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="incident field 'Acme Dream'"):
        mapped(tmp_path, {"Acme Dream": {"simple": "id"}}, {})


def test_mapper_with_an_unknown_transformer_raises(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="transformer 'guess'"):
        mapped(tmp_path, {"Acme Text": complex_rule("id", transformer("guess"))}, {})


def test_failing_transformer_leaves_the_field_empty_and_a_note() -> None:
    rules = {"Acme Text": complex_rule("list", transformer("atIndex", index="9"))}
    result = apply_mapper({"mapping": {"T": {"internalMapping": rules}}}, "T", {"list": [1]})

    assert result.values == {}
    assert result.notes == ["Acme Text: atIndex: list index out of range"]


@pytest.mark.parametrize(
    ("kind", "instance_type", "expected"),
    [
        ("a", "", "First"),
        (7, "", "Seventh"),
        (["a", "b"], "", "First"),
        ("z", "Mine", "Default"),
        (None, "", "Default"),
    ],
)
def test_classifier_looks_up_its_key(kind: Any, instance_type: str, expected: str) -> None:
    classifier = {
        "keyTypeMap": {"a": "First", "7": "Seventh"},
        "defaultIncidentType": "Default",
        "transformer": {"simple": "kind"},
    }

    assert classify(classifier, {"kind": kind}, instance_type) == expected


def test_classifier_without_a_default_leaves_it_to_the_instance() -> None:
    assert classify({"keyTypeMap": {}, "transformer": {"simple": "kind"}}, {}, "Mine") == "Mine"


def test_no_classifier_and_no_type_is_unclassified() -> None:
    assert classify(None, {}, "") == "Unclassified"


def test_complex_classifier_key_is_transformed() -> None:
    classifier = {"keyTypeMap": {"abc": "Found"}, "transformer": complex_rule("kind", transformer("toLowerCase"))}

    assert classify(classifier, {"kind": "ABC"}, "") == "Found"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("list.n", [1, 2]),
        ("list.[1].n", 2),
        ("list[0].n", 1),
        ("list.[9].n", None),
        ("a.x", None),
        ("deep.rows.n", [1, 2, 3]),
        ("text.x", None),
    ],
)
def test_path_is_followed(path: str, value: Any) -> None:
    obj = {
        "a": {"b": 1},
        "list": [{"n": 1}, {"n": 2}],
        "deep": [{"rows": [{"n": 1}, {"n": 2}]}, {"rows": [{"n": 3}]}],
        "text": "t",
    }

    assert value_at(obj, path) == value


def test_filters_choose_elements_before_the_accessor() -> None:
    condition = {"operator": "isEqualString", "left": at_path("labels.type"), "right": literal("Host")}
    rule = complex_rule("labels", accessor="value", filters=[[condition]])
    labels = [{"type": "Host", "value": "a"}, {"type": "User", "value": "b"}, {"type": "Host", "value": "c"}]

    assert resolve(rule, {"labels": labels}) == ["a", "c"]


def test_filters_in_one_group_are_alternatives_and_groups_add_up() -> None:
    def is_text(path: str, text: str) -> dict[str, Any]:
        return {"operator": "isEqualString", "left": at_path(path), "right": literal(text), "ignoreCase": True}

    rule = complex_rule(
        "xs", accessor="n", filters=[[is_text("xs.a", "X"), is_text("xs.a", "Y")], [is_text("xs.b", "q")]]
    )
    xs = [
        {"n": 1, "a": "x", "b": "Q"},
        {"n": 2, "a": "y", "b": "r"},
        {"n": 3, "a": "Y", "b": "q"},
        {"n": 4, "a": "z", "b": "q"},
    ]

    assert resolve(rule, {"xs": xs}) == [1, 3]


def test_transformer_argument_may_be_a_path() -> None:
    step = {"operator": "concat", "args": {"prefix": at_path("site"), "suffix": literal("!")}}

    assert resolve(complex_rule("id", step), {"id": "7", "site": "paris-"}) == "paris-7!"


FILTER_CASES: list[tuple[str, Any, Any, bool]] = [
    ("isEqualString", "a", "a", True),
    ("isEqualString", 7, "7", True),
    ("isNotEqualString", "a", "b", True),
    ("isEqualNumber", "7.0", 7, True),
    ("greaterThan", 8, "7", True),
    ("greaterThanOrEqual", 7, 7, True),
    ("lessThan", "x", 7, False),
    ("lessThanOrEqual", 7, 8, True),
    ("isEmpty", [], None, True),
    ("isEmpty", 0, None, False),
    ("isNotEmpty", ["", None], None, False),
    ("isNotEmpty", "a", None, True),
    ("isExists", "", None, True),
    ("isNotExists", None, None, True),
    ("isTrue", True, None, True),
    ("isFalse", "false", None, True),
    ("containsString", "abc", "b", True),
    ("notContainsString", "abc", "z", True),
    ("containsGeneral", ["a", "b"], "b", True),
    ("containsGeneral", ["ab"], "b", False),
    ("containsGeneral", "ab", "b", True),
    ("notContainsGeneral", ["a"], "b", True),
    ("startWith", "abc", "ab", True),
    ("endWith", "abc", "bc", True),
    ("in", "b", "a, b", True),
    ("notIn", "c", ["a", "b"], True),
    ("inList", "b", "a,b", True),
    ("isBefore", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00", True),
    ("isAfter", "no date", "2026-01-02", False),
]


@pytest.mark.parametrize(("operator", "left", "right", "result"), FILTER_CASES)
def test_filter_decides(operator: str, left: Any, right: Any, result: bool) -> None:
    assert passes(operator, left, right, False) is result


def test_filter_may_ignore_case() -> None:
    assert passes("containsGeneral", ["Alpha"], "ALPHA", True)


def test_unknown_filter_names_itself() -> None:
    with pytest.raises(UnknownName, match="filter 'isNice'"):
        passes("isNice", 1, 1, False)


TRANSFORMER_CASES: list[tuple[str, Any, dict[str, Any], Any]] = [
    ("substring", "abcdef", {"from": "1", "to": "3"}, "bc"),
    ("substringFrom", "key=value=x", {"from": "="}, "value=x"),
    ("substringFrom", "plain", {"from": "="}, "plain"),
    ("substringTo", "key=value", {"to": "="}, "key"),
    ("replace", "a-b-c", {"toReplace": "-", "replaceWith": "."}, "a.b.c"),
    ("toUpperCase", ["a", "b"], {}, ["A", "B"]),
    ("toLowerCase", "AB", {}, "ab"),
    ("toLowerCase", None, {}, None),
    ("uniq", None, {}, None),
    ("concat", "b", {"prefix": "a", "suffix": "c"}, "abc"),
    ("concat", ["x", "y"], {"prefix": "-"}, ["-x", "-y"]),
    ("join", ["a", 1], {"separator": ", "}, "a, 1"),
    ("splitAndTrim", "a ; b", {"delimiter": ";"}, ["a", "b"]),
    ("split", "a,b", {}, ["a", "b"]),
    ("trim", " a ", {}, "a"),
    ("uniq", ["b", "a", "b"], {}, ["b", "a"]),
    ("uniq", [{"a": 1}, {"a": 1}], {}, [{"a": 1}]),
    ("sort", ["b", "a"], {}, ["a", "b"]),
    ("sort", ["b", "a", "c"], {"descending": "true"}, ["c", "b", "a"]),
    ("atIndex", ["a", "b"], {"index": "1"}, "b"),
    ("count", ["a", "b"], {}, 2),
    ("count", None, {}, 0),
    ("indexOf", ["a", "b"], {"item": "b"}, 1),
    ("append", ["a"], {"item": "b"}, ["a", "b"]),
    ("getField", {"a": 1}, {"field": "a"}, 1),
    ("FirstArrayElement", ["a", "b"], {}, "a"),
    ("LastArrayElement", ["a", "b"], {}, "b"),
    ("FirstArrayElement", "a", {}, "a"),
    ("Stringify", {"a": 1}, {}, '{"a": 1}'),
    ("StringifyArray", ["a"], {}, '["a"]'),
    ("ParseJSON", '{"a": 1}', {}, {"a": 1}),
    ("SetIfEmpty", None, {"defaultValue": "d"}, "d"),
    ("SetIfEmpty", "", {"defaultValue": "d"}, ""),
    ("SetIfEmpty", "", {"defaultValue": "d", "applyIfEmpty": "true"}, "d"),
    ("SetIfEmpty", ["None"], {"defaultValue": "d", "applyIfEmpty": "true"}, "d"),
    ("SetIfEmpty", "v", {"defaultValue": "d", "applyIfEmpty": "true"}, "v"),
    ("If-Then-Else", "a", {"equals": "a", "then": "yes", "else": "no"}, "yes"),
    ("If-Then-Else", "5", {"condition": "value>rhs", "rhs": "10", "then": "yes", "else": "no"}, "no"),
    ("If-Then-Else", "x", {"condition": "lhs in list rhs", "lhs": "b", "rhs": "a,b", "then": "y", "else": "n"}, "y"),
    ("MapValuesTransformer", "Low", {"input_values": "Low,High", "mapped_values": "1,3"}, "1"),
    ("MapValuesTransformer", "Odd", {"input_values": "Low,High", "mapped_values": "1,3"}, "Odd"),
    ("RegexExtractAll", "a1b22", {"regex": r"\d+"}, ["1", "22"]),
    ("RegexExtractAll", "a1b2", {"regex": r"([a-z])(\d)", "unpack_matches": "true"}, ["a", "1", "b", "2"]),
    ("RegexGroups", "k=v", {"regex": "(.)=(.)", "keys": "key,value"}, {"key": "k", "value": "v"}),
    ("RegexGroups", "k=v", {"regex": "(.)=(.)", "groups": "1"}, ["v"]),
    ("RegexGroups", "none", {"regex": "(.)=(.)"}, ""),
    ("TimeStampToDate", 1525006939, {}, "2018-04-29T13:02:19.000Z"),
    ("TimeStampToDate", "1525006939123", {}, "2018-04-29T13:02:19.123Z"),
    ("DateStringToISOFormat", "05-11-2019", {}, "2019-11-05T00:00:00+00:00"),
    ("DateStringToISOFormat", "05-11-2019", {"dayfirst": "False"}, "2019-05-11T00:00:00+00:00"),
    ("DateStringToISOFormat", "not a date", {}, "not a date"),
    ("ConvertKeysToTableFieldFormat", [{"Max Results": 1, "Key_(x)": 2}], {}, [{"maxresults": 1, "keyx": 2}]),
    ("addition", "2", {"by": "3"}, 5),
    ("division", 3, {"by": 2}, 1.5),
    ("floor", 2.7, {}, 2),
    ("ceil", 2.1, {}, 3),
]


@pytest.mark.parametrize(("operator", "value", "args", "result"), TRANSFORMER_CASES)
def test_transformer_turns_its_value(operator: str, value: Any, args: dict[str, Any], result: Any) -> None:
    assert transform(operator, value, args) == result


@pytest.mark.parametrize(
    ("operator", "value", "args"),
    [
        ("atIndex", ["a"], {"index": "4"}),
        ("TimeStampToDate", "soon", {}),
        ("addition", "x", {"by": "1"}),
        ("division", 1, {"by": "0"}),
        ("MapValuesTransformer", "a", {"input_values": "a,b", "mapped_values": "1"}),
        ("RegexExtractAll", "a", {"regex": r"\d", "error_if_no_match": "true"}),
        ("ParseJSON", "{", {}),
    ],
)
def test_transformer_that_cannot_fails(operator: str, value: Any, args: dict[str, Any]) -> None:
    with pytest.raises(TransformFailed):
        transform(operator, value, args)


def test_if_then_else_refuses_what_it_does_not_know() -> None:
    with pytest.raises(UnknownName, match="conditionB"):
        transform("If-Then-Else", "a", {"conditionB": "value==rhsB", "then": "1"})
