"""The server's mirroring: who is asked, in what order, what is handed over, and what is done with the answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.xsoar.bundle import Bundle
from lab.xsoar.errors import BadFieldValue
from lab.xsoar.host import Host
from lab.xsoar.instance import Instance
from tests.xsoar import acme_pack

# What the integration does, by command; `demisto.getParam("feed")` holds what the remote side has.
MODIFIED = "return_results(GetModifiedRemoteDataResponse(json.loads(params['feed'] or '[]')))"
NOTHING = {"get-modified-remote-data": "return_results(GetModifiedRemoteDataResponse([]))"}
ECHO = "demisto.setIntegrationContext({'calls': demisto.getIntegrationContext().get('calls', []) + [args]})\n"
SENT = ECHO + "return_results(args['remoteId'])"
Start = Callable[..., tuple[Host, Instance, str]]


def reading(obj: dict[str, Any], *entries: dict[str, Any]) -> str:
    """The answer of get-remote-data."""
    return ECHO + f"return_results(GetRemoteDataResponse({obj!r}, {list(entries)!r}))"


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Start:
    """A host with one incident that is mirrored both ways; the code of each command is given."""

    def made(name: str = "one", direction: str = "Both", **code: str) -> tuple[Host, Instance, str]:
        bundle: Bundle = acme_pack.build(tmp_path)
        host = Host(bundle, tmp_path / "host.sqlite", clock)
        steps = {**NOTHING, "update-remote-system": SENT, **{key.replace("_", "-"): text for key, text in code.items()}}
        params = {"credentials": {"password": acme_pack.KEY}, "snippet": json.dumps(steps), "feed": "[]"}
        instance = host.add_instance(acme_pack.INTEGRATION, name, params)
        item = {"title": "one", "id": "A1", "severity": 2}
        host.change_params(name, {"feed": json.dumps([item]), "snippet": ""})
        (created,) = host.fetch(host.instance(name)).created
        instance = host.change_params(name, {"feed": '["A1"]', "snippet": json.dumps(steps)})
        mirror = {"dbotMirrorId": "A1", "dbotMirrorInstance": name, "dbotMirrorDirection": direction}
        host.incidents.change(created.id, {**mirror, "dbotMirrorTags": ["comments"]})
        return host, instance, created.id

    return made


def calls(host: Host, instance: Instance) -> list[dict[str, Any]]:
    """The arguments that the commands noted."""
    found: list[dict[str, Any]] = host.integration_context(instance).get("calls", [])
    return found


def test_object_passes_the_incoming_mapper_again(start: Start) -> None:
    host, instance, number = start(
        get_modified_remote_data=MODIFIED, get_remote_data=reading({"severity": 4, "text": "new"})
    )
    assert host.mirror(instance).updated == [number]
    incident = host.incidents.get(number)
    assert (incident.severity, incident.fields["Acme Text"], incident.name) == (4, "new", "one")


def test_entries_reach_the_war_room_and_orders_do_not(start: Start) -> None:
    note = {"Type": 1, "Contents": "hello", "ContentsFormat": "text", "Tags": ["remote"]}
    close = {"Type": 1, "ContentsFormat": "json", "Contents": {"dbotIncidentClose": True, "closeReason": "Resolved"}}
    host, instance, number = start(
        get_modified_remote_data=MODIFIED, get_remote_data=reading({"id": "A1"}, note, close)
    )
    host.mirror(instance)
    assert [entry.contents for entry in host.warroom(number)] == ["hello", "closing one"]
    assert (host.incidents.get(number).status, host.incidents.get(number).fields["closeReason"]) == (2, "Resolved")


def test_reopening_order_makes_the_incident_active(start: Start) -> None:
    order = {"Type": 1, "ContentsFormat": "json", "Contents": {"dbotIncidentReopen": True}}
    host, instance, number = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({"id": "A1"}, order))
    host.close_incident(number, {"closeReason": "Resolved"})
    host.mirror(instance)
    assert (host.incidents.get(number).status, host.incidents.get(number).fields["closeReason"]) == (1, "")


@pytest.mark.parametrize("updates", [True, False])
def test_closed_incident_is_asked_for_or_not(start: Start, updates: bool) -> None:
    host, instance, number = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({"severity": 4}))
    host.mirroring.habits.updates_closed = updates
    host.close_incident(number, {"closeReason": "Resolved"})
    assert bool(host.mirror(instance).updated) == updates


@pytest.mark.parametrize(("direction", "reads"), [("In", True), ("Both", True), ("Out", False), ("", False)])
def test_only_incidents_that_are_mirrored_in_are_read(start: Start, direction: str, reads: bool) -> None:
    host, instance, _ = start(
        direction=direction, get_modified_remote_data=MODIFIED, get_remote_data=reading({"severity": 4})
    )
    assert bool(host.mirror(instance).updated) == reads


def test_only_incidents_of_the_instance_are_read(start: Start) -> None:
    host, instance, number = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({"severity": 4}))
    host.incidents.change(number, {"dbotMirrorInstance": "another"})
    host.set_fields(number, {"Acme Text": "changed"})
    done = host.mirror(instance)
    assert (done.modified, done.updated, done.sent) == (["A1"], [], [])


def test_last_update_is_the_time_of_the_last_round(start: Start, clock: Clock) -> None:
    host, instance, _ = start(get_modified_remote_data=ECHO + MODIFIED, get_remote_data=reading({"id": "A1"}))
    for _ in range(2):
        host.mirror(instance)
        clock.advance(60)
    assert [call["lastUpdate"] for call in calls(host, instance)] == [
        "2026-03-01T09:59:00Z",
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00Z",
    ]


def test_delta_holds_the_changed_fields_under_the_mappers_names(start: Start) -> None:
    host, instance, number = start()
    host.set_fields(number, {"Acme Text": "changed", "Acme Flag": True})
    host.mirror(instance)
    (call,) = calls(host, instance)
    assert (call["delta"], call["incidentChanged"], call["remoteId"]) == ({"text": "changed"}, True, "A1")
    assert call["data"] == {"text": "changed", "level": 2}


def test_unmapped_change_sends_nothing(start: Start) -> None:
    host, instance, number = start()
    host.set_fields(number, {"Acme Flag": True})
    assert host.mirror(instance).sent == []


def test_what_was_sent_is_not_sent_again(start: Start) -> None:
    host, instance, number = start()
    host.set_fields(number, {"Acme Text": "changed"})
    assert [host.mirror(instance).sent for _ in range(2)] == [[number], []]


@pytest.mark.parametrize("again", [True, False])
def test_what_failed_to_be_sent_is_asked_again_or_not(start: Start, again: bool) -> None:
    host, instance, number = start(update_remote_system="raise ValueError('no')")
    host.mirroring.habits.asks_again = again
    host.set_fields(number, {"Acme Text": "changed"})
    assert [bool(host.mirror(instance).errors) for _ in range(2)] == [True, again]


@pytest.mark.parametrize("told", [True, False])
def test_closing_shows_in_the_delta_or_not(start: Start, told: bool) -> None:
    host, instance, number = start()
    host.mirroring.habits.tells_closing = told
    host.close_incident(number, {"closeReason": "Resolved", "closeNotes": "x"})
    host.mirror(instance)
    (call,) = calls(host, instance)
    assert (call["status"], call["incidentChanged"], call["delta"]) == (2, True, {"reason": "Resolved"} if told else {})


def test_entries_with_a_mirror_tag_are_sent_once(start: Start) -> None:
    host, instance, number = start()
    host.add_entry(number, "yes", ("comments", "x"), user="ada")
    host.add_entry(number, "no", ("x",))
    for _ in range(2):
        host.mirror(instance)
    (call,) = calls(host, instance)
    assert [(entry["contents"], entry["user"], entry["tags"]) for entry in call["entries"]] == [
        ("yes", "ada", ["comments", "x"])
    ]
    assert (call["delta"], call["incidentChanged"]) == ({}, False)


def test_entries_of_a_closed_incident_wait(start: Start) -> None:
    host, instance, number = start()
    host.add_entry(number, "late", ("comments",))
    host.close_incident(number, {"closeReason": "Resolved"})
    host.mirror(instance)
    host.reopen_incident(number)
    host.mirror(instance)
    assert [len(call["entries"]) for call in calls(host, instance)] == [0, 1]


@pytest.mark.parametrize("words", ["API rate limit", "skip update"])
def test_words_of_the_platform_end_the_round(start: Start, words: str) -> None:
    host, instance, _ = start(
        get_modified_remote_data=f"return_error({words!r})", get_remote_data=reading({"id": "A1"})
    )
    done = host.mirror(instance)
    assert (words in done.skipped, done.errors, done.updated) == (True, [], [])


def test_rate_limit_in_the_middle_goes_on_in_the_next_round(start: Start) -> None:
    limit = "if not demisto.getIntegrationContext():\n    demisto.setIntegrationContext({'n': 1})\n"
    limit += "    return_error('API rate limit')\n" + reading({"severity": 4}).removeprefix(ECHO)
    host, instance, number = start(get_modified_remote_data=MODIFIED, get_remote_data=limit)
    assert "API rate limit" in host.mirror(instance).skipped
    host.change_params("one", {"feed": "[]"})
    assert host.mirror(host.instance("one")).updated == [number]


def test_failing_incident_is_told_and_stops_no_other(start: Start) -> None:
    host, instance, _ = start(get_modified_remote_data=MODIFIED, get_remote_data="raise ValueError('odd')")
    done = host.mirror(instance)
    assert ("odd" in done.errors[0], done.skipped) == (True, "")


def test_answer_without_an_object_changes_nothing(start: Start) -> None:
    host, instance, _ = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({}))
    assert (host.mirror(instance).updated, host.mirror(instance).errors) == ([], [])


def test_other_id_becomes_the_incidents(start: Start) -> None:
    host, instance, number = start(update_remote_system="return_results('A2')")
    host.set_fields(number, {"Acme Text": "changed"})
    host.mirror(instance)
    assert host.incidents.get(number).dbot_mirror_id == "A2"


def test_answer_that_is_no_id_is_loud(start: Start) -> None:
    host, instance, number = start(update_remote_system="return_results({'id': 1})")
    host.set_fields(number, {"Acme Text": "changed"})
    with pytest.raises(BadFieldValue, match="remote id as text"):
        host.mirror(instance)


@pytest.mark.parametrize("out_first", [True, False])
def test_order_of_a_round(start: Start, out_first: bool) -> None:
    host, instance, number = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({"text": "theirs"}))
    host.mirroring.habits.out_first = out_first
    host.set_fields(number, {"Acme Text": "ours"})
    host.mirror(instance)
    sent = next(call["data"]["text"] for call in calls(host, instance) if "data" in call)
    assert (sent, host.incidents.get(number).fields["Acme Text"]) == ("ours" if out_first else "theirs", "theirs")


@pytest.mark.parametrize("marks", [True, False])
def test_what_came_in_counts_as_changed_or_not(start: Start, marks: bool) -> None:
    host, instance, _ = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({"text": "theirs"}))
    host.mirroring.habits.marks_incoming = marks
    assert bool(host.mirror(instance).sent) == marks


@pytest.mark.parametrize("drops", [True, False])
def test_entry_that_is_there_is_added_again_or_not(start: Start, drops: bool) -> None:
    note = {"Type": 1, "Contents": "hello", "ContentsFormat": "text"}
    host, instance, number = start(get_modified_remote_data=MODIFIED, get_remote_data=reading({"id": "A1"}, note))
    host.mirroring.habits.drops_doubles = drops
    for _ in range(2):
        host.mirror(instance)
    assert len(host.warroom(number)) == (1 if drops else 2)


def test_integration_that_does_not_mirror_is_not_asked(start: Start) -> None:
    host, instance, number = start(get_modified_remote_data="raise ValueError('asked')")
    quiet = replace(instance.integration, syncs_in=False, syncs_out=False)
    host.set_fields(number, {"Acme Text": "changed"})
    done = host.mirror(Instance(instance.name, quiet, instance.params))
    assert (done.errors, done.sent) == ([], [])


def test_editor_of_the_mapper_shows_what_the_integration_offers(start: Start) -> None:
    code = "return_results(GetMappingFieldsResponse([SchemeTypeMapping('T', {'a': 'b'})]))"
    host, instance, _ = start(get_mapping_fields=code)
    assert host.mirroring.mapping_fields(instance) == {"T": {"a": "b"}}
