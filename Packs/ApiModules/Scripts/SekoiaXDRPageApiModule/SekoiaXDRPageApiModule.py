"""What the scripts of the incident page share: which alert an incident stands for, and asking for it safely.

The page asks the incident's own instance and no other. A command that fails becomes a sentence in its section, so that
one failing call never empties the page. What comes from Sekoia is defused before it is shown, as Markdown or as HTML.
"""

import html
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from CommonServerPython import *
from SekoiaXDRAlertApiModule import *  # readers, the status model, safe Markdown

NO_ALERT = "This incident does not say which Sekoia alert it stands for."
ON_INSTANCE = "SekoiaXDRRunOnInstance"  # the script that runs a command on the instance of the incident
NEXT_LOOK, LONGEST = 10, 600  # seconds
ZONE = "UTC"  # a script does not know the time zone of the instance
Row = dict[str, Any]


class Unanswered(ValueError):
    """A command that could not be run or that failed; the text says why."""


class Subject(NamedTuple):
    """An incident as the page's scripts see it: its alert, the instance it came from, its fields."""

    alert: str
    instance: str
    fields: Mapping[str, Any]

    def field(self, name: str) -> Any:
        """A field of the pack by its name without the pack's prefix, None when it is empty."""
        value = self.fields.get(f"sekoiaxdr{name}", self.fields.get(name))
        return None if value in ("", [], {}) else value


def subject_of(incident: Mapping[str, Any], alert: Any = "") -> Subject:
    """The subject of an incident; an alert that was given as an argument comes before the incident's own."""
    fields = {**incident, **as_dict(incident.get("CustomFields"))}
    known = alert or incident.get("dbotMirrorId") or fields.get("alertid") or fields.get("sekoiaxdralertuuid")
    instance = incident.get("dbotMirrorInstance") or incident.get("sourceInstance")
    return Subject(as_text(known, 100).strip(), as_text(instance, 200), fields)


def alert_of(subject: Subject) -> str:
    """The alert's identifier. Raises Unanswered when the incident has none."""
    if not subject.alert:
        raise Unanswered(NO_ALERT)
    return subject.alert


def entries_of(subject: Subject, command: str, **arguments: Any) -> list[Row]:
    """The entries of a command, run on the instance of the incident. Raises Unanswered with its reason."""
    asked = {name: value for name, value in arguments.items() if value not in (None, "", [])}
    if subject.instance:
        asked["using"] = subject.instance
    try:
        return [as_dict(entry) for entry in as_list(execute_command(command, asked, extract_contents=False))]
    except (DemistoException, ValueError) as error:
        reason = str(error).partition("Error details:\n")[2] or str(error)
        raise Unanswered(reason.strip()) from error


def contents_of(entries: list[Row]) -> Any:
    """What the first entry with data holds: the API's own objects."""
    found = (entry.get("Contents") for entry in entries)
    return next((data for data in found if isinstance(data, (dict, list))), {})


def ask(subject: Subject, command: str, **arguments: Any) -> Row:
    """The object that a command reads."""
    found = contents_of(entries_of(subject, command, **arguments))
    return as_dict(next(iter(found), {}) if isinstance(found, list) else found)


def ask_list(subject: Subject, command: str, **arguments: Any) -> list[Row]:
    """The objects that a command lists."""
    found = contents_of(entries_of(subject, command, **arguments))
    listed = found if isinstance(found, list) else found.get("items", [found] if found else [])
    return [row for row in as_list(listed) if isinstance(row, dict)]


def words_of(entries: list[Row]) -> str:
    """What a command said to people."""
    return "\n\n".join(as_text(entry.get("HumanReadable")) for entry in entries if entry.get("HumanReadable"))


def waits(entries: list[Row]) -> Row:
    """`pollingCommand` and `pollingArgs` of a command that wants to be called again later, or an empty row.

    A script finds them in the metadata of the entry, for the platform schedules nothing for what a script ran.
    """
    found = (as_dict(entry.get("Metadata")) for entry in entries)
    return next((one for one in found if as_text(one.get("pollingCommand")).startswith("sekoia-xdr-")), {})


def called_again(later: Row, script: str, arguments: Row, told: str) -> CommandResults:
    """Has a script called when a command that it ran is to be asked again, at the pace that the command wants."""
    wanted = as_dict(later.get("pollingArgs"))
    again = ScheduledCommand(
        command=script,
        next_run_in_seconds=max(NEXT_LOOK, as_int(wanted.get("interval_in_seconds")) or 0),
        args=arguments,
        timeout_in_seconds=as_int(wanted.get("timeout_in_seconds")) or LONGEST,
    )
    return CommandResults(readable_output=told, scheduled_command=again)


