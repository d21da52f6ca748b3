"""Sections of a layout as plain objects that a template draws: fields with values, buttons, and what scripts show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from lab.xsoar.automation import bodies_of
from lab.xsoar.bundle import Argument
from lab.xsoar.errors import UnknownName
from lab.xsoar.incidents import Incident
from lab.xsoar.jobs import iso
from lab.xsoar.pages import values
from lab.xsoar.pages.text import clean, markdown
from lab.xsoar.warroom import ERROR, Entry

if TYPE_CHECKING:
    from lab.xsoar.host import Host

Raw = Mapping[str, Any]
PLACEHOLDER = re.compile(r"\$\{incident\.([\w.]+)\}")
SAME_AS = {"dbotCreated": "created", "dbotClosed": "closed"}
# Sections that the platform fills by itself, with what they hold here.
BY_PLATFORM = {
    "workplan": "The tasks of the playbook that runs in this incident.",
    "indicators": "The indicators that were extracted from the fields of this incident.",
    "linkedIncidents": "Incidents that an analyst linked to this one.",
    "childInv": "Incidents that belong to this one.",
    "evidence": "What an analyst marked as evidence.",
    "team": "Who works on this incident.",
    "droppedIncidents": "Incidents that were dropped as duplicates of this one.",
    "todoTasks": "What is left to do.",
    "summary": "The platform's own summary.",
    "relatedIncidents": "Incidents that share indicators with this one.",
    "canvas": "A drawing of how incidents and indicators are related.",
    "evidenceBoard": "What an analyst marked as evidence.",
    "workPlan": "The tasks of the playbook that runs in this incident.",
}


@dataclass(frozen=True)
class Shown:
    """A field with its value; `wide` ones take the whole width of their section."""

    title: str
    value: Markup
    wide: bool
    start: int
    end: int


@dataclass(frozen=True)
class Input:
    """One argument that a button asks for, or passes on as it is."""

    name: str
    label: str
    value: str
    given: bool
    required: bool
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Button:
    """A button of the layout with the form behind it."""

    name: str
    script: str
    look: str
    help: str
    inputs: list[Input]
    key: str

    @property
    def asked(self) -> list[Input]:
        """What the analyst fills in."""
        return [one for one in self.inputs if not one.given]


@dataclass(frozen=True)
class Section:
    """One section in the grid of a tab."""

    key: str
    name: str
    x: int
    y: int
    w: int
    h: int
    hide_name: bool = False
    note: str = ""
    fields: list[Shown] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    parts: list[Markup] = field(default_factory=list)
    bare: bool = False  # a single field that shows itself without its title

    @property
    def columns(self) -> int:
        """How many columns the fields are placed in, 0 when each has the whole width."""
        return 2 * self.w if any(one.start or one.end < 2 * self.w for one in self.fields) else 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.fields or self.buttons or self.parts)


def entry_markup(body: Raw) -> Markup:
    """An entry as a section or the war room shows it."""
    contents, readable = body.get("Contents"), body.get("HumanReadable")
    if int(body.get("Type") or 1) == ERROR:
        return Markup('<p class="trouble" role="alert">{}</p>').format(str(contents))
    if body.get("ContentsFormat") == "html":
        return clean(str(contents))
    return markdown(str(readable or (contents if isinstance(contents, str) else "")))


class Sections:
    """Builds the sections of one incident's page."""

    def __init__(self, host: "Host", incident: Incident) -> None:
        self.host, self.incident, self.now = host, incident, host.clock.time()

    def of_tab(self, tab: Raw) -> list[Section]:
        """The sections of a tab in reading order."""
        if tab["type"] != "custom":
            return [self._whole_tab(tab)]
        rows = sorted(tab.get("sections") or (), key=lambda one: (one["y"], one["x"]))
        return [self.section(row) for row in rows]

    def section(self, raw: Raw) -> Section:
        """One section."""
        place = {key: int(raw[key]) for key in ("x", "y", "w", "h")}
        common: dict[str, Any] = {
            "key": str(raw["i"]),
            "name": str(raw["name"]),
            "hide_name": bool(raw.get("hideName")),
            "note": str(raw.get("description") or ""),
            **place,
        }
        kind = str(raw.get("type") or "")
        if kind == "dynamic":
            return Section(**common, parts=self._dynamic(str(raw["query"])))
        if kind:
            return Section(**common, parts=self._by_platform(kind))
        items = raw.get("items") or ()
        fields = [self._field(item) for item in items if item.get("sectionItemType") != "button"]
        buttons = [self._button(item) for item in items if item.get("sectionItemType") == "button"]
        visible = [one for one in fields if one is not None]
        alone = bool(raw.get("hideItemTitleOnlyOne")) and len(items) == 1
        return Section(**common, fields=visible, buttons=buttons, bare=alone)

    def _whole_tab(self, tab: Raw) -> Section:
        kind = str(tab["type"])
        parts = self.war_room() if kind == "warRoom" else self._by_platform(kind)
        return Section(f"tab-{kind}", str(tab["name"]), 0, 0, 3, 1, parts=parts)

    def _dynamic(self, script_id: str) -> list[Markup]:
        script = self.host.automation.script(script_id)
        run = self.host.automation.run(script, {}, self.incident.id)
        return [entry_markup(body) for body in bodies_of(run, {})]

    def _by_platform(self, kind: str) -> list[Markup]:
        if kind == "notes":
            notes = [entry for entry in self.host.warroom(self.incident.id) if entry.note]
            return [entry_markup(entry.body) for entry in notes] or [Markup('<p class="quiet">No note yet.</p>')]
        if kind not in BY_PLATFORM:
            raise UnknownName("kind of section", kind)
        return [Markup('<p class="quiet">{} (kept by the platform, not by this page)</p>').format(BY_PLATFORM[kind])]

    def war_room(self) -> list[Markup]:
        """The entries of the incident's war room, oldest first."""
        entries = self.host.warroom(self.incident.id)
        return [self._entry(entry) for entry in entries] or [Markup('<p class="quiet">The war room is empty.</p>')]

    def _entry(self, entry: Entry) -> Markup:
        at = values.moment(iso(entry.at))
        return Markup('<article class="entry"><header>{}</header>{}</article>').format(at, entry_markup(entry.body))

    def value(self, cli_name: str) -> Markup | None:
        """A field's value as it is shown, None when it is empty."""
        known = self.host.catalogue.on_a_page(cli_name)
        value = self._raw_value(known.cli_name)
        if known.cli_name == "status":
            return Markup("{}").format(values.STATUSES.get(int(value or 0), "Pending"))
        return None if value in values.EMPTY else values.shown(known, value, self.now)

    def title(self, cli_name: str) -> str:
        """A field's name as a person reads it."""
        return titled(self.host.catalogue.on_a_page(cli_name).name, self.host.bundle.name)

    def _field(self, item: Raw) -> Shown | None:
        value = self.value(str(item["fieldId"]))
        if value is None:
            return None
        title = self.title(str(item["fieldId"]))
        wide = int(item.get("height") or 22) > 22
        return Shown(title, value, wide, int(item["startCol"]), int(item["endCol"]))

    def _button(self, item: Raw) -> Button:
        script = self.host.automation.script(str(item["scriptId"]))
        given = {str(name): self._filled(value) for name, value in (item.get("args") or {}).items()}
        for name in given:
            if script.command.argument(name) is None:
                raise UnknownName("argument", name, f"button {item['name']} of script {script.id}")
        hidden = {str(raw["name"]) for raw in script.raw.get("args") or () if raw.get("hidden")}
        texts = {str(raw["name"]): str(raw.get("description") or "") for raw in script.raw.get("args") or ()}
        inputs = [
            input_of(one, texts.get(one.name, ""), given) for one in script.command.arguments if one.name not in hidden
        ]
        look = str(item.get("buttonClass") or "light")
        return Button(str(item["name"]), script.id, look, str(script.raw.get("comment") or ""), inputs, str(item["id"]))

    def _filled(self, value: Any) -> str:
        text = str(value.get("simple", "")) if isinstance(value, Mapping) else str(value)
        return PLACEHOLDER.sub(lambda found: str(self._raw_value(found[1]) or ""), text)

    def _raw_value(self, name: str) -> Any:
        own = {"id": self.incident.id, "sourceInstance": self.incident.instance, "type": self.incident.type}
        return own[name] if name in own else self.incident.fields[SAME_AS.get(name, name)]


def input_of(argument: Argument, label: str, given: Mapping[str, str]) -> Input:
    """What a button's form asks for one argument."""
    value = given.get(argument.name, str(argument.default_value or ""))
    is_given = argument.name in given and given[argument.name] != ""
    return Input(argument.name, label, value, is_given, argument.required, argument.predefined)


def titled(name: str, prefix: str) -> str:
    """A field's name without the pack's own prefix; system names are written as words."""
    name = name.removeprefix(f"{prefix} ")
    if name[:1].islower():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix("dbot"))
        return name[:1].upper() + name[1:].lower()
    return name
