"""Mirroring, what goes out: what the analyst changed becomes a wish, and a wish is carried out in Sekoia or kept."""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from CommonServerPython import *
from SekoiaXDRMirrorApiModule import *  # brings the whole chain along

INCIDENT_CLOSED = (IncidentStatus.DONE, IncidentStatus.ARCHIVE)
CUSTOM_FIELD = "custom_field."
OWN_AUTHOR = " (XSOAR)"
AUTHOR_LENGTH = 32  # the most that Sekoia takes

# What can be sent: the name in the outgoing mapper -> what it is. The mapper holds the same names.
MIRROR_FIELDS = {
    "short_id": "The short id of the alert, for reading only.",
    "status": "The status: a label of the tenant or a built-in name.",
    "verdict": "The verdict: a label of the tenant, true_positive or false_positive; empty takes it away.",
    "urgency": "The urgency, from 0 to 100.",
    "title": "The title.",
    "details": "The details, in Markdown.",
    "assignee": "The uuid of the assignee; empty takes it away.",
    "close_reason": "The reason given when the incident was closed.",
    "close_notes": "The notes given when the incident was closed.",
    "reject": "Whether closing the incident rejects the alert instead of closing it.",
    "mirror_base": "What the incident knew of the alert when it was last updated, for finding out who changed what.",
}
VALUE_REFUSED = (SekoiaBadRequest, SekoiaConflict, SekoiaNotFound)  # what is said of one value may be true of it alone
CLOSING_KEYS = frozenset({"close_reason", "close_notes", "closeReason", "closeNotes", "closingUserId", "reject"})


# ---------------------------------------------------------------------------------------------------------------------
# Wishes: what the platform hands over
# ---------------------------------------------------------------------------------------------------------------------


def wish_of(args: UpdateRemoteSystemArgs, record: Mapping[str, Any], settings: MirrorSettings) -> Wish:
    """What is to be sent: plain JSON, so that it can wait. `known` holds fingerprints of what Sekoia had before.

    The incident's final state decides; of the fields, those that the platform names as changed, and where it names none
    those that differ from what the incident was last given.
    """
    data, delta = as_dict(args.data), as_dict(args.delta)
    closed, known = as_int(args.inc_status) in INCIDENT_CLOSED, as_text(record.get(Known.STATE), 1)
    touched = bool(CLOSING_KEYS & delta.keys()) or (not delta and bool(args.incident_changed))
    closing = closed and known not in (CLOSED_HERE, CLOSED_BY_MIRROR) and (touched or known == OPEN_HERE)
    was_closed = known in (CLOSED_HERE, CLOSED_BY_MIRROR) and not closed_just_now(record)
    reopening = not closed and was_closed and touched
    wish: Wish = changed_fields(data, delta, record, bool(args.incident_changed))
    given = wish["known"].get("status")
    if not settings.goes_in:  # the incident never hears of what Sekoia changes, so nothing can be held against it
        wish.pop("known")
    status = wish["fields"].pop("status", None) if closed or reopening else None
    if status is not None and short_digest(status) != given:
        wish["again"] = ["status"]
    wish["comments"] = [made for entry in as_list(args.entries) if (made := outgoing_comment(entry, settings))]
    unheard = known == CLOSED_BY_MIRROR and not closed and not reopening  # a server that died did not close it
    if closing or reopening or unheard or not known:
        wish["local"] = CLOSED_HERE if closed else OPEN_HERE
    wish["unheard"] = unheard
    if closing and settings.close_out:
        wish["close"] = close_wish({**delta, **data})
        if wish["fields"].get("verdict"):  # one that was taken away is a change like others
            wish["close"]["verdict"] = wish["fields"].pop("verdict")
    if reopening and settings.reopen_out:
        wish["reopen"] = status or True  # a status that was set at the same time is the one to reopen with
    return {name: value for name, value in wish.items() if value}