def answer_of(entries: list[Row]) -> list[Any]:
    """What to show of a command's entries; one that is not done yet is asked again, on the same instance."""
    later = waits(entries)
    if not later:
        return entries
    asked = {"command": later["pollingCommand"], "continued": json.dumps(as_dict(later.get("pollingArgs")))}
    return [called_again(later, ON_INSTANCE, asked, words_of(entries) or "Sekoia works on it …")]


# ---------------------------------------------------------------------------------------------------------------------
# Sections
# ---------------------------------------------------------------------------------------------------------------------


def section(incident: Mapping[str, Any], what: str, build: Callable[[Subject], str]) -> CommandResults:
    """A dynamic section in Markdown; a failing call is told in place of what it would have shown."""
    try:
        subject = subject_of(incident)
        alert_of(subject)
        shown = build(subject)
    except Unanswered as trouble:
        shown = f"⚠️ {what} cannot be shown now: {cell(trouble, 600)}"
    return CommandResults(readable_output=shown)


def bare_table(rows: list[dict[str, str]], empty: str) -> str:
    """A table whose cells are safe already, without columns that are empty everywhere; a sentence when it has no row.

    The section gives the title.
    """
    kept = [header for header in (rows[0] if rows else {}) if any(row.get(header) for row in rows)]
    table = markdown_table("", [{header: row.get(header, "") for header in kept} for row in rows], empty)
    return table.partition("\n")[2]


def html_entry(markup: str) -> Row:
    """An entry of HTML; every value in it went through `esc`."""
    return {"Type": EntryType.NOTE, "ContentsFormat": EntryFormat.HTML, "Contents": markup}


def esc(value: Any, limit: int = 500) -> str:
    """A value as text inside HTML: one line, no markup."""
    return html.escape(" ".join(as_text(value, limit).split()))


def at_utc(value: Any) -> str:
    """A moment (epoch seconds or ISO 8601) as people read it."""
    return local_time(value, ZONE).replace(" UTC", "")


def span(seconds: Any) -> str:
    """A duration in words, two units at most: '2 h 5 min'."""
    left = as_int(seconds)
    if left is None:
        return ""
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(max(0, left), size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts[:2]) or "0 s"


def cut_note(shown: int, total: int, what: str) -> str:
    """A sentence that says how much is missing, or nothing."""
    return f"\n\n*The first {shown} of {total} {what} are shown.*" if total > shown else ""


def person(kind: Any, who: Any) -> str:
    """Who did something, from the type and the id that the API gives."""
    names = {"application": "Sekoia", "apikey": "an API key", "avatar": "an analyst", "user": "an analyst"}
    return names.get(as_text(kind), as_text(who, 100))


# ---------------------------------------------------------------------------------------------------------------------
# The incident after a change
# ---------------------------------------------------------------------------------------------------------------------

# value of the alert's view -> field of the incident; the mapper fills the same fields when the incident is made
REFRESHED = {
    "status": ("sekoiaxdralertstatus", "externalstatus"),
    "stage": ("sekoiaxdrstatusstage",),
    "urgency": ("sekoiaxdrurgency",),
    "urgency_label": ("externalseverity",),
    "verdict": ("sekoiaxdrverdict",),
    "verdict_stage": ("sekoiaxdrverdictstage",),
    "occurrences": ("sekoiaxdroccurrences",),
    "comments": ("sekoiaxdrcommentscount",),
    "case_ids": ("sekoiaxdrcaseids",),
    "assignee": ("assigneduser",),
    "details": ("sekoiaxdralertdetails",),
    "last_seen": ("sekoiaxdrlastseen",),
    "updated": ("externallastupdatedtime",),
    **{key: (f"sekoiaxdr{key.replace('_', '')}",) for key in TIMES_TO},
}


def set_fields(fields: Mapping[str, Any]) -> None:
    """Writes fields of the incident; nothing is written for what is not known."""
    known = {name: value for name, value in fields.items() if value is not None}
    if known:
        execute_command("setIncident", known)


def refresh(subject: Subject) -> Row:
    """Reads the alert anew and writes what may have changed to the incident; the alert.

    The severity stays: only the instance knows its thresholds, and an analyst may have set it.
    """
    alert = ask(subject, "sekoia-xdr-get-alert", id=alert_of(subject))
    view = incident_view(alert, "", (0, 0, 0))
    set_fields({name: view[key] for key, names in REFRESHED.items() for name in names})
    return alert


def button(incident: Mapping[str, Any], alert: Any, act: Callable[[Subject], Any]) -> Any:
    """What a button answers; a refusal is an error entry that says what to do."""
    subject = subject_of(incident, alert)
    alert_of(subject)
    return act(subject)


def json_of(value: Any) -> Any:
    """The value of a JSON text, or an empty object."""
    try:
        return json.loads(value) if isinstance(value, str) and value else value or {}
    except ValueError:
        return {}
