"""Stories: what is in the tenant at the beginning and what happens in it as the clock goes on."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lab.sekoia.instants import read_instant

if TYPE_CHECKING:
    from lab.sekoia.alerts.model import Alert
    from lab.sekoia.world import World

FOLDER = Path(__file__).parent.parent / "scenarios"
LENGTH = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?[dhms])+)")
PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
UNIT = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
THINGS = ("keys", "entities", "assets", "statuses", "verdicts", "people", "custom_fields", "rules", "intakes", "iocs")
KEYS = frozenset((*THINGS, "name", "title", "summary", "start", "seed", "switches", "users", "alerts", "actions"))
ALERT_KEYS = frozenset(("ref", "at", "count", "spread", "late", "events"))
EVENT_KEYS = frozenset(("count", "late", "kind", "spread", "indexed_after", "message_size", "collisions", "fields"))
EVENT_LENGTHS = {"late": "visible_after", "spread": "spread", "indexed_after": "indexed_after"}
ACTION_KEYS = frozenset(("at", "alert", "do", "by", "text", "count", "verdict", "urgency"))


def read(name_or_path: str | Path) -> dict[str, Any]:
    """A story of the lab by its name, or any story by the path of its file."""
    path = Path(name_or_path)
    if path.suffix != ".yml":
        path = FOLDER / f"{name_or_path}.yml"
    if not path.is_file():
        raise FileNotFoundError(f"no story {name_or_path}; there are {names()}")
    story: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader)
    return story


class _Loader(yaml.SafeLoader):
    """YAML without its dates: `2026-03-02T08:00:00Z` stays the text it is."""


_Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def names() -> list[str]:
    """The stories of the lab."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def length(text: str) -> float:
    """Seconds of `7d`, `+1h30m`, `-5m`; ValueError names anything else."""
    found = LENGTH.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is not a length of time such as 5m or -1h30m")
    seconds = sum(float(number) * UNIT[unit] for number, unit in PART.findall(found[2]))
    return -seconds if found[1] == "-" else seconds


def start_of(story: Mapping[str, Any], now: float) -> float:
    """Epoch seconds of the story's start; a start of `now` is the given time."""
    start = story.get("start", "now")
    return now if start == "now" else read_instant(start)


