"""What commands write to context against what they declare, both ways."""

import pytest

from lab.xsoar.bundle import Command, Output
from lab.xsoar.errors import InvariantBroken
from lab.xsoar.host import Host
from lab.xsoar.outputs import Declared, Sightings, Written, normalised, written
from tests.xsoar.conftest import Configure

COMMAND = Command(
    "acme",
    (),
    (
        Output("Acme.Item.id", "String"),
        Output("Acme.Item.rows.0.name", "String"),
        Output("Acme.Item.tags[0]", "String"),
        Output("Acme.Item.more", "Unknown"),
        Output("root", "String"),
    ),
    False,
    False,
)


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("Acme.Item", "Acme.Item"),
        ("Acme.Item(val.id && val.id == obj.id)", "Acme.Item"),
        ("Acme.Items.items.0.owners.0", "Acme.Items.items.owners"),
        ("Acme.Items.community_uuids[0]", "Acme.Items.community_uuids"),
        ("Acme.Item2.v4", "Acme.Item2.v4"),
    ],
)
def test_path_is_compared_without_indices_and_keys(path: str, plain: str) -> None:
    assert normalised(path) == plain


def test_written_paths_are_those_of_the_values() -> None:
    value = [{"id": 1, "rows": [{"name": "a"}, {"size": 2}], "none": None, "empty": []}]
    assert written({"A.B(val.id)": value}) == {
        Written("A.B.id", False),
        Written("A.B.rows.name", False),
        Written("A.B.rows.size", False),
        Written("A.B.none", True),
        Written("A.B.empty", True),
    }


@pytest.mark.parametrize(
    ("path", "empty", "covered"),
    [
        ("Acme.Item.id", False, True),
        ("Acme.Item.rows.name", False, True),
        ("Acme.Item.rows", True, True),
        ("Acme.Item.rows", False, False),
        ("Acme.Item.more.of.anything", False, True),
        ("Acme.Item.id.deeper", False, False),
        ("Acme.Item.other", True, False),
        ("Acme.Ite", True, False),
        ("root", False, True),
    ],
)
def test_what_a_declaration_covers(path: str, empty: bool, covered: bool) -> None:
    assert Declared(COMMAND).covers(Written(path, empty)) is covered


def test_declared_path_that_nobody_wrote_is_named() -> None:
    seen = Sightings()
    seen.note("acme", written({"Acme.Item": {"id": 1, "more": {"x": 1}, "rows": [{"name": "a"}]}}))
    assert seen.unseen([COMMAND]) == ["acme: Acme.Item.tags", "acme: root"]


def test_run_that_writes_what_it_does_not_declare_breaks_a_promise(host: Host, configure: Configure) -> None:
    snippet = "return_results(CommandResults(outputs_prefix='Acme.Secret', outputs={'of': [{'mine': 1}]}))"
    instance = configure(snippet=snippet)
    with pytest.raises(InvariantBroken, match=r"wrote Acme\.Secret\.of\.mine, which is not declared"):
        host.run("!acme-try", instance)


@pytest.mark.parametrize(
    ("outputs", "is_broken"),
    [
        ("{'id': 1}", False),
        ("[{'id': 1}, {'name': 'x'}]", True),
        ("{'id': None}", True),
        ("[]", False),
    ],
)
def test_entry_that_lacks_its_key_breaks_a_promise(
    host: Host, configure: Configure, outputs: str, is_broken: bool
) -> None:
    snippet = f"return_results(CommandResults('Acme.Item', 'id', outputs={outputs}))"
    instance = configure(snippet=snippet)
    with host.invariants.without("declared_outputs"):
        if not is_broken:
            assert host.run("!acme-try", instance).error is None
            return
        with pytest.raises(InvariantBroken, match=r"wrote entries under Acme\.Item\(val\.id"):
            host.run("!acme-try", instance)


def test_host_notes_how_runs_ended(host: Host, configure: Configure, sightings: Sightings) -> None:
    sightings.endings.clear()
    host.run("!acme-item-get id=1", configure())
    host.run("!acme-try", configure("second", snippet="raise ValueError('no')"))
    assert [(one.command, one.found, one.waits) for one in sightings.endings] == [
        ("acme-item-get", True, False),
        ("acme-try", False, False),
    ]
    assert (sightings.endings[0].error, "no" in str(sightings.endings[1].error)) == (None, True)
    assert {one.place for one in sightings.endings} == {"test_outputs.py"}


def test_error_entry_promises_nothing(host: Host, configure: Configure) -> None:
    snippet = "return_results({'Type': 4, 'ContentsFormat': 'text', 'Contents': 'no', 'EntryContext': {'X': 1}})"
    assert host.run("!acme-try", configure(snippet=snippet)).error == "no"


def test_host_notes_what_commands_wrote(host: Host, configure: Configure, sightings: Sightings) -> None:
    command = host.bundle.integration("AcmeWatch").commands["acme-item-get"]
    host.run("!acme-item-get id=1", configure())
    assert sightings.unseen([command]) == []
