"""What every command of the pack has: an example, its place in the READMEs, and a dry run if it changes something."""

import re
from typing import Any

import pytest
import SekoiaXDR

from tests.repository.pack_items import INTEGRATION, PACK, integration

COMMANDS: dict[str, dict[str, Any]] = {one["name"]: one for one in integration()["script"]["commands"]}
OF_PEOPLE = {name: one for name, one in COMMANDS.items() if name.startswith("sekoia-xdr-")}  # not the platform's own
README = (INTEGRATION / "README.md").read_text("utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in re.split(r"^### ", README, flags=re.MULTILINE)}
FRONT = (PACK.parents[1] / "README.md").read_text("utf-8")

# Calls that only ask, although they send a body: searches, counts and queries leave nothing behind that matters.
ASKS = re.compile(r"GET .*|POST /v1/(sic/conf/events/search/jobs|events/(stats|topk)|notebooks/queries/runs)")
# What a command of the war room writes without a call of its own that says so.
LOCAL = {"sekoia-xdr-http-request", "sekoia-xdr-quarantine-retry", "sekoia-xdr-reset-fetch"}
# What the platform runs of an integration whose yml has the flag.
RUN_FOR_FLAG = {
    "ismappable": {"get-mapping-fields"},
    "isremotesyncin": {"get-modified-remote-data", "get-remote-data"},
    "isremotesyncout": {"update-remote-system"},
}


def changing() -> set[str]:
    """The commands of people that change something, in Sekoia or here."""
    calls = SekoiaXDR.all_calls()
    return LOCAL | {name for name in OF_PEOPLE if any(not ASKS.fullmatch(call) for call in calls[name])}


def test_the_commands_are_counted() -> None:
    assert (len(COMMANDS), len(OF_PEOPLE)) == (106, 102)


@pytest.mark.parametrize("flag", RUN_FOR_FLAG)
def test_flag_of_mirroring_is_set_and_the_commands_that_the_platform_runs_for_it_exist(flag: str) -> None:
    assert integration()["script"].get(flag) is True
    assert RUN_FOR_FLAG[flag] - (COMMANDS.keys() & SekoiaXDR.COMMANDS.keys()) == set()


def test_exactly_the_commands_that_change_something_can_be_tried() -> None:
    able = {
        name: [one for one in command["arguments"] if one["name"] == "dry_run"] for name, command in COMMANDS.items()
    }
    assert {name for name, found in able.items() if found} == changing()


@pytest.mark.parametrize("name", sorted(changing()))
def test_a_dry_run_is_a_choice_of_yes_and_no_that_nobody_must_make(name: str) -> None:
    (found,) = [one for one in COMMANDS[name]["arguments"] if one["name"] == "dry_run"]
    assert (set(found["predefined"]), found.get("required", False)) == ({"true", "false"}, False)
    assert found.get("defaultValue") in (None, "false")


def test_every_command_has_an_example() -> None:
    lines = (INTEGRATION / "command_examples.txt").read_text("utf-8").splitlines()
    assert {line.partition(" ")[0].removeprefix("!") for line in lines} == set(OF_PEOPLE)


def test_every_command_is_shown_at_work_in_the_readme() -> None:
    assert [name for name in OF_PEOPLE if "#### Human Readable Output" not in SECTIONS.get(name, "")] == []


def test_every_command_with_outputs_has_an_example_of_its_context_in_the_readme() -> None:
    bare = [name for name, one in OF_PEOPLE.items() if one.get("outputs") and "Context Example" not in SECTIONS[name]]
    assert bare == []


def test_commands_of_the_task_table_exist_and_the_rest_is_in_the_list_that_it_names() -> None:
    tasks = FRONT.partition("## I want to")[2].partition("\n## ")[0]
    named = set(re.findall(r"sekoia-xdr-[a-z-]+[a-z]", tasks))
    assert named - set(OF_PEOPLE) == set()
    assert named >= {"sekoia-xdr-list-alerts", "sekoia-xdr-search-events", "sekoia-xdr-list-cases"}
    page = (INTEGRATION / "README.md").relative_to(PACK.parents[1]).as_posix()
    assert f"({page}#commands)" in tasks, "the table says where the list of all commands is"
    assert [name for name in COMMANDS if name not in SECTIONS] == []