def _refuse_unknown(what: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(given.keys() - known)
    if unknown:
        raise ValueError(f"{what} has no key called {unknown}; there are {sorted(known)}")


def play(world: "World", story: Mapping[str, Any]) -> None:
    """Put the story into the world: its things at once, its alerts hidden until their time, its acts on the agenda.

    The world keeps its own seed; the story's is for whoever makes the world. If it names users, only they act.
    """
    _refuse_unknown("a story", story, KEYS)
    start = start_of(story, world.clock.time())
    _furnish(world, story)
    cast: dict[str, Alert] = {}
    for entry in story.get("alerts", ()):
        _raise(world, entry, start, cast)
    for entry in story.get("actions", ()):
        _schedule(world, story, entry, start, cast)


def _furnish(world: "World", story: Mapping[str, Any]) -> None:
    world.switches.turn(**story.get("switches", {}))
    makers: dict[str, Callable[..., object]] = {
        "keys": world.keys.issue,
        "entities": world.entities.named,
        "assets": world.assets.add,
        "statuses": world.statuses.define,
        "verdicts": world.verdicts.define,
        "people": world.avatars.join,
        "custom_fields": world.custom_fields.define,
        "rules": world.rules.define,
        "intakes": world.intakes.add,
        "iocs": world.iocs.create,
    }
    for what in THINGS:
        for given in story.get(what, ()):
            makers[what](**({"name": given} if isinstance(given, str) else given))


def _raise(world: "World", entry: Mapping[str, Any], start: float, cast: "dict[str, Alert]") -> None:
    said = {name: value for name, value in entry.items() if name not in ALERT_KEYS}
    said["assets"] = [world.assets.named(name).uuid for name in said.get("assets", ())]
    for name in ("first_seen_at", "last_seen_at"):
        if isinstance(said.get(name), str):
            said[name] = start + length(said[name])
    if "alert_type" in said:
        said["alert_type"] = tuple(said["alert_type"].split("/"))
    at = start + length(entry.get("at", "0s"))
    late = _lateness(world, entry)
    for number in range(entry.get("count", 1)):
        when = at + world.stories.uniform(0, length(entry.get("spread", "0s"))) if "spread" in entry else at
        told = {name: _numbered(value, number) for name, value in said.items()}
        alert = world.alerts.raise_alert(created_at=float(int(when)), **{**told, **late(number)})
        if "events" in entry:
            _attach(world, alert, entry["events"])
        if number == 0:
            _name(cast, entry.get("ref", entry.get("title")), alert)


def _attach(world: "World", alert: "Alert", given: Mapping[str, Any]) -> None:
    """`events: {count: 12, late: 90s, kind: process}` gives each alert of the entry events of its own."""
    _refuse_unknown("events", given, EVENT_KEYS)
    said = {name: value for name, value in given.items() if name not in EVENT_LENGTHS}
    said |= {argument: length(given[name]) for name, argument in EVENT_LENGTHS.items() if name in given}
    world.events.attach(alert.uuid, **said)


def _name(cast: "dict[str, Alert]", name: Any, alert: "Alert") -> None:
    if name is not None:
        cast.setdefault(str(name), alert)


def _lateness(world: "World", entry: Mapping[str, Any]) -> Callable[[int], dict[str, Any]]:
    """`late: {count: 40, within: 10m}` hides that many of the entry's alerts for up to that long."""
    late = entry.get("late")
    if late is None:
        shown_after = entry.get("visible_after")
        said = {} if shown_after is None else {"visible_after": length(shown_after)}
        return lambda number: said
    _refuse_unknown("late", late, frozenset(("count", "within")))
    chosen = frozenset(world.stories.sample(range(entry.get("count", 1)), late["count"]))
    within = length(late["within"])
    return lambda number: {"visible_after": world.stories.uniform(1, within)} if number in chosen else {}


def _numbered(value: Any, number: int) -> Any:
    """`{n}` in a text becomes the number of the alert within its entry, from 1."""
    return value.replace("{n}", str(number + 1)) if isinstance(value, str) else value


def _schedule(
    world: "World", story: Mapping[str, Any], entry: Mapping[str, Any], start: float, cast: "Mapping[str, Alert]"
) -> None:
    _refuse_unknown("an action", entry, ACTION_KEYS)
    users = story.get("users")
    if users is not None and "by" in entry and entry["by"] not in users:
        raise ValueError(f"no user of the story is called {entry['by']!r}; there are {users}")
    act = ACTS.get(entry["do"])
    if act is None:
        raise ValueError(f"no action is called {entry['do']!r}; there are {sorted(ACTS)}")
    if entry["alert"] not in cast:
        raise ValueError(f"no alert of the story is called {entry['alert']!r}; there are {sorted(cast)}")
    at = start + length(entry["at"])
    uuid = cast[entry["alert"]].uuid
    world.agenda.note(at, lambda: uuid in world.alerts and act(world, uuid, entry, at))


Act = Callable[["World", str, Mapping[str, Any], float], object]


def _set_status(label: str) -> Act:
    def act(world: "World", uuid: str, entry: Mapping[str, Any], at: float) -> None:
        by = entry.get("by", "analyst")
        if "verdict" in entry:
            verdict = world.verdicts.labelled(entry["verdict"])
            world.alerts.edit(uuid, by=by, at=at, verdict_uuid=verdict.uuid)
        world.alerts.set_status(uuid, label, by=by, comment=entry.get("text"), at=at)

    return act


def _comment(world: "World", uuid: str, entry: Mapping[str, Any], at: float) -> None:
    world.alerts.comment(uuid, entry["text"], by=entry.get("by", "analyst"), at=at)


def _urgency(world: "World", uuid: str, entry: Mapping[str, Any], at: float) -> None:
    world.alerts.edit(uuid, by=entry.get("by", "analyst"), at=at, urgency=entry["urgency"])


ACTS: dict[str, Act] = {
    "acknowledge": _set_status("Acknowledged"),
    "validate": _set_status("Ongoing"),
    "reject": _set_status("Rejected"),
    "close": _set_status("Closed"),
    "comment": _comment,
    "urgency": _urgency,
    "occurrence": lambda world, uuid, entry, at: world.alerts.occurrence(uuid, entry.get("count", 1), at),
    "delete": lambda world, uuid, entry, at: world.alerts.delete(uuid),
}
