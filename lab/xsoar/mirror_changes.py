"""What a round of mirroring did to an incident, and what waits for the next one, in words for people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.xsoar.fields import FieldCatalogue
from lab.xsoar.incidents import ARCHIVED, DONE, Incident
from lab.xsoar.warroom import Entry

if TYPE_CHECKING:
    from lab.xsoar.host import Host
    from lab.xsoar.instance import Instance
    from lab.xsoar.mirror import Round

LONGEST = 60
DIRECTION = "mirror_direction"  # the platform's parameter of every integration that mirrors
BY_ORDER = {"status", "closed", "closeReason", "closeNotes", "closingUserId"}
OFF = (
    "Mirroring is off: choose a direction in the settings of the instance. It counts for incidents that are "
    "fetched from then on."
)


@dataclass(frozen=True)
class Waiting:
    """What the next round has to do: remote ids that a rate limit left, and incidents with what is to be sent."""

    ids: list[str]
    to_send: dict[str, list[str]]


def is_on(instance: "Instance") -> bool:
    """Whether the instance mirrors at all."""
    integration = instance.integration
    syncs = integration.syncs_in or integration.syncs_out
    return syncs and str(instance.params.get(DIRECTION) or "None") != "None"


def came(catalogue: FieldCatalogue, before: Incident, after: Incident, entries: int) -> list[str]:
    """What came in: each field with its old and its new value, entries, and a change of state."""
    old, new = ({**one.system, **one.custom_fields} for one in (before, after))
    names = [name for name in new if name not in BY_ORDER and old.get(name) != new[name]]
    found = [_turn(catalogue.by_cli_name(name).name, old.get(name), new[name]) for name in names]
    was, now = (one.status in (DONE, ARCHIVED) for one in (before, after))
    if was != now:
        found.append("closed" if now else "reopened")
    return found + counted(entries)


def went(delta: Mapping[str, Any], turned: bool, status: int, entries: Iterable[Entry]) -> list[str]:
    """What went out: each field with its value, entries, and a change of state."""
    found = [f"{name}: {_short(value)}" for name, value in delta.items()]
    if turned:
        found.append("closed" if status in (DONE, ARCHIVED) else "reopened")
    return found + counted(len(list(entries)))


def waiting(host: "Host", instance: "Instance") -> Waiting:
    """What the next round of an instance has to do, as far as it is known here."""
    mirroring = host.mirroring
    unsent = ((one.id, mirroring.unsent(instance, one)) for one in mirroring.touched_here(instance))
    to_send = {
        incident: told for incident, one in unsent if (told := went(one.delta, one.turned, one.status, one.fresh))
    }
    return Waiting(mirroring.left_over(instance), to_send)


def told(done: "Round") -> Iterator[tuple[str, str, str]]:
    """A round as rows: way, incident, what; nothing when nothing happened."""
    for way, changes in (("in", done.came), ("out", done.went)):
        for incident, what in changes.items():
            yield way, incident, "; ".join(what) or "read again, nothing new"


def counted(entries: int) -> list[str]:
    """So many entries, in words."""
    return [f"{entries} {'entry' if entries == 1 else 'entries'}"] if entries else []


def _turn(name: str, old: Any, new: Any) -> str:
    before, after = _short(old), _short(new)
    return f"{name} changed" if LONGEST in (len(before), len(after)) else f"{name}: {before} → {after}"


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    text = " ".join((", ".join(map(str, value)) if isinstance(value, list) else str(value)).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
