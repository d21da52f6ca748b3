"""What mirroring goes by: the habits of the server, and what it knows of an incident since it was last sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.xsoar.warroom import Entry


@dataclass
class Habits:
    """What the server does where the facts leave a choice."""

    out_first: bool = False  # a round sends before it brings in
    updates_closed: bool = True  # closed incidents receive updates
    drops_doubles: bool = False  # an entry that the war room holds already is not added
    tells_closing: bool = True  # closing and reopening show in the delta
    marks_incoming: bool = False  # what mirroring brought in counts as changed here
    asks_again: bool = True  # what failed to be sent is sent in the next round
    runs_field_scripts: bool = True  # a field that mirroring changes runs its script, as any other change does
    closes_again: bool = True  # an order to close a closed incident changes its reason and notes
    counts_rounds: bool = True  # the time told is that of the last round and update carried out, else it never moves
    limit_holds_time: bool = False  # a round that a rate limit ended does not count, and nothing of it is kept


@dataclass(frozen=True)
class Unsent:
    """What of an incident the other side does not have yet."""

    data: Mapping[str, Any]
    delta: Mapping[str, Any]
    turned: bool
    status: int
    fresh: list[Entry]


@dataclass(frozen=True)
class Mark:
    """What the server knows of an incident since it was last sent: fields changed, entries sent, closed or reopened."""

    dirty: frozenset[str]
    sent: frozenset[str]
    turned: bool
    synced: float | None
