"""What the two sides of each alert were given since they were last equal: the truth that the checks go by."""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

HERE, THERE = "x", "s"  # the analyst in XSOAR, the analyst in Sekoia


@dataclass(frozen=True)
class Turn:
    """Somebody closed or reopened something. `closed` None: what becomes of the other side is a matter of timing.

    `again`: it was closed already, and only has another closed status now.
    """

    who: str
    closed: bool | None
    reason: str = ""
    notes: str = ""
    again: bool = False


@dataclass
class Ledger:
    """Who wrote what last, and ever, by alert and field; who turned what, by alert; the words of all closings ever."""

    edits: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    ever: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    said: dict[str, Counter[str]] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)  # incident -> refusals that it was told of when all was settled

    def wrote(self, who: str, alert: str, name: str, value: Any) -> None:
        """Somebody set a field."""
        self.edits.setdefault((alert, name), {})[who] = str(value)
        self.ever.setdefault((alert, name), set()).add(who)

    def turned(self, who: str, alert: str, closed: bool | None, **words: Any) -> None:
        """Somebody closed or reopened an alert or its incident; an incident with these words."""
        turn = Turn(who, closed, **words)
        self.turns.setdefault(alert, []).append(turn)
        if who == HERE and closed:
            self.said.setdefault(alert, Counter())[words_of(turn.reason, turn.notes)] += 1

    def settled(self, alerts: Container[str]) -> None:
        """Both sides of these alerts are equal: what was before counts no more."""
        self.edits = {key: wrote for key, wrote in self.edits.items() if key[0] not in alerts}
        self.turns = {alert: turns for alert, turns in self.turns.items() if alert not in alerts}

    def sole_turns(self, alert: str) -> list[Turn]:
        """The turns of an alert where one side alone made them, and each of them is sure; else none."""
        turns = self.turns.get(alert, [])
        return turns if len({turn.who for turn in turns}) == 1 and all(t.closed is not None for t in turns) else []


def words_of(reason: str, notes: str) -> str:
    """The comment with which closing an incident closes its alert."""
    return f"{reason}: {notes}" if reason and notes else notes or "Closed by Sekoia"
