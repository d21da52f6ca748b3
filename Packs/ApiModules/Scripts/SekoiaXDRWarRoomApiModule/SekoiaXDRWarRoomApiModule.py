"""The frame of the war room's commands: what users write is read and checked here, what they see is written here.

What imports this file gets the client, the alert's and the events' modules with it; the build pastes each of them once.
No call to `demisto`: a command is a function of the client, its arguments and the instance's parameters.
"""

import json
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import dateparser
import pytz
from CommonServerPython import *
from SekoiaXDREventsApiModule import *  # brings the client and the alert's module along

TYPE_SPELLINGS = {"appsacan": "appscan"}  # the official pack offers the misspelt value
RELATIVE_TIME = re.compile(
    r"-?\s*(?P<number>\d{1,6})\s*(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(\s+ago)?",
    re.IGNORECASE,
)
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

PRIORITIES = ApiCall("GET", "/v1/sic/custom_priorities")
OWN = ApiCall("GET", "/v1/me/communities")
PEOPLE_SHOWN = 20  # candidates that an error lists
SEVERAL = {
    "verdict": "verdicts",
    "priority": "priorities",
    "person": "people",
    "custom field": "custom fields",
    "kill-chain stage": "kill-chain stages",
}

Args = dict[str, Any]

# ---------------------------------------------------------------------------------------------------------------------
# Reading what users write
# ---------------------------------------------------------------------------------------------------------------------


def words(value: Any) -> tuple[str, ...]:
    """A multi-select, list or comma text as a tuple; a cleared field (None) is an empty one."""
    return tuple(str(word).strip() for word in argToList(value) if str(word).strip())


def parse_time(text: str, name: str) -> int:
    """Epoch seconds of what a user wrote: ISO 8601, epoch seconds, or relative ('-7d', '3 hours', '2 days ago').

    What lies before 1970 becomes 0: the API can be asked for no earlier moment.

    Raises:
        ValueError: the text is no time; the message names the argument and shows accepted forms.
    """
    text, now = str(text).strip(), time.time()
    if text.casefold() == "now":
        return int(now)
    relative = RELATIVE_TIME.fullmatch(text)
    if relative:
        return max(0, int(now - int(relative["number"]) * UNIT_SECONDS[relative["unit"][0].casefold()]))
    if re.fullmatch(r"\d{9,11}", text):
        return int(text)
    moment = as_epoch(text) if re.match(r"\d{4}-", text) else None
    if moment is None and re.search("[a-z]{3}", text, re.IGNORECASE):
        moment = spoken_time(text, now)
    if moment is None:
        raise ValueError(
            f"{name}: '{text}' is not a time. Use for example -7d, '3 hours', 2026-03-01T10:00:00Z or epoch seconds."
        )
    return max(0, moment)


def spoken_time(text: str, now: float) -> int | None:
    """Epoch seconds of English such as 'yesterday' or '2 months ago'; None when it is none."""
    settings = {
        "RELATIVE_BASE": datetime.fromtimestamp(now, timezone.utc).replace(tzinfo=None),
        "TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": True,
        "PREFER_DATES_FROM": "past",
    }
    moment = dateparser.parse(text, languages=["en"], settings=settings)
    return int(moment.timestamp()) if moment else None


def parse_window(text: str | None, name: str) -> tuple[int | None, int | None] | None:
    """A 'start,end' pair of times as epoch seconds; an open side is None, 'now' as end stays open."""
    if not text or not text.strip():
        return None
    start, _, end = text.partition(",")
    closed_end = end.strip() and end.strip().casefold() != "now"
    first = parse_time(start, name) if start.strip() else None
    last = parse_time(end, name) if closed_end else None
    if first is not None and last is not None and first > last:
        raise ValueError(f"{name}: '{text}' begins after its end. Write start,end, for example -3d,now.")
    return first, last


def whole_number(value: Any, name: str, default: int, low: int, high: int | None = None) -> int:
    """A whole number a user gave, or the default when the field is empty.

    Raises:
        ValueError: it is no number or lies outside [low, high].
    """
    if value is None or str(value).strip() == "":
        return default
    number = as_int(value) if re.fullmatch(r"\s*[-+]?\d+\s*", str(value)) else None
    if number is None or number < low or (high is not None and number > high):
        bounds = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise ValueError(f"{name}: '{value}' is not a whole number {bounds}.")
    return number


