"""The proof of mirroring proved: mirroring broken in listed ways, each of which the trials or journeys must catch."""

from dataclasses import dataclass, replace

from lab.xsoar.bundle import Bundle
from tests.mirror.schedule import Schedule, Step
from tests.stage import INTEGRATION


@dataclass(frozen=True)
class Mutant:
    """A way to break mirroring: its name, the (old, new) texts of the built code, and a schedule that shows it."""

    name: str
    patches: tuple[tuple[str, str], ...]
    schedule: Schedule

    def applied_to(self, bundle: Bundle) -> Bundle:
        """The pack with this fault in it; LookupError when a text no longer fits."""
        integration = bundle.integration(INTEGRATION)
        code = integration.code
        for old, new in self.patches:
            if code.count(old) != 1:
                raise LookupError(f"mutant '{self.name}': found {code.count(old)} times, not once: {old!r}")
            code = code.replace(old, new)
        return replace(bundle, integrations={**bundle.integrations, INTEGRATION: replace(integration, code=code)})


ROUND = Step("w", "round", 60)
BEFORE_ITS_COMMIT, AFTER_ITS_COMMIT = (Step("w", "die", 0, f"commit:{when}") for when in ("before", "after"))


def story(*steps: Step, **habits: bool) -> Schedule:
    """A schedule of these steps with a round after each."""
    return Schedule(tuple(one for step in steps for one in (step, ROUND)), habits=tuple(habits.items()))


ASKED = """        remember({"due": {alert_id: int(time.time()) + MIRROR_DUE_SECONDS}, "round": limited})
        raise DemistoException("""
RATE_LIMITED = Schedule(  # for longer than the list of changes looks back
    (
        *(Step("w", "raise"), Step("w", "raise"), Step("w", "raise"), Step("w", "fetch")),
        *(Step("s", "edit", 27, "title"), Step("w", "fault", 25, "429"), Step("w", "round", 600)),
        *(Step("s", "edit", 8, "urgency"), Step("s", "edit", 12, "details"), ROUND, ROUND, ROUND, ROUND),
        *(Step("s", "occur", 20), Step("w", "amid", 2, "s reopen"), Step("w", "die", 54)),
    ),
    habits=(("limit_holds_time", True),),
)
NOT_REACHED = ('{"due": {**over, **late}, **round_begun', '{"due": over, **round_begun')
MUTANTS = (
    Mutant(
        "own comments are not known by key or mark",
        (
            ('    if as_text(item.get("created_by"), 100) in own:\n        return True\n', ""),
            ("[XSOAR [", "[NOBODY ["),
        ),
        story(Step("x", "comment")),
    ),
    Mutant(
        "closing is judged by the delta alone",
        (
            (
                "touched = bool(CLOSING_KEYS & delta.keys()) or (not delta and bool(args.incident_changed))",
                "touched = bool(CLOSING_KEYS & delta.keys())",
            ),
        ),
        story(Step("x", "reopen"), Step("x", "close"), ROUND, Step("x", "reopen"), tells_closing=False),
    ),
    Mutant(
        "comments are not remembered",
        (("Known.COMMENTS: seen, **forget}", "**forget}"),),
        story(Step("s", "comment"), Step("s", "comment")),
    ),
    Mutant(
        "what could not be sent is dropped",
        (("done = {alert_id: (wish, errand.left, errand.written)}", "done = {alert_id: (wish, {}, {})}"),),
        Schedule(
            (Step("x", "edit", 1, "urgency"), Step("w", "fault", 21, "503"), ROUND), habits=(("asks_again", False),)
        ),
    ),
    Mutant(
        "a failing alert is not asked again",
        (
            (ASKED, ASKED.replace('"due": {alert_id: int(time.time()) + MIRROR_DUE_SECONDS}', '"due": {}')),
            NOT_REACHED,
        ),
        Schedule(
            (
                *(ROUND, Step("s", "edit", 1, "urgency"), *[Step("w", "fault", 18, "500")] * 5, ROUND),
                *(Step("w", "round", 4000), Step("s", "edit", 0, "urgency"), ROUND),
                *(Step("w", "round", 4000), Step("s", "edit", 2, "urgency"), ROUND, ROUND, ROUND),
            )
        ),
    ),
    Mutant(
        "an alert that a round did not come to is forgotten",
        (NOT_REACHED,),
        RATE_LIMITED,
    ),
    Mutant(
        "an incident's own changes are overwritten",
        (("**dict.fromkeys(same | unread | follow)}", "**dict.fromkeys(unread)}"),),
        Schedule((ROUND, Step("x", "edit", 1, "title"), Step("s", "edit", 1, "urgency"), ROUND)),
    ),
    Mutant(
        "no server is believed to have died",
        (('    died = moves and stands and not last.get("limited")\n', "    died = False\n"),),
        Schedule((ROUND, ROUND, Step("s", "comment"), BEFORE_ITS_COMMIT)),
    ),
    Mutant(
        "what a dying server kept counts as lost",
        (("    lost = as_text(told, 100) == doubt[0] and", "    lost = True or"),),
        Schedule((ROUND, ROUND, Step("s", "comment"), AFTER_ITS_COMMIT)),
    ),
    Mutant(
        "orders of a dying server count as carried out",
        (
            (
                "    return {name: same[name] for name in order} if Known.STATE in order and"
                " order <= same.keys() else {}\n",
                "    return {}\n",
            ),
        ),
        Schedule((ROUND, ROUND, Step("s", "close"), AFTER_ITS_COMMIT)),
    ),
    Mutant(
        "the notes of a closing are not sent",
        (
            (
                'comment = f"{reason}: {notes}" if reason and notes else notes or close_notes',
                "comment = close_notes",
            ),
        ),
        story(Step("x", "close", 2)),
    ),
    Mutant(
        "the table of reasons is not looked at",
        (('"closeReason": reason, "closeNotes": notes + said', '"closeReason": "Other", "closeNotes": notes + said'),),
        story(Step("s", "close")),
    ),
    Mutant(
        "a closing is brought in again with each change",
        (
            (
                "    if (record.get(Known.TURN) == turn.id) if turn.id else"
                " (closed and record.get(Known.CLOSED_STATUS)):\n        return [], change\n",
                "",
            ),
            (
                "        return not hears and not (record.get(Known.CLOSED_STATUS) and was_closed)\n",
                "        return True\n",
            ),
        ),
        Schedule(
            (ROUND, Step("s", "close"), Step("w", "calm"), Step("x", "reopen"), Step("s", "edit", 0, "urgency"), ROUND),
            habits=(("out_first", False),),
        ),
    ),
    Mutant(
        "a refusal is kept from the analyst",
        (('    told["told"] = {alert_id: errand.told} if', '    told["told"] = {} if'),),
        Schedule((ROUND, Step("x", "edit", 1, "urgency"), Step("w", "fault", 2, "403"), ROUND)),
    ),
)
