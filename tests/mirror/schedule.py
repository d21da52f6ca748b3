"""What two analysts, a tenant and a server go through in one trial, as plain values that shrink well."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

OPEN_LABELS = ("Pending", "Acknowledged", "Ongoing", "Waiting for customer")
CLOSED_LABELS = ("Closed", "Rejected", "False alarm")
PEOPLE = ("", "91a7c2de-40b8-4e15-8f6b-5c3d2e1f0a97", "0d9c0f86-fbcb-4db8-8842-f7451e4705b2")
TEXTS = ("one", "two words", "a <b>tag</b> and ![a picture](https://pixel.example)", "one")
VALUES: dict[str, tuple[Any, ...]] = {
    "urgency": (5, 30, 62, 85),
    "title": ("Beacon", "Phishing", "Malware"),
    "details": ("look here", "look <b>there</b>", "nowhere"),
    "assignee": PEOPLE,
    "verdict": ("", "True positive", "False positive"),
    "status": OPEN_LABELS,
}
REASONS = ("False Positive", "Resolved", "Duplicate", "Other", "")
BLOWS = ("429", "500", "503", "reset", "reset after", "504 after", "401")
REFUSALS = ("400", "403")
AMID = ("s close", "s reopen", "s edit", "s comment", "x close", "x comment")  # what may happen while a command runs
SAFE_DEATHS = ("getIntegrationContextVersioned", "setIntegrationContextVersioned", "getLastMirrorRun", "params")


@dataclass(frozen=True)
class Step:
    """One thing that happens. `who` is x (XSOAR), s (Sekoia) or w (the world); `pick` chooses alert and value."""

    who: str
    deed: str
    pick: int = 0
    name: str = ""


@dataclass(frozen=True)
class Schedule:
    """The steps, what the instance is set to, and what the server does where the facts leave a choice.

    `ahead`: seconds that the server's clock is ahead of Sekoia's.
    """

    steps: tuple[Step, ...]
    settings: tuple[tuple[str, Any], ...] = ()
    habits: tuple[tuple[str, bool], ...] = ()
    switches: tuple[tuple[str, Any], ...] = ()
    ahead: int = 0


PICKS = st.integers(0, 27)
FIELDS = st.sampled_from(sorted(VALUES))
ANALYST = st.one_of(
    st.builds(Step, st.sampled_from("xs"), st.just("edit"), PICKS, FIELDS),
    st.builds(Step, st.sampled_from("xs"), st.just("comment"), PICKS),
    st.builds(Step, st.sampled_from("xs"), st.sampled_from(["close", "reopen", "close", "reopen", "status"]), PICKS),
    st.builds(Step, st.just("s"), st.just("occur"), PICKS),
    st.builds(Step, st.just("x"), st.sampled_from(["file", "untagged"]), PICKS),
)
ROUGH = st.one_of(
    st.builds(Step, st.just("w"), st.just("round"), st.sampled_from([60, 60, 60, 1, 0, 600, 4000])),
    st.builds(Step, st.just("w"), st.just("round"), st.just(60)),
    st.builds(Step, st.just("w"), st.just("fault"), PICKS, st.sampled_from(BLOWS)),
    st.builds(Step, st.just("w"), st.just("die"), st.integers(0, 90)),
    st.builds(Step, st.just("w"), st.just("amid"), PICKS, st.sampled_from(AMID)),
    st.builds(Step, st.just("w"), st.sampled_from(["restart", "fetch", "raise", "raise", "wait", "calm"]), PICKS),
    st.builds(Step, st.just("w"), st.sampled_from(["restart", "calm", "calm", "delete"]), PICKS),
)
REFUSING = st.one_of(ROUGH, ROUGH, st.builds(Step, st.just("w"), st.just("fault"), PICKS, st.sampled_from(REFUSALS)))
FAIR, STERN = (st.one_of(ANALYST, ANALYST, ANALYST, world, world) for world in (ROUGH, REFUSING))
FLAG = st.booleans()
HABITS = st.fixed_dictionaries(
    {
        "out_first": FLAG,
        "drops_doubles": st.just(False),
        "tells_closing": FLAG,
        "marks_incoming": FLAG,
        "asks_again": FLAG,
        "closes_again": FLAG,
        "counts_rounds": FLAG,
        "limit_holds_time": FLAG,
        "updates_closed": st.sampled_from([True, True, True, False]),
    }
).map(lambda chosen: tuple(chosen.items()))
SETTINGS = st.fixed_dictionaries(
    {
        name: st.sampled_from([True, True, True, True, False])
        for name in ("close_incident", "reopen_incident", "close_out", "reopen_out")
    }
    | {name: st.sampled_from([False, False, True]) for name in ("mirror_events", "mirror_kill_chain")}
    | {"mirror_direction": st.sampled_from(["Incoming and Outgoing"] * 5 + ["Incoming", "Outgoing"])}
).map(lambda chosen: tuple(chosen.items()))
SWITCHES = st.fixed_dictionaries(
    {
        "custom_actions": FLAG,
        "same_status": st.sampled_from(["conflict", "ok"]),
        "bounds": st.sampled_from(["inclusive", "exclusive"]),
        "shuffle_ties": FLAG,
        "extra_fields": FLAG,
        "custom_status_name": st.sampled_from(["nearest", "label"]),
    }
).map(lambda chosen: tuple(chosen.items()))


@st.composite
def schedules(draw: st.DrawFn, least: int = 1, most: int = 40) -> Schedule:
    """Schedules of so many steps; in every fourth one Sekoia refuses things that are right."""
    steps = draw(st.lists(draw(st.sampled_from([FAIR, FAIR, FAIR, STERN])), min_size=least, max_size=most))
    ahead = draw(st.sampled_from([0, 0, 1, -1, 45, 300, -300]))
    return Schedule(tuple(steps), draw(SETTINGS), draw(HABITS), draw(SWITCHES), ahead)