def number_range(value: str | None, name: str) -> tuple[int, int] | None:
    """An urgency range 'min,max' (0 to 100); a lone 'min' means 'min,100'."""
    if value is None or not str(value).strip():
        return None
    parts = [part.strip() for part in str(value).split(",")]
    if len(parts) > 2:
        raise ValueError(f"{name}: '{value}' is not a range. Write min,max, for example 60,100.")
    low = whole_number(parts[0], name, 0, 0, 100)
    high = whole_number(parts[1] if len(parts) == 2 else "", name, 100, 0, 100)
    if low > high:
        raise ValueError(f"{name}: '{value}' begins above its end. Write min,max, for example 60,100.")
    return low, high


def flag(args: Args, name: str) -> bool:
    """A yes/no argument; absent means no."""
    try:
        return argToBoolean(args.get(name) or False)
    except ValueError:
        raise ValueError(f"{name}: '{args.get(name)}' is neither true nor false.") from None


def one_of(args: Args, name: str, choices: tuple[str, ...]) -> str:
    """An argument with fixed values, the first of them when it is absent; ValueError lists them."""
    value = str(args.get(name) or choices[0]).strip().casefold()
    if value not in choices:
        raise ValueError(f"{name}: '{value}' is unknown. Use one of: {', '.join(choices)}.")
    return value


def required(args: Args, name: str) -> str:
    """A text argument that must not be empty."""
    value = str(args.get(name) or "").strip()
    if not value:
        raise ValueError(f"{name}: a value is needed.")
    return value


def alert_id_of(args: Args, name: str = "id") -> str:
    """The validated uuid or short id of an alert."""
    return validate_id(required(args, name), "alert", "AL")


# ---------------------------------------------------------------------------------------------------------------------
# Parameters
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Params:
    """What every command needs of the instance."""

    url: str
    api_key: str
    verify: bool
    proxy: bool
    requests_per_second: float
    close_notes: str
    timezone: str
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ui(self) -> str:
        """The web interface that belongs to the API's base URL."""
        return ui_root(self.url)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Params":
        """Raises ValueError for an unusable value; a parameter that is absent takes its documented default."""
        key = as_dict(raw.get("credentials")).get("password")
        if not key or not str(key).strip():
            raise ValueError("API key: the instance has none. Paste the key of a Sekoia API key into the settings.")
        pace = str(raw.get("requests_per_second") or "5").strip()
        if not re.fullmatch(r"\d+(\.\d+)?", pace) or not 0.1 <= float(pace) <= 100:
            raise ValueError(f"Requests per second: '{pace}' is not a number from 0.1 to 100.")
        return cls(
            url=str(raw.get("url") or "https://api.sekoia.io").strip(),
            api_key=str(key).strip(),
            verify=not argToBoolean(raw.get("insecure") or False),
            proxy=argToBoolean(raw.get("proxy") or False),
            requests_per_second=float(pace),
            close_notes=str(raw.get("close_notes") or "Closed by Sekoia"),
            timezone=zone_name(raw.get("timezone")),
            raw=raw,
        )

    def client(self, seconds: float) -> SekoiaClient:
        """A client whose whole work must end within that many seconds."""
        return SekoiaClient(
            self.url,
            self.api_key,
            verify=self.verify,
            proxy=self.proxy,
            requests_per_second=self.requests_per_second,
            deadline=Deadline(seconds),
        )


def zone_name(value: Any) -> str:
    """The IANA name of a time zone, Europe/Paris when the field is empty; ValueError for an unknown one."""
    name = str(value or "Europe/Paris").strip()
    if name not in pytz.all_timezones_set:
        raise ValueError(f"Time zone: '{name}' is unknown. Use an IANA name such as Europe/Paris or UTC.")
    return name


Command = Callable[[SekoiaClient, Args, Params], Any]


# ---------------------------------------------------------------------------------------------------------------------
# Status
# ---------------------------------------------------------------------------------------------------------------------


def tenant_statuses(client: SekoiaClient) -> list[dict[str, Any]]:
    """The tenant's own alert statuses; empty where the key may not read them (it needs 'View cases' too)."""
    try:
        return [status for status in client.custom_statuses("alert") if isinstance(status, dict)]
    except SekoiaPermissionError:
        return []


