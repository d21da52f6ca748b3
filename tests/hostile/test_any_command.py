"""Any command, with any arguments, on any answers: results that can be stored, or an error in words; never a crash.

Each case is a run that really happened whose answers, and now and then arguments and what was kept, are spoiled.
`make fuzz` plays 100 000 of them, over all commands.
"""

import copy
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import demistomock as demisto
import pytest
import requests_mock
import SekoiaXDR
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.stage import SOURCE
from tests.hostile.recorded import EVERYTHING, FETCH, TEST, Recording, record
from tests.hostile.shapes import API_KEY, INTAKE_KEY, TEXTS, json_values, spoiled

COUNT = int(os.environ.get("FUZZ", "300"))
# What Python says of itself; a message made for people names the argument or the field.
CLUMSY = re.compile(
    r"invalid literal|could not convert|values to unpack|substring not found|not in list|Expecting value|isoformat"
    r"|out of range|null byte|surrogates|unconverted data|does not match format|object is not|has no attribute"
)
URL = "https://api.sekoia.io"
KEPT = ("mirror", "fetch_cache", "fetch_report", "mirroring_cache", "late")


@pytest.fixture(autouse=True)
def still_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The clock of the story, sleep that takes no time, and a place for the files that commands write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.time", lambda: 1_772_362_800.0)
    monkeypatch.setattr("time.sleep", lambda seconds: None)


class Wire:
    """Gives the answers of a recording, spoiled; the last one of a call again and again."""

    def __init__(self, mocker: requests_mock.Mocker, answers: Mapping[str, list[Any]]) -> None:
        self.answers = {call: list(given) for call, given in answers.items()}
        self.paths: list[str] = []
        mocker.register_uri(requests_mock.ANY, requests_mock.ANY, text=self.answer)

    def answer(self, request: Any, context: Any) -> str:
        parts = urlsplit(request.url)
        self.paths.append(request.url)
        given = self.answers.get(f"{request.method} {parts.path}")
        if not given:
            context.status_code = 404
            return '{"message": "not found"}'
        return json.dumps(given.pop(0) if len(given) > 1 else given[0])


def perform(command: str, args: Mapping[str, Any], last_run: Any, mirror_run: Any, context: Any) -> Any:
    """The command as `main` would run it, or a fetch; what it gives, as JSON has it."""
    raw = {"url": URL, "credentials": {"password": API_KEY}, "timezone": "Europe/Paris", **EVERYTHING}
    params = SekoiaXDR.Params.read(raw)
    demisto.setIntegrationContext(context)
    if hasattr(demisto, "setLastMirrorRun"):  # the platform's own mock of some years has none
        demisto.setLastMirrorRun(mirror_run)
    if command == FETCH:
        wanted = SekoiaXDR.FetchSettings.read(raw)
        return SekoiaXDR.fetch_incidents(params.client(120), params, wanted, last_run, SekoiaXDR.as_dict(context))
    if command == TEST:
        return SekoiaXDR.test_module(params.client(30), raw)
    made = SekoiaXDR.COMMANDS[command](params.client(120), dict(args), params)
    several = made if isinstance(made, list) else [made]
    return [one.to_context() if hasattr(one, "to_context") else one for one in several]


def is_told(error: Exception) -> bool:
    """Whether an error is one of ours, in words."""
    ours = isinstance(error, SekoiaXDR.SekoiaError | SekoiaXDR.DemistoException) or type(error) is ValueError
    shows = API_KEY in str(error) or INTAKE_KEY in str(error)
    return ours and len(str(error)) > 10 and not CLUMSY.search(str(error)) and not shows


@pytest.mark.parametrize(
    "text", [f"Sekoia says {API_KEY}", f"Sekoia says {INTAKE_KEY}", "no", "list index out of range"]
)
def test_error_that_shows_a_key_or_says_nothing_is_none_that_is_told(text: str) -> None:
    assert is_told(ValueError("Sekoia says no to it"))
    assert not is_told(ValueError(text))


@cache
def declared() -> dict[str, list[str]]:
    """The names of each command's arguments, from the yml."""
    read = yaml.safe_load((SOURCE / "SekoiaXDR.yml").read_text("utf-8"))
    return {one["name"]: [given["name"] for given in one.get("arguments", [])] for one in read["script"]["commands"]}


def drawn_args(data: st.DataObject, one: Recording) -> dict[str, Any]:
    """The example's arguments; half of the time up to three of the declared ones hold something odd."""
    names = declared().get(one.command)
    if not names or data.draw(st.booleans()):
        return copy.deepcopy(dict(one.args))
    odd = st.dictionaries(st.sampled_from(names), st.text(max_size=20) | st.sampled_from(TEXTS), max_size=3)
    return {**one.args, **data.draw(odd)}


def outcome_of(made: Callable[[], Any]) -> str:
    """Whether there are results or an error in words; any other end is raised."""
    try:
        text = json.dumps(made(), allow_nan=False, default=vars)
    except Exception as error:
        if not is_told(error):
            raise
        return "error"
    assert INTAKE_KEY not in text
    assert API_KEY not in text
    return "results"


def kept(value: Any) -> st.SearchStrategy[Any]:
    """What the platform gives back of it: anything, nothing, the value spoiled or as it was."""
    return st.one_of(json_values, st.just({}), spoiled(value), st.just(value))


def test_every_command_is_among_those_that_are_spoiled() -> None:
    platform = {FETCH, TEST, *SekoiaXDR.PLATFORM_COMMANDS}
    assert {one.command for one in record()} == set(declared()) | platform


def harmless(value: Any) -> Any:
    """The value without a secret: what the pack itself keeps, and so may show, never held one."""
    return json.loads(json.dumps(value).replace(INTAKE_KEY, "harmless"))


def climbs(url: str) -> bool:
    """Whether a gateway that decodes a path before it reads it would be led out of the endpoint."""
    return ".." in unquote(unquote(urlsplit(url).path)).split("/")


def test_name_of_an_attribute_leads_out_of_no_endpoint() -> None:
    asset = "b8824f9f-d9ae-4939-94ef-c0e9a2de264b"
    args = {"asset_uuid": asset, "name": "../../../v1/auth/validate", "value": "x"}
    with requests_mock.Mocker() as mocker:
        wire = Wire(mocker, {})
        outcome_of(lambda: perform("sekoia-xdr-add-attributes-asset", args, {}, {}, {}))
    assert [url for url in wire.paths if climbs(url)] == []


def test_any_command_gives_results_or_an_error_in_words() -> None:
    seen: Counter[str] = Counter()

    @given(st.data())
    @settings(max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck))
    def one_case(data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(record()))
        calls = sorted(one.answers.items())
        answers = {call: [data.draw(spoiled(answer)) for answer in given[:3]] for call, given in calls}
        args = drawn_args(data, one)
        last_run, mirror_run = data.draw(kept(one.last_run)), data.draw(kept(one.mirror_run))
        context = data.draw((st.dictionaries(st.sampled_from(KEPT), json_values) | spoiled(one.context)).map(harmless))
        with requests_mock.Mocker() as mocker:
            wire = Wire(mocker, answers)
            seen[outcome_of(lambda: perform(one.command, args, last_run, mirror_run, context))] += 1
        for url in wire.paths:
            assert f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" == URL
            assert not climbs(url)

    one_case()
    assert min(seen["results"], seen["error"]) > COUNT / 20, "the cases no longer reach both ends"
