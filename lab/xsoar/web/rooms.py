"""War rooms: the entries, a box to type commands into, and a form for the arguments of any command."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from lab.xsoar.bundle import Command
from lab.xsoar.console import Shown
from lab.xsoar.jobs import iso
from lab.xsoar.pages import values
from lab.xsoar.pages.incident import head_of, layout_of, tabs_of
from lab.xsoar.pages.sections import entry_markup
from lab.xsoar.pages.text import markdown
from lab.xsoar.warroom import ERROR, PLAYGROUND, Entry
from lab.xsoar.web.guard import POLICY
from lab.xsoar.web.site import HERE, back, page, shown, site

pages = Blueprint("rooms", __name__)
FILE = Markup('<p>File: <a href="/files/{}">{}</a></p>')
ENTRY = Markup(
    '<div class="part" data-number="{}"><article class="entry{}" id="entry-{}"><header>{}</header>{}</article></div>'
)
SHOWN = Markup("<pre>{}</pre>")
MOST_ENTRIES = 100


@cache
def live() -> Markup:
    """The script that brings new entries."""
    return Markup((HERE / "live.js").read_text("utf-8"))  # noqa: S704 (a file of ours)


def hash_of(script: str) -> str:
    """How a policy names a script that may run."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def entry_shown(entry: Entry) -> Markup:
    """One entry with its time; a file is a link, plain data is shown as it is."""
    if entry.file_name:
        body = FILE.format(entry.id, entry.file_name)
    else:
        body = entry_markup(entry.body)
        if not body.strip() and entry.contents not in (None, ""):
            body = SHOWN.format(json.dumps(entry.contents, indent=2, ensure_ascii=False))
    look, number = " trouble-entry" if entry.type == ERROR else "", entry.id.partition("@")[0]
    return ENTRY.format(number, look, entry.id, values.moment(iso(entry.at)), body)


def said_markup(shown: Iterable[Shown]) -> Markup:
    """What a line of the console brought."""
    return Markup("").join(_one(each) for each in shown)


def _one(shown: Shown) -> Markup:
    title = Markup("<h3>{}</h3>").format(shown.title) if shown.title else Markup("")
    if shown.kind == "table":
        return title + _table(shown.content)
    if shown.kind == "markdown":
        return title + markdown(str(shown.content))
    if shown.kind == "error":
        return Markup('<p class="trouble" role="alert">{}</p>').format(str(shown.content))
    return title + SHOWN.format(str(shown.content))


def _table(rows: list[Mapping[str, Any]]) -> Markup:
    heads = list(rows[0]) if rows else []
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one) for one in heads)
    cells = (
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(str(row[one])) for one in heads))
        for row in rows
    )
    return values.TABLE.format(head, Markup("").join(cells), "")


@pages.get("/incidents/<room>/room")
def of_incident(room: str) -> Response:
    """The war room of an incident, below the head and the tabs of its page."""
    host = site().host
    incident = host.incidents.get(room)
    tabs = [
        {"id": one["id"], "name": one["name"], "open": one["type"] == "warRoom"}
        for one in tabs_of(layout_of(host, incident))
    ]
    return _room(room, f"#{incident.id} {incident.name}", head_of(incident), tabs, incident.dbot_mirror_id)


@pages.get("/room")
def playground() -> Response:
    """The war room that belongs to no incident."""
    return _room(PLAYGROUND, "Playground", None, [], "")


@pages.get("/incidents/<room>/room/entries")
def new_in_incident(room: str) -> Response:
    """The entries of an incident after the one of a number."""
    site().host.incidents.get(room)
    return _new(room)


@pages.get("/room/entries")
def new_in_playground() -> Response:
    """The entries of the playground after the one of a number."""
    return _new(PLAYGROUND)


def _new(room: str) -> Response:
    after = request.args.get("after", "")
    if not after.isdecimal() or len(after) > 15:
        abort(400, "After which entry? A number is expected.")
    found = site().host.war_room.entries(room, int(after))
    return shown(Markup("").join(map(entry_shown, found))) if found else Response(status=204)


def _room(
    room: str, title: str, head: Mapping[str, Any] | None, tabs: list[dict[str, Any]], remote_id: str
) -> Response:
    console = site().console
    entries = site().host.warroom(room)
    chosen = console.commands.get(request.args.get("command", ""))
    document = page(
        "room.html",
        title,
        live=live(),
        live_hash=Markup(hash_of(live())),  # noqa: S704 (a hash)
        head=head,
        tabs=tabs,
        room=room,
        address=_address(room),
        entries=[entry_shown(one) for one in entries[-MOST_ENTRIES:]],
        hidden=max(0, len(entries) - MOST_ENTRIES),
        words=[*console.complete("!"), *console.complete("/")],
        commands=[name for name, one in console.commands.items() if not one.deprecated],
        chosen=chosen,
        arguments=_arguments(chosen, remote_id) if chosen else [],
        help=_help(chosen.name) if chosen else "",
    )
    answer = shown(document)
    answer.headers["Content-Security-Policy"] = f"{POLICY}; script-src {hash_of(live())}; connect-src 'self'"
    return answer


def _address(room: str) -> str:
    return "/room" if room == PLAYGROUND else f"/incidents/{room}/room"


def _declared(name: str) -> Mapping[str, Any]:
    declared = site().instance.integration.raw["script"].get("commands") or ()
    found: Mapping[str, Any] = next(one for one in declared if one["name"] == name)
    return found


def _help(name: str) -> str:
    return str(_declared(name).get("description") or "")


def _arguments(command: Command, remote_id: str) -> list[dict[str, Any]]:
    """The arguments of a command as fields; `id` is filled with the id of the incident's other side."""
    texts = {one["name"]: str(one.get("description") or "") for one in _declared(command.name).get("arguments") or ()}
    return [
        {
            "name": one.name,
            "help": texts[one.name],
            "required": one.required,
            "choices": one.predefined,
            "several": one.is_array,
            "value": remote_id if one.name == "id" else str(one.default_value or ""),
        }
        for one in command.arguments
    ]


@pages.post("/incidents/<room>/room")
def typed_in_incident(room: str) -> AnyResponse:
    """A line, or a filled-in command, in the war room of an incident."""
    site().host.incidents.get(room)
    return _answered(room)


@pages.post("/room")
def typed() -> AnyResponse:
    """A line, or a filled-in command, in the playground."""
    return _answered(PLAYGROUND)


def _answered(room: str) -> AnyResponse:
    here = site()
    name = request.form.get("command", "")
    if name:
        given = {key[4:]: value for key, value in request.form.items() if key.startswith("arg.") and value}
        outcome = here.host.run((name, given), here.instance, room)
        here.host.follow(outcome)
        return back(_address(room), f"!{name} was run.", outcome.error is not None)
    here.console.room, here.console.instance = room, here.instance
    before = len(here.host.warroom(room))
    line = request.form.get("line", "").strip()
    shown = list(here.console.answer(line))
    is_kept = line.startswith("!") and len(here.host.warroom(room)) > before
    text = Markup("<code>{}</code>").format(line) + (Markup("") if is_kept else said_markup(shown))
    return back(_address(room), text, any(one.kind == "error" for one in shown))


@pages.get("/files/<reference>")
def file(reference: str) -> Response:
    """A file that an entry carries, to be saved; a browser never shows it as a page."""
    name, content = site().host.file(reference)
    response = Response(content, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=" ".join(name.split()))
    return response