def changed_fields(
    data: Mapping[str, Any], delta: Mapping[str, Any], record: Mapping[str, Any], changed: bool
) -> dict[str, Any]:
    """The fields to send with their final values, and the fingerprints of what Sekoia is thought to have."""
    base = {**read_base(data.get("mirror_base")), **as_dict(record.get(Known.WRITTEN))}
    values = {**{name: delta[name] for name in delta}, **data}
    named = [name for name in TWO_WAY if name in delta]
    if not delta and changed:
        plain = {name: short_digest(plain_value(name, values.get(name))) for name in TWO_WAY if name in base}
        named = [name for name, digest in plain.items() if digest != base[name]]
    fields = {name: plain_value(name, values.get(name)) for name in named}
    custom = {name: values.get(name) for name in delta if name.startswith(CUSTOM_FIELD)}
    return {"fields": fields, "known": {name: base[name] for name in named if name in base}, "custom": custom}


def close_wish(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of a closing, from the names of the outgoing mapper or the platform's own."""
    return {
        "reason": as_text(values.get("close_reason") or values.get("closeReason"), 200),
        "notes": shortened(as_text(values.get("close_notes") or values.get("closeNotes"), 10 * COMMENT_LENGTH)),
        "reject": str(values.get("reject") or "").casefold() == "true",
    }


def shortened(text: str) -> str:
    """A text that Sekoia takes as a comment; what is left out is said at its end."""
    kept = text[: COMMENT_LENGTH - 100]
    rest = len(text) - len(kept)
    return text if len(text) <= COMMENT_LENGTH else f"{kept}\n\n… {rest} more characters are in XSOAR."


def outgoing_comment(entry: Any, settings: MirrorSettings) -> list[str]:
    """[content, author] of an entry with the chosen tag; empty for one that came from Sekoia or says nothing.

    The mark at the end tells each entry apart, so that it is sent once however often the platform hands it over.
    """
    given = as_dict(entry)
    tags = [as_text(tag) for tag in as_list(given.get("tags") or given.get("Tags"))]
    if settings.tag_in in tags:
        return []
    contents = given.get("contents", given.get("Contents"))
    text = contents if isinstance(contents, str) else json.dumps(contents, ensure_ascii=False) if contents else ""
    file = as_text(given.get("file") or given.get("File"), 300)
    if file:
        text = f"File in XSOAR: {file}" + (f"\n\n{text}" if text.strip() else "")
    if not text.strip():
        return []
    user = as_text(given.get("user") or "DBot", 200).strip()
    author = user[: AUTHOR_LENGTH - len(OWN_AUTHOR)].rstrip() + OWN_AUTHOR
    number = re.sub(r"[^\w.@#-]", "-", as_text(given.get("id"), 80)) or short_digest(given)
    return [f"{shortened(text)}\n\n[XSOAR {number}]", author]


def foretold(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be remembered before a wish is carried out, so that its effect is known when it comes back."""
    change: dict[str, Any] = {Known.STATE: wish["local"]} if wish.get("local") else {}
    if wish.get("local"):
        change[Known.CLOSED_AT] = int(time.time()) if wish["local"] == CLOSED_HERE else None
    if wish.get("unheard"):
        change[Known.TURN] = None
    if wish.get("close") or wish.get("reopen"):
        change[Known.EXPECTED] = CLOSED_HERE if wish.get("close") else OPEN_HERE
    return change


# ---------------------------------------------------------------------------------------------------------------------
# Errands: a wish is carried out
# ---------------------------------------------------------------------------------------------------------------------


class Errand:
    """One wish on its way to Sekoia. What a step has done is taken off the wish; what is left may be tried later."""

    def __init__(
        self,
        client: SekoiaClient,
        alert_id: str,
        wish: Wish,
        record: Mapping[str, Any],
        settings: MirrorSettings,
        own: Keys,
        known_now: Callable[[], Mapping[str, Any]] = lambda: NO_WISH,
    ) -> None:
        """`record` is what was known of the alert before the wish, `known_now` tells what is by now."""
        self.client, self.alert_id, self.settings, self.own = client, alert_id, settings, own
        self.before, self.record, self.known_now = record, {**record, **foretold(wish)}, known_now
        off = {"close": not settings.close_out, "reopen": not settings.reopen_out}  # the switch may be younger
        self.wish, self.left = wish, {part: value for part, value in wish.items() if not off.get(part)}
        self.alert: JsonObject = {}
        self.told: list[str] = []
        self.did: list[str] = []
        self.written: dict[str, str] = {}
        self.custom: dict[str, str | None] = {}  # what Sekoia is known to have by now; None for what it refused
        self.again: set[str] = set()
        self.gone = self.needless = self.closed = self.reopened = False
        self.cause: SekoiaError | None = None

    def run(self, close_notes: str) -> None:
        """Does what can be done; never raises for what Sekoia says or does not say."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("reopen", self.reopen),
            ("fields", self.edit),
            ("custom", self.edit_custom),
            ("comments", self.comment),
            ("close", lambda: self.close(close_notes)),
        )
        try:
            self.alert = self.client.get_alert(self.alert_id, comments=True, history=True)
            self.left.pop("missed", None)
            for part, step in steps:
                if self.left.get(part):
                    self.attempt(part, step)
        except (SekoiaNotFound, ValueError) as error:  # once may be a mistake
            once = isinstance(error, SekoiaNotFound) and not self.wish.get("missed")
            self.left, self.gone = ({**self.left, "missed": True} if once else {}), True
        except SekoiaError as error:  # a key that may not even read the alert may do so again tomorrow
            self.cause = error

    def closed_since(self) -> bool:
        """Whether another run was told since then that the incident is closed."""
        now = self.known_now()
        closed_anew = now.get(Known.CLOSED_AT) not in (None, self.before.get(Known.CLOSED_AT))
        return now.get(Known.STATE) == CLOSED_HERE and closed_anew

    def opened_since(self) -> bool:
        """Whether the incident is open by now; while its closing is sent without being written down, it is not."""
        now = self.known_now()
        return now.get(Known.STATE) == OPEN_HERE and not now.get(Known.CLOSED_AT)

    def attempt(self, part: str, step: Callable[[], None]) -> None:
        """One step. A refusal is final and is told; anything that may pass ends the errand for now.

        The alert was there a moment ago, so what a step does not find is something that it needs, and no step else.
        What a step tells that is made again is told then; comments go one by one, and those refused are not sent again.
        """
        before = len(self.told)
        try:
            step()
        except (SekoiaBadRequest, SekoiaConflict, SekoiaNotFound, SekoiaPermissionError, ValueError) as error:
            self.told.append(str(error))
        except SekoiaError:
            if part != "comments":
                del self.told[before:]
            raise
        except UNREADABLE as error:
            self.told.append(f"{part}: {unreadable_answer(error)}")
        self.left.pop(part, None)

    @property
    def view(self) -> dict[str, Any]:
        """The alert as the incident sees it."""
        return incident_view(self.alert, "", (20, 40, 80))

    def stands(self, name: str) -> bool:
        """Whether somebody else changed the value in Sekoia since the incident was last given it: that stands then."""
        known = as_dict(self.left.get("known")).get(name)
        ours = (known, self.written.get(name), as_dict(self.record.get(Known.WRITTEN)).get(name))
        return bool(known) and short_digest(plain_value(name, self.view.get(name))) not in ours

    def edit(self) -> None:
        """Status, verdict, urgency, title, details and assignee, where they differ and nobody else changed them.

        What is there already counts as written: a server that died may have sent it and forgotten so.
        """
        fields, view = as_dict(self.left.get("fields")), self.view
        there = {name for name, value in fields.items() if value == plain_value(name, view.get(name))}
        self.written.update({name: short_digest(fields[name]) for name in there})
        self.left = without_fields(self.left, there)
        wanted = {name: value for name, value in fields.items() if name not in there and not self.stands(name)}
        status = wanted.pop("status", "")
        changes: dict[str, Any] = {}
        for name, value in wanted.items():
            try:
                changes.update(self.change_of(name, value))
            except ValueError as error:
                self.told.append(str(error))
            except UNREADABLE as error:
                self.told.append(f"{name}: {unreadable_answer(error)}")
        try:
            self.send(changes)
        except (*VALUE_REFUSED, SekoiaPermissionError) as error:
            self.told.append(str(error))  # the status has a call of its own, with a permission of its own
        if status:
            self.move(status)

    def change_of(self, name: str, value: str) -> dict[str, Any]:
        """The value as the API takes it; ValueError when it cannot."""
        if name == "urgency":
            return {"urgency": whole_number(value, "urgency", 0, 0, 100)} if value else {}
        if name == "verdict":
            return {"verdict_uuid": self.verdict(value)["uuid"] if value else None}
        if name == "assignee":
            if value and not is_uuid(value):
                raise ValueError(f"assignee: '{value}' is no uuid of a Sekoia user.")
            return {"assignee": value or None}
        if name == "title":
            return {"title": value[:10_000]} if value else {}
        present = as_text(self.alert.get("details"), 10 * TEXT_LIMIT)
        if len(present) > TEXT_LIMIT:
            raise ValueError("details: the text in Sekoia is longer than the incident shows, so it is not replaced.")
        if len(value) > TEXT_LIMIT:
            raise ValueError(f"details: only {TEXT_LIMIT} characters can be sent, so the text was left as it is.")
        if "&lt;" in present and HTML_TAG.search(present):
            raise ValueError("details: the text in Sekoia holds both tags and '&lt;', so it is not replaced.")
        return {name: undefused(value, present)}

    def verdict(self, wanted: str) -> dict[str, Any]:
        """The tenant's verdict of that name; ValueError listing the choices."""
        return resolve_verdict(self.client, wanted, as_text(self.alert.get("community_uuid")))

    def send(self, changes: Mapping[str, Any]) -> None:
        """One call for all changes; when it is refused, one for each, so that one bad value holds no other back."""
        if not changes:
            return
        try:
            self.patch(changes)
        except VALUE_REFUSED:
            if len(changes) == 1:
                raise
            for name, value in changes.items():
                try:
                    self.patch({name: value})
                except VALUE_REFUSED as error:
                    self.told.append(f"{name}: {error}")

    def patch(self, changes: Mapping[str, Any]) -> None:
        """Edits the alert and notes what it looks like now."""
        answer = self.client.edit_alert(self.alert_id, changes, reached=lambda now: has_all(now, changes))
        self.alert = {**self.alert, **answer}
        unnamed = as_dict(self.alert.get("verdict")).get("uuid") != self.alert.get("verdict_uuid")
        if not has_all(self.alert, changes) or ("verdict_uuid" in changes and unnamed):  # the answer lacks something
            self.alert = self.client.get_alert(self.alert_id, comments=True, history=True)
        view = self.view
        names = {"verdict_uuid": "verdict"}
        for key in changes:
            name = names.get(key, key)
            if name in TWO_WAY:
                self.written[name] = short_digest(plain_value(name, view.get(name)))
                self.left = without_fields(self.left, [name])  # what waits after this is tried without it
                self.did.append(name)

    def target(self, wanted: str) -> StatusTarget:
        """The status of that name."""
        return resolve_status(self.client, wanted, as_text(self.alert.get("community_uuid")))

    def move(self, wanted: str) -> None:
        """A change of status by the status field; leaving or entering the closed stage has its own switches."""
        target, closed = self.target(wanted), is_closed(self.alert)
        if target.reached(self.alert):
            return
        if closed and target.stage != CLOSED and not self.settings.reopen_out:
            raise ValueError(f"status: the alert is closed, and changes of incidents do not reopen alerts ({wanted}).")
        if not closed and target.stage == CLOSED and not self.settings.close_out:
            raise ValueError(f"status: changes of incidents do not close alerts ({wanted}).")
        self.go(target, None)

    def go(self, target: StatusTarget, comment: str | None) -> None:
        """Moves the alert and notes its new status."""
        move_alert(self.client, self.alert_id, target, comment)
        self.alert = self.client.get_alert(self.alert_id, comments=True, history=True)
        self.written["status"] = short_digest(plain_value("status", self.view.get("status")))
        self.did.append(f"status {target.label}")

    def reopen(self) -> None:
        """Gives the alert the status that was asked for, or had before, unless Sekoia closed it anew meanwhile."""
        if self.closed_since():
            self.needless = True
            return
        turn, asked = newest_turn(self.alert), self.left.get("reopen")
        wanted = asked if isinstance(asked, str) and self.stage_before(asked) in (OPEN, IN_PROGRESS) else ""
        if not is_closed(self.alert):
            self.needless = True
            if wanted:
                self.move(wanted)
            return
        # where nothing comes in, the turn that was last seen says nothing of the one that the analyst saw
        if self.settings.goes_in and self.record.get(Known.TURN) not in (None, turn.id) and turn.by not in self.own:
            self.told.append("The alert was closed anew in Sekoia meanwhile, so it was not reopened.")
            return
        self.go(self.target(wanted or self.open_before() or "Ongoing"), None)
        self.reopened = True
        self.again.add("status")  # the incident still shows the closed one

    def open_before(self) -> str:
        """The last status that was not closed; '' where the history names none."""
        labels = (turn.before for turn in turns_of(self.alert))
        return next((label for label in labels if self.stage_before(label) in (OPEN, IN_PROGRESS)), "")

    def stage_before(self, label: str) -> str:
        """The stage of a status by its label."""
        legacy = legacy_status(label) if label else None
        if legacy or not label:
            return legacy.stage if legacy else ""
        try:
            return self.target(label).stage
        except ValueError:
            return ""

    def close(self, close_notes: str) -> None:
        """Closes the alert by the table of reasons, unless its incident is open again; its verdict is kept."""
        asked, is_open = as_dict(self.left.get("close")), self.opened_since()
        label, wanted = self.settings.reasons_out.get(as_text(asked.get("reason")).casefold(), ("Closed", ""))
        chosen = "" if self.stands("verdict") else as_text(asked.get("verdict"))
        keeps = is_closed(self.alert) or self.alert.get("verdict_uuid")
        verdict = self.closing_verdict(chosen or ("" if keeps else wanted), bool(chosen))
        if is_open or is_closed(self.alert):
            self.needless = True
            self.send({"verdict_uuid": verdict["uuid"]} if verdict and chosen else {})
            return
        target = self.closing_target("Rejected" if asked.get("reject") else label)
        notes, reason = as_text(asked.get("notes")), as_text(asked.get("reason"))
        comment = f"{reason}: {notes}" if reason and notes else notes or close_notes
        if verdict and verdict["uuid"] != self.alert.get("verdict_uuid"):
            body = close_body(target, self.alert, verdict, comment)
            try:
                self.client.edit_alert(self.alert_id, body, reached=lambda now: closed_with(now, verdict))
                self.did.append(f"{target.label}, {as_text(verdict.get('label'), 100)}")
                self.written["verdict"] = short_digest(plain_value("verdict", verdict.get("label")))
                if not chosen:
                    self.again.add("verdict")
                self.closed = True
                return
            except (SekoiaPermissionError, *VALUE_REFUSED) as error:
                self.told.append(f"The verdict was not set: {error}")
        move_alert(self.client, self.alert_id, target, comment)
        self.did.append(target.label)
        self.closed = True

    def closing_verdict(self, wanted: str, explicit: bool) -> dict[str, Any] | None:
        """The verdict to close with; None where the tenant has none such, which is told when somebody asked for it.

        None also where the key may not read the verdicts, which is told always: the table of close reasons asks.
        """
        try:
            return self.verdict(wanted) if wanted else None
        except SekoiaPermissionError as error:
            self.told.append(f"The verdict was not set: {error}")
        except ValueError as error:
            if explicit:
                self.told.append(str(error))
        return None

    def closing_target(self, label: str) -> StatusTarget:
        """The status to close with; the built-in Closed where the tenant has no such status, or it does not close."""
        try:
            target = self.target(label)
            if target.stage in (CLOSED, ""):
                return target
            self.told.append(f"status: '{label}' does not close an alert, so it was closed as Closed.")
        except ValueError as error:
            self.told.append(str(error))
        return self.target("Closed")

    def comment(self) -> None:
        """Each comment once: one that the alert carries already is not sent again."""
        there = {
            as_text(as_dict(one).get("content"), 2 * COMMENT_LENGTH) for one in as_list(self.alert.get("comments"))
        }
        for content, author in [pair for pair in as_list(self.left.get("comments")) if len(pair) == 2]:
            try:
                if as_text(content, 2 * COMMENT_LENGTH) not in there:
                    self.client.post_comment(self.alert_id, content, author)
                    self.did.append("comment")
            except (SekoiaBadRequest, SekoiaConflict, SekoiaPermissionError) as error:
                self.told.append(f"A comment was not taken ('{content[:40].strip()}'): {error}")
            self.left["comments"] = [one for one in self.left["comments"] if one[0] != content]

    def edit_custom(self) -> None:
        """The alert's custom fields, by uuid, slug or name."""
        rows = [as_dict(one) for one in as_list(self.alert.get("custom_fields"))]
        wanted = {name.removeprefix(CUSTOM_FIELD): value for name, value in as_dict(self.left.get("custom")).items()}
        if any(custom_uuid(rows, name) is None for name in wanted):
            rows += [as_dict(one) for one in self.client.iter_items(ApiCall("GET", "/v1/sic/custom-fields"))]
        found = {name: custom_uuid(rows, name) for name in wanted}
        missing = [name for name, uuid in found.items() if uuid is None]
        there = {as_text(row.get("uuid"), 100): row.get("value") for row in rows if "value" in row}
        values = [{"uuid": uuid, "value": wanted[name]} for name, uuid in found.items() if uuid]
        fresh = [one for one in values if custom_digest(one) != custom_digest({"value": there.get(one["uuid"])})]
        self.custom = {custom_key(one): custom_digest(one) for one in values if one not in fresh}
        try:
            self.patch_custom(fresh)
        except VALUE_REFUSED as error:
            if len(fresh) == 1:
                self.refuse_custom(fresh, error)
            for value in fresh if len(fresh) > 1 else ():
                self.try_custom(value)
        except SekoiaPermissionError as error:
            self.refuse_custom(fresh, error)
        if missing:
            raise ValueError(f"custom fields: the tenant has none called {', '.join(missing)}.")

    def patch_custom(self, values: list[dict[str, Any]]) -> None:
        """One call for these custom fields."""
        if values:
            path = alert_path(self.alert_id, "/custom-fields")
            self.client.write(ApiCall("PATCH", path, body={"custom_fields": values}, names_object=True), lambda: None)
            self.custom |= {custom_key(one): custom_digest(one) for one in values}
            self.did.append("custom fields")

    def try_custom(self, value: dict[str, Any]) -> None:
        """One custom field by itself, so that a bad value holds no other back."""
        try:
            self.patch_custom([value])
        except VALUE_REFUSED as error:
            self.refuse_custom([value], error)

    def refuse_custom(self, values: Iterable[Mapping[str, Any]], error: SekoiaError) -> None:
        """Tells that Sekoia did not take custom fields; the incident is given what is there."""
        self.told.append(f"custom fields: {error}")
        self.custom |= {custom_key(value): None for value in values}

    @property
    def gave_up_turn(self) -> bool:
        """Whether a closing or reopening was not done and is not tried again, so that nothing of it comes back."""
        ended = any(self.wish.get(part) and not self.left.get(part) for part in ("close", "reopen"))
        return ended and not self.closed and not self.reopened

    def change(self) -> dict[str, Any]:
        """What is to be remembered of the errand, besides what it told."""
        change: dict[str, Any] = {}
        if self.written:
            change[Known.WRITTEN] = {**as_dict(self.record.get(Known.WRITTEN)), **self.written}
        if self.custom:
            known = {**as_dict(self.record.get(Known.CUSTOM)), **self.custom}
            change[Known.CUSTOM] = {key: digest for key, digest in known.items() if digest}
        if self.needless or self.gave_up_turn:
            change[Known.EXPECTED] = None
        if self.closed:
            change[Known.CLOSED_STATUS] = True
        if not self.told and not self.settings.goes_in:  # else the incident is told first
            change[Known.NOTE] = None
        closed_here = self.record.get(Known.STATE) in (CLOSED_HERE, CLOSED_BY_MIRROR)
        turn = newest_turn(self.alert)
        agreed = is_closed(self.alert) and closed_here
        if turn.id and (agreed or (not self.record.get(Known.TURN) and not is_closed(self.alert))):
            change[Known.TURN] = turn.id
        return change

    def given_again(self) -> list[str]:
        """The fields that the incident must be given again, since it shows another value than Sekoia."""
        wanted, view = {} if "fields" in self.left else as_dict(self.wish.get("fields")), self.view
        chosen = as_dict(self.wish.get("close")).get("verdict")
        if chosen and "close" not in self.left and "verdict" not in self.written:
            wanted = {**wanted, "verdict": chosen}
        other = {name for name, value in wanted.items() if plain_value(name, view.get(name)) != value}
        return sorted(self.again | other)


def unreadable_answer(error: Exception) -> str:
    """What is told of an answer whose shape is none that the API describes."""
    return f"an answer of Sekoia cannot be read ({type(error).__name__}: {error})."


def news_of_custom(raw: dict[str, Any], wish: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The raw alert with the values of custom fields that are news; null where the incident keeps its own.

    It keeps what waits to be sent, and what is in Sekoia as it was last given: an analyst may have changed that since.
    """
    names = {name.removeprefix(CUSTOM_FIELD) for name in as_dict(wish.get("custom"))}
    rows, known = [as_dict(row) for row in as_list(raw.get("custom_fields"))], as_dict(record.get(Known.CUSTOM))
    kept = [
        {**row, "value": None}
        if known.get(custom_key(row)) == custom_digest(row) or any(custom_uuid([row], name) for name in names)
        else row
        for row in rows
    ]
    return {**raw, "custom_fields": kept} if rows else raw


def undefused(value: str, present: str) -> str:
    """A text of an incident as Sekoia has it: without what made the markup of its present text safe to show."""
    plain = value.replace("&lt;", "<") if "<" in present and "&lt;" not in present else value
    return plain.replace("!\\[", "![") if "![" in present else plain


def custom_uuid(rows: Iterable[Mapping[str, Any]], name: str) -> str | None:
    """The uuid of the custom field that goes by that name."""
    keys = ("uuid", "slug", "name")
    found = (as_text(row.get("uuid"), 100) for row in rows if name in [as_text(row.get(key), 100) for key in keys])
    return next(found, None)


def has_all(alert: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """Whether an alert shows all of an edit."""
    shown = {**alert, "urgency": as_dict(alert.get("urgency")).get("current_value")}
    return all(shown.get(name) == value for name, value in changes.items())


def mapping_fields() -> GetMappingFieldsResponse:
    """What the mapper's editor offers; the same names as in the outgoing mapper of the pack."""
    return GetMappingFieldsResponse([SchemeTypeMapping("Sekoia XDR", dict(MIRROR_FIELDS))])
