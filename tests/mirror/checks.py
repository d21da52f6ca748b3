"""What must be true of an alert and its incident when the weather was fine and nobody acted for a while."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.sekoia.alerts.model import Alert
from lab.xsoar.incidents import Incident
from tests.mirror.ledger import HERE, Ledger, Turn, words_of
from tests.mirror.schedule import REFUSALS, Schedule
from tests.promises import PromiseBroken, Sums
from tests.stage import Stage

TAG_OUT, TAG_IN = "comments", "CommentFromSekoia"
FIELD_OF = {
    "status": "SekoiaXDR Alert Status",
    "verdict": "SekoiaXDR Verdict",
    "urgency": "SekoiaXDR Urgency",
    "title": "Alert Name",
    "details": "SekoiaXDR Alert Details",
    "assignee": "Assigned User",
}
REASON_BY = {"True positive": "Resolved", "False positive": "False Positive", "Rejected": "False Positive"}
SWITCHED = ("close_incident", "reopen_incident", "close_out", "reopen_out")
TOLD = "Not mirrored to Sekoia"
OWN_REFUSALS = ("was closed anew in Sekoia", "changes of incidents do not")  # what the pack itself may refuse
BOTH = "Incoming and Outgoing"


@dataclass
class Tally(Sums):
    """What trials went through; tallies add up."""

    schedules: int = 0
    steps: int = 0
    rounds: int = 0
    incidents: int = 0
    comments_in: int = 0
    comments_out: int = 0
    closed: int = 0
    closings: int = 0
    refusals: int = 0
    deaths: int = 0
    echoes: int = 0
    deeds: Counter[str] = field(default_factory=Counter)


class Checks:
    """The promises of mirroring, for one trial. `was`: whether alert and incident were closed when all was settled."""

    def __init__(self, stage: Stage, schedule: Schedule, ledger: Ledger, tally: Tally) -> None:
        self.stage, self.ledger, self.tally = stage, ledger, tally
        self.habits = dict(schedule.habits)
        settings = dict(schedule.settings)
        self.on = {name: bool(settings.get(name, True)) for name in SWITCHED}
        direction = settings.get("mirror_direction", BOTH)
        self.goes_in, self.goes_out = "Incoming" in direction, "utgoing" in direction
        self.is_fair = not any(step.deed == "fault" and step.name in REFUSALS for step in schedule.steps)
        self.parted: set[str] = set()  # incidents whose closing or reopening was refused, which they were told
        self.was: dict[str, tuple[bool, bool]] = {}

    def check(self, alert: Alert, incident: Incident) -> bool:
        """Both sides of one alert are equal, or the incident was told since that Sekoia refused something.

        False where nothing can be compared, since the incident does not hear of the alert.
        """
        self.tally.incidents += 1
        self.tally.closed += incident.status >= 2
        self.check_comments(alert, incident)
        news = self.refusals(incident)
        was = self.was.get(incident.id, (False, False))
        now = (alert.status.stage == "closed", incident.status >= 2)
        if now[0] == now[1]:
            self.parted.discard(incident.id)
        elif news:
            self.parted.add(incident.id)
        if not self.habits.get("updates_closed", True) and incident.status >= 2:
            return False
        if not self.goes_in and not self.is_fair:
            return False  # nothing tells such an incident what Sekoia refused
        self.was[incident.id] = now
        if incident.id not in self.parted:
            self.check_state(alert, incident, was)
        if not (self.goes_in and self.goes_out):
            self.check_one_way(alert, incident)
            return True
        self.check_equal(alert, incident)
        if not news:
            self.check_edits(alert, incident)
        return True

    def refusals(self, incident: Incident) -> int:
        """How many refusals the incident was told of since all was settled; only what Sekoia refused may be told."""
        told = [text for entry in self.stage.host.warroom(incident.id) if TOLD in (text := str(entry.contents))]
        before = self.ledger.told.get(incident.id, 0)
        self.ledger.told[incident.id] = len(told)
        self.tally.refusals += len(told) - before
        made_up = [text for text in told[before:] if not any(words in text for words in OWN_REFUSALS)]
        if self.is_fair and made_up:
            raise PromiseBroken("refusal made up", f"incident {incident.id}: {made_up}")
        return len(told) - before

    def check_state(self, alert: Alert, incident: Incident, was: tuple[bool, bool]) -> None:
        """Closed alike where all switches are on; and where one side alone turned, the other follows by its switch."""
        closed, turns = (alert.status.stage == "closed", incident.status >= 2), self.ledger.sole_turns(alert.short_id)
        if self.goes_in and self.goes_out and all(self.on.values()) and closed[0] != closed[1]:
            told = f"incident {incident.id} has status {incident.status}, its alert is {alert.status.label}"
            raise PromiseBroken("not closed alike", told)
        if not turns or turns[-1].again:
            return
        mine, theirs = (1, 0) if turns[0].who == HERE else (0, 1)  # the place of the side that turned in `closed`
        wanted = bool(turns[-1].closed)
        if closed[mine] != wanted:
            raise PromiseBroken("turned back", f"incident {incident.id} and its alert: {closed} after {turns}")
        if not self.follows(turns[-1]):
            if closed[theirs] != was[theirs] and not any(self.follows(turn) for turn in turns):
                raise PromiseBroken("switch ignored", f"incident {incident.id}: {was} -> {closed} after {turns}")
        elif closed[theirs] != wanted and (wanted or was[0] == was[1]):
            raise PromiseBroken("not followed", f"incident {incident.id}: {was} -> {closed} after {turns}")
        elif wanted:
            self.check_closing(alert, incident, turns, was)

    def follows(self, turn: Turn) -> bool:
        """Whether the direction and the switch have the other side follow a turn."""
        deed = "close" if turn.closed else "reopen"
        if turn.who == HERE:
            return self.goes_out and self.on[f"{deed}_out"]
        return self.goes_in and self.on[f"{deed}_incident"]

    def check_closing(self, alert: Alert, incident: Incident, turns: Sequence[Turn], was: tuple[bool, bool]) -> None:
        """The reason and the notes of a closing that one side alone asked for."""
        last, (reason, notes) = turns[-1], (str(incident.system.get(name)) for name in ("closeReason", "closeNotes"))
        self.tally.closings += 1
        if last.who == HERE:
            if (reason, notes) != (last.reason, last.notes):
                told = f"incident {incident.id} was closed with {last}, but says {reason!r}, {notes!r}"
                raise PromiseBroken("other words", told)
            if len(turns) == 1 and not was[0] and words_of(reason, notes) not in self.own_words(alert):
                raise PromiseBroken("notes not sent", f"incident {incident.id}: {words_of(reason, notes)!r}")
        elif len(turns) == 1 and not was[1] and (alert.short_id, "verdict") not in self.ledger.edits:
            words = (alert.ruling.verdict.label if alert.ruling else "", alert.status.label)
            wanted = next((REASON_BY[word] for word in words if word in REASON_BY), "Resolved")
            if reason != wanted or not notes.startswith("Closed by Sekoia"):
                told = f"incident {incident.id} of an alert with {words}: {reason!r}, {notes!r}, not {wanted!r}"
                raise PromiseBroken("wrong reason", told)

    def check_one_way(self, alert: Alert, incident: Incident) -> None:
        """Where changes go one way only, the fields that the other side has never touched are as the first has them."""
        turned = {"status", "verdict"} if self.goes_out and self.ledger.turns.get(alert.short_id) else set()
        turned |= {"status"} if incident.status >= 2 else set()  # that of a closed incident is not sent
        for name, (remote, local) in pairs(alert, incident).items():
            ever, wrote = self.ledger.ever.get((alert.short_id, name), set()), self.ledger.edits
            if self.goes_in and HERE not in ever and remote != local:
                raise PromiseBroken("not brought", f"incident {incident.id}: {name} is {local!r}, not {remote!r}")
            mine = wrote.get((alert.short_id, name), {}).get(HERE)
            if self.goes_out and ever == {HERE} and mine not in (None, remote) and name not in turned:
                raise PromiseBroken("not sent", f"incident {incident.id}: {name} is {remote!r} there, not {mine!r}")

    def own_words(self, alert: Alert, marked: bool = False) -> Counter[str]:
        """The comments that closings of the incident have left; `marked`: those of entries too."""
        key = self.stage.world.keys.named("soar").uuid
        mine = (one.content for one in alert.comments if one.by.uuid == key)
        return Counter(text for text in mine if marked or "[XSOAR " not in text)

    def check_equal(self, alert: Alert, incident: Incident) -> None:
        """Each value is the same on both sides."""
        wrong = {name: pair for name, pair in pairs(alert, incident).items() if pair[0] != pair[1]}
        if wrong:
            raise PromiseBroken("not equal", f"incident {incident.id}: {wrong}")

    def check_edits(self, alert: Alert, incident: Incident) -> None:
        """What one side alone has changed stands; where both did, the last word of one of them does."""
        unsure = {"status", "verdict"} if self.ledger.turns.get(alert.short_id) else set()
        unsure |= {"status"} if incident.status >= 2 else set()
        for name, (remote, _) in pairs(alert, incident).items():
            wrote = self.ledger.edits.get((alert.short_id, name), {})
            if wrote and name not in unsure and remote not in wrote.values():
                told = f"incident {incident.id}: {name} is {remote!r}, but {wrote} was written"
                raise PromiseBroken("overwritten", told)

    def check_comments(self, alert: Alert, incident: Incident) -> None:
        """Each comment exactly once on each side, and none that came back."""
        entries = self.stage.host.warroom(incident.id)
        key = self.stage.world.keys.named("soar").uuid
        came = Counter(plain(entry.contents).partition("\n\n")[2] for entry in entries if TAG_IN in entry.tags)
        theirs = Counter(plain(one.content) for one in alert.comments if one.by.uuid != key)
        self.tally.echoes += sum("[XSOAR" in text for text in came)
        if came - theirs or (came and not self.goes_in):
            raise PromiseBroken("doubled or echoed comment", f"incident {incident.id}: {came - theirs}")
        if self.goes_in and theirs - came and (self.habits.get("updates_closed", True) or incident.status < 2):
            raise PromiseBroken("lost comment", f"incident {incident.id}: {theirs - came}")
        self.tally.comments_in += came.total()
        sent = self.stage.host.mirroring.sent_entries(incident.id)
        tagged = [entry for entry in entries if TAG_OUT in entry.tags]
        if self.goes_out and incident.status == 1 and [entry.id for entry in tagged if entry.id not in sent]:
            raise PromiseBroken("entry not handed over", f"incident {incident.id}")
        handed = Counter(f"[XSOAR {entry.id}]" for entry in tagged if entry.id in sent)
        either = Counter(f"[XSOAR {entry.id}]" for entry in tagged)  # a server that died may have handed over more
        if not self.goes_out and self.own_words(alert, marked=True):
            raise PromiseBroken("sent", f"incident {incident.id}: {self.own_words(alert, marked=True)}")
        mine = Counter(one.content.rpartition("\n\n")[2] for one in alert.comments if "[XSOAR " in one.content)
        refused = sum(str(entry.contents).count("A comment was not taken") for entry in entries)
        hears = self.habits.get("updates_closed", True) or incident.status < 2  # else nothing can be told any more
        arrive = hears and self.goes_out and (self.goes_in or self.is_fair)
        if (arrive and (handed - mine).total() > refused) or mine - either:
            told = f"incident {incident.id}: {mine}, wanted {handed}, at most {either}"
            raise PromiseBroken("lost or doubled entry", told)
        if doubled := self.own_words(alert) - self.ledger.said.get(alert.short_id, Counter()):
            raise PromiseBroken("doubled closing", f"incident {incident.id}: {doubled}")
        self.tally.comments_out += mine.total()


def pairs(alert: Alert, incident: Incident) -> dict[str, tuple[str, str]]:
    """Field -> (in Sekoia, in XSOAR), both as text without what makes markup safe."""
    remote = {
        "status": alert.status.label,
        "verdict": alert.ruling.verdict.label if alert.ruling else "",
        "urgency": alert.urgency_value,
        "title": alert.title,
        "details": alert.details,
        "assignee": alert.assignee or "",
    }
    local = {name: incident.fields[FIELD_OF[name]] for name in remote}
    return {name: (str(remote[name]), plain("" if local[name] is None else local[name])) for name in remote}


def plain(text: Any) -> str:
    """A text without what makes markup safe to show."""
    return str(text).replace("&lt;", "<").replace("!\\[", "![")