def resolve_status(client: SekoiaClient, wanted: str, community: str = "") -> StatusTarget:
    """The status a user means by a legacy name, an action, a label of the tenant (any case) or a uuid.

    Raises:
        ValueError: nothing, or more than one status of the tenant, goes by that name; the message lists the choices.
    """
    wanted, legacy, tenant = wanted.strip(), legacy_status(wanted), tenant_statuses(client)
    found = tenant_matches(tenant, wanted)
    mine = [s for s in found if community and s.get("community_uuid") == community]
    own = mine or (found if len(found) == 1 or not (legacy and community) else [])  # not one of several of others
    if len(own) > 1:
        listed = ", ".join(f"{as_text(s.get('label'))} ({s.get('uuid')})" for s in own)
        raise ValueError(f"status: '{wanted}' is the name of several statuses: {listed}. Give the uuid instead.")
    if own:
        chosen = own[0]
        return StatusTarget(as_text(chosen.get("label")), as_text(chosen.get("uuid")), legacy, stage_of(chosen))
    if legacy:
        return StatusTarget(legacy.name, "", legacy, legacy.stage)
    if is_uuid(wanted):
        return StatusTarget(wanted, wanted.casefold())
    raise unknown_status(wanted, tenant)


def status_filter(client: SekoiaClient, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The query fields that select alerts in these statuses: by legacy name, or by uuid once a tenant's label is named.

    Raises ValueError for a name that is no status of the tenant.
    """
    names = list(names)
    legacy = [legacy_status(name) for name in names]
    if all(legacy):
        return {"status_names": tuple(dict.fromkeys(status.name for status in legacy if status))}
    tenant = tenant_statuses(client)
    uuids = [uuid for name in names for uuid in tenant_uuids(tenant, name)]
    return {"custom_status_uuids": tuple(dict.fromkeys(uuids))}


def by_name_or_uuid(values: tuple[str, ...], title: str, names: str, uuids: str) -> dict[str, tuple[str, ...]]:
    """Values as the query field of their kind; ValueError for a mixture, which the API would read as both at once."""
    kinds = {is_uuid(value) for value in values}
    if kinds == {True}:
        return {uuids: tuple(value.casefold() for value in values)}
    if kinds == {False} and names:
        return {names: values}
    if kinds:
        raise ValueError(f"{title}: give {'names or uuids, not both' if names else 'uuids'}: {', '.join(values)}.")
    return {}


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts, priorities, people
# ---------------------------------------------------------------------------------------------------------------------


def the_one(
    name: str, wanted: str, found: list[dict[str, Any]], every: Iterable[dict[str, Any]], kind: str
) -> dict[str, Any]:
    """The only object that fits what was written in the argument `name`; ValueError listing the choices otherwise."""
    if len(found) == 1:
        return found[0]
    choices = ", ".join(f"{as_text(one.get('label') or one.get('name'))} ({one.get('uuid')})" for one in found or every)
    problem = f"fits several {SEVERAL[kind]}" if found else f"is no {kind} of this tenant"
    raise ValueError(f"{name}: '{wanted}' {problem}. Choose one of: {choices or 'none is defined'}.")


def labelled(things: Iterable[dict[str, Any]], wanted: str, community: str) -> list[dict[str, Any]]:
    """Those that go by a uuid, a label (any case, a blank as good as _) or a stage, of this community before others."""
    things = list(things)
    folded = re.sub(r"[\s-]+", "_", wanted.strip().casefold())
    found = (
        [one for one in things if one.get("uuid") == wanted.strip().casefold()]
        or [one for one in things if re.sub(r"[\s-]+", "_", as_text(one.get("label")).casefold()) == folded]
        or [one for one in things if one.get("stage") == folded]
    )
    return [one for one in found if one.get("community_uuid") == community] or found


def resolve_verdict(client: SekoiaClient, wanted: str, community: str) -> dict[str, Any]:
    """The tenant's verdict of that label, stage (true_positive, false_positive) or uuid.

    Raises ValueError listing the choices when none or several fit.
    """
    verdicts = [verdict for verdict in client.custom_verdicts() if isinstance(verdict, dict)]
    return the_one("verdict", wanted, labelled(verdicts, wanted, community), verdicts, "verdict")


def resolve_priority(client: SekoiaClient, wanted: str, community: str = "") -> dict[str, Any]:
    """The tenant's priority of cases of that label or uuid.

    Raises ValueError listing the choices when none or several fit.
    """
    priorities = [one for one in client.iter_items(PRIORITIES) if isinstance(one, dict)]
    return the_one("priority", wanted, labelled(priorities, wanted, community), priorities, "priority")


def resolve_assignee(client: SekoiaClient, wanted: str, community: str = "", name: str = "assignee") -> str:
    """The uuid to give an alert or a case to: that of the avatar with this e-mail or name; a uuid is taken as it is.

    Without a community, those that the key belongs to are searched. Raises ValueError with the candidates when nobody
    or several people fit; `name` is the argument's.
    """
    if is_uuid(wanted):
        return wanted.strip().casefold()
    people = [one for one in people_of(client, community) if one.get("status") != "disabled"]
    folded = " ".join(wanted.casefold().split())
    found = [one for one in people if folded in person_names(one)]
    return as_text(the_one(name, wanted, found, people[:PEOPLE_SHOWN], "person").get("uuid"))


def people_of(client: SekoiaClient, community: str) -> list[dict[str, Any]]:
    """Who may act in a community, as avatars: {uuid, name, status, user: {firstname, lastname, email, ...}}."""
    owners = [community] if community else [as_text(as_dict(one).get("uuid")) for one in client.read_page(OWN).items]
    found: dict[str, dict[str, Any]] = {}
    for owner in filter(None, owners):
        path = f"/v1/communities/{urllib.parse.quote(owner, safe='')}/avatars/"
        call = ApiCall("GET", path, {"include_parent": "true"}, names_object=True)
        found |= {as_text(one.get("uuid")): one for one in client.iter_items(call) if isinstance(one, dict)}
    return list(found.values())


def person_names(avatar: Mapping[str, Any]) -> set[str]:
    """Everything a person goes by, folded: e-mail, profile name, first and last name; e-mails may be hidden."""
    user = as_dict(avatar.get("user"))
    full = f"{as_text(user.get('firstname'))} {as_text(user.get('lastname'))}"
    names = (as_text(user.get("email")), as_text(avatar.get("name")), full)
    return {" ".join(text.casefold().split()) for text in names if text.strip()}


# ---------------------------------------------------------------------------------------------------------------------
# Presentation
# ---------------------------------------------------------------------------------------------------------------------


def ui_root(url: str) -> str:
    """The web interface that belongs to a base URL, for links; ValueError when it is no URL."""
    parts = split_base_url(url)
    return f"{parts.scheme}://{re.sub(r'^api[.]', 'app.', parts.netloc.lower())}"


def alert_link(ui_root: str, short_id: str) -> str:
    """The page of an alert in the web interface."""
    return f"{ui_root.rstrip('/')}/operations/alerts/{urllib.parse.quote(short_id, safe='')}"


def page_of(alert: Mapping[str, Any], ui: str) -> str:
    """The address of an alert in Sekoia's web interface, '' without a short id."""
    short_id = as_text(alert.get("short_id"), 100)
    return alert_link(ui, short_id) if short_id else ""


def alert_row(alert: Mapping[str, Any], params: Params) -> dict[str, str]:
    """One alert as a row of a readable table."""
    urgency, page = as_dict(alert.get("urgency")), page_of(alert, params.ui)
    return {
        "Alert": f"[{cell(alert['short_id'])}]({page})" if page else cell(alert.get("uuid")),
        "Title": cell(alert.get("title")),
        "Status": cell(status_of(alert).label),
        "Urgency": cell(f"{as_text(urgency.get('current_value'))} {as_text(urgency.get('display'))}".strip()),
        "Rule": cell(as_dict(alert.get("rule")).get("name")),
        "Entity": cell(as_dict(alert.get("entity")).get("name")),
        "Source": cell(alert.get("source")),
        "Target": cell(alert.get("target")),
        "Created": local_time(alert.get("created_at"), params.timezone),
    }


def alert_output(alert: dict[str, Any], params: Params) -> dict[str, Any]:
    """An alert for the context: as the API gave it, with its times as ISO 8601 UTC and its link beside."""
    return {
        **alert,
        "created_date": iso_time(as_epoch(alert.get("created_at"))),
        "updated_date": iso_time(as_epoch(alert.get("updated_at"))),
        "link": page_of(alert, params.ui),
    }


def dry_run_result(what: str, call: str, body: JsonBody) -> CommandResults:
    """The call a command would have sent."""
    shown = json.dumps(body, indent=2)
    return CommandResults(readable_output=f"### Dry run: nothing was sent\n{what}\n\n`{call}`\n```\n{shown}\n```")


def as_far_as_it_goes(items: Iterable[Any]) -> tuple[list[Any], str]:
    """The items that could be read in the time of a command, and a visible note when there are more."""
    found: list[Any] = []
    try:
        for item in items:
            found.append(item)
    except SekoiaDeadline as error:
        if not found:
            raise
        return found, f"\n\n**Not all: the time of the command ended after {len(found)} entries.** {cell(error)}"
    return found, ""
