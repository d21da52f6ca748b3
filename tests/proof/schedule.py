"""A schedule: everything that a tenant, its API and the host go through in one trial, as plain values that shrink well.

Seconds are seconds of the lab's clock. "Call" counts the requests of one run from 1; call 0 is the moment before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from lab.sekoia.events.model import Plan
from tests.proof.weather import BLOWS

# What an alert may look like: arguments for the emulator. "twin" raises the same alert twice.
ODDITIES: dict[str, dict[str, Any]] = {
    "": {},
    "twin": {},
    "no title": {"title": None},
    "long title": {"title": "long " * 200},
    "hostile title": {"title": "a\x00b\u202ec |`[x](y)<b>"},
    "no entity": {"entity": None},
    "no rule": {"extra": {"rule": None, "alert_type": None}},
    "weird urgency": {"urgency": {"current_value": "n/a", "display": "Weird"}},
    "null urgency": {"extra": {"urgency": None}},
    "low": {"urgency": 30},
    "null status": {"extra": {"status": None, "custom_status": None, "custom_status_uuid": None}},
    "wrong lists": {"extra": {"assets": None, "ttps": "x", "adversaries": [None], "custom_fields": {}}},
    "wrong dates": {"first_seen_at": "soon", "last_seen_at": 5, "extra": {"updated_at": None}},
    "unknown fields": {"extra": {"lab_new": {"deep": [1, {"x": None}]}, "created_at_": 1}},
    "no created_at": {"drop": ("created_at",)},
    "null created_at": {"extra": {"created_at": None}},
    "text created_at": {"extra": {"created_at": "n/a"}},
    "milliseconds": {"extra": {"created_at": 1_772_359_200_000}},
    "negative created_at": {"extra": {"created_at": -5}},
    "no short id": {"drop": ("short_id",)},
    "no uuid": {"drop": ("uuid",)},
    "nameless": {"drop": ("uuid", "short_id")},
}


@dataclass(frozen=True)
class Wave:
    """`count` alerts, the first created `age` seconds ago, one every `spacing` seconds, shown `wait` seconds from now.

    The oddity is that of the first alert. Each has so many `events`, attached to it `attached` seconds after it exists.
    """

    count: int = 1
    age: int = 0
    spacing: float = 0
    wait: int = 0
    oddity: str = ""
    events: int = 0
    attached: int = 0


@dataclass(frozen=True)
class Act:
    """What a colleague does during a call: close, reopen or delete the alert that `pick` falls on, or a new wave.

    "lift" and "lower" change its urgency, by which it enters or leaves the filter of a schedule that has one.
    """

    call: int
    deed: str
    pick: int = 0
    wave: Wave = Wave()


@dataclass(frozen=True)
class Blow:
    """A fault of the table `BLOWS` that strikes `times` calls from that call on, `only` those whose path holds that."""

    call: int
    name: str
    times: int = 1
    only: str = ""


@dataclass(frozen=True)
class Step:
    """One run of fetch and what precedes it. `death` is a platform call's name or the number of calls survived.

    `jobs` is how the event searches started from now on go: a name of the table `JOBS`, '' leaves it as it was.
    """

    pause: int = 60
    waves: tuple[Wave, ...] = ()
    acts: tuple[Act, ...] = ()
    blows: tuple[Blow, ...] = ()
    death: str | int | None = None
    restart: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    jobs: str = ""


@dataclass(frozen=True)
class Schedule:
    """A tenant's habits, the instance's settings and the steps.

    `skew` is the API's clock minus the host's, `engine` the clock that dates alerts minus the API's.
    """

    steps: tuple[Step, ...]
    skew: int = 0
    engine: int = 0
    fraction: float = 0.0
    switches: tuple[tuple[str, Any], ...] = ()
    settings: tuple[tuple[str, str], ...] = field(default=(("max_fetch", "10"), ("look_back", "15")))


WITHOUT_EVENTS, WITH_EVENTS = "Fetch Without Events", "Fetch With All Events"
EVENT_CALLS = "/events/search/"
# How event searches go; one that "expires" has lost its results before the next run looks at it.
JOBS: dict[str, Plan] = {
    "quick": Plan(),
    "at once": Plan(starts_after=0, runs_for=0),
    "slow": Plan(starts_after=5, runs_for=65),
    "very slow": Plan(starts_after=60, runs_for=400),
    "never": Plan(ends="never"),
    "canceled": Plan(ends="canceled"),
    "failed": Plan(ends="failed"),
    "expires": Plan(starts_after=30, runs_for=31, results_ttl=1),
}
URGENT, CALM, URGENT_ONLY = 80, 30, "60,100"
MAX_FETCH = st.sampled_from(["10", "1", "3", "25", "50", "100", "200"])
LOOK_BACK = st.sampled_from(["15", "0", "1", "5", "60", "1440"])
COUNTS = st.sampled_from([1, 1, 2, 3, 5, 9])
CROWDS = st.sampled_from([101, 100, 104, 130, 205])
AGES = st.sampled_from([0, 1, 30, 59, 60, 61, 240, 299, 300, 301, 899, 900, 901, 1800, 3599])
WAITS = st.sampled_from([0, 0, 0, 1, 59, 60, 61, 240, 300, 880, 900, 901, 1200])
SPACINGS = st.sampled_from([0, 0, 0.3, 1, 7, 60])
PAUSES = st.sampled_from([60, 60, 60, 0, 1, 30, 61, 300, 900, 3600])
EVENT_COUNTS = st.sampled_from([0, 1, 2, 5])
ATTACHED = st.sampled_from([0, 0, 0, 1, 61, 130, 179, 181, 700])
DEATHS = st.sampled_from(["commit:before", "commit:after", "setLastRun", "incidents"]) | st.integers(0, 20)
DEEDS = st.sampled_from(["close", "reopen", "delete", "raise", "lift", "lower"])


def waves(counts: st.SearchStrategy[int] = COUNTS) -> st.SearchStrategy[Wave]:
    """New alerts; odd ones about every third time."""
    oddities = st.just("") | st.just("") | st.sampled_from(sorted(ODDITIES))
    return st.builds(Wave, counts, AGES, SPACINGS, WAITS, oddities, EVENT_COUNTS, ATTACHED)


CROWD = st.builds(
    Wave,
    CROWDS,
    AGES,
    st.sampled_from([0, 0, 0, 0.01, 1]),
    st.sampled_from([0, 0, 60]),
    st.sampled_from(["", "", "", "twin", "unknown fields", "no short id", "null created_at"]),
)
NUMBERS = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 7])  # of calls: most runs have one, those in a crowd have more
ACTS = st.builds(Act, st.just(0) | NUMBERS, DEEDS, st.integers(0, 130), waves(st.sampled_from([1, 2])))
STRUCK = st.sampled_from(["", "", "", EVENT_CALLS])
BLOWS_DRAWN = st.builds(Blow, NUMBERS, st.sampled_from(sorted(BLOWS)), st.sampled_from([1, 1, 2, 3, 5, 9]), STRUCK)


def seldom(values: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    """The values in about a quarter of the draws; shrinks to `otherwise`."""
    return st.integers(0, 3).flatmap(lambda die: values if die == 3 else st.just(otherwise))


def few(values: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to `most` values, mostly none."""
    return st.lists(values, max_size=most).map(tuple)


STEPS = st.builds(
    Step,
    pause=PAUSES,
    waves=few(waves(), 3),
    acts=seldom(few(ACTS, 3), ()),
    blows=seldom(few(BLOWS_DRAWN, 2), ()),
    death=seldom(DEATHS, None),
    restart=seldom(st.booleans(), False),
    settings=seldom(
        few(
            st.tuples(st.just("max_fetch"), MAX_FETCH)
            | st.tuples(st.just("look_back"), LOOK_BACK)
            | st.tuples(st.just("fetch_mode"), st.sampled_from([WITHOUT_EVENTS, WITH_EVENTS])),
            2,
        ),
        (),
    ),
    jobs=seldom(st.sampled_from(sorted(JOBS)), ""),
)
SWITCHES = st.fixed_dictionaries(
    {
        "shuffle_ties": st.booleans(),
        "bounds": st.sampled_from(["inclusive", "exclusive"]),
        "with_total": st.booleans(),
        "has_more": st.booleans(),
        "extra_fields": st.booleans(),
        "absent_optional": st.booleans(),
        "embed_custom": st.booleans(),
        "created_at_precision": st.sampled_from(["second", "microsecond"]),
        "term_or": st.sampled_from(["accept", "accept", "accept", "reject"]),
        "event_total": st.sampled_from(["exact", "overstated", "bounded"]),
    }
).map(lambda chosen: tuple(chosen.items()))


def in_words(chosen: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The settings of an instance. A tempo is a time limit and a pace that together let a crowded second be read."""
    budget, pace = chosen["tempo"]
    others = {name: value for name, value in chosen.items() if name != "tempo"}
    return (*others.items(), ("fetch_budget", budget), ("requests_per_second", pace))


SETTINGS = st.fixed_dictionaries(
    {
        "max_fetch": MAX_FETCH,
        "look_back": LOOK_BACK,
        "tempo": st.sampled_from([("120", "5"), ("10", "5"), ("45", "1"), ("10", "20"), ("45", "5"), ("120", "1")]),
        "fetch_with_kill_chain": st.sampled_from(["false", "false", "true"]),
        "fetch_late_matches": st.sampled_from(["false", "false", "false", "true"]),
        "alerts_urgency": st.sampled_from(["", "", URGENT_ONLY]),
        "fetch_mode": st.sampled_from([WITHOUT_EVENTS] * 2 + [WITH_EVENTS]),
        "events_wait": st.sampled_from(["3", "3", "0", "1", "10"]),
    }
).map(in_words)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Schedules of up to 15 steps and about 5 to 60 alerts; every fourth one has a crowd of 100 and more."""
    steps = draw(st.lists(STEPS, min_size=1, max_size=5)) + draw(st.lists(STEPS, max_size=9))
    if draw(st.integers(0, 3)) == 3:
        place = draw(st.integers(0, len(steps)))
        crowd, acts = draw(CROWD), draw(few(ACTS, 3))
        steps.insert(place, Step(waves=(crowd,), acts=acts, blows=draw(seldom(few(BLOWS_DRAWN, 2), ()))))
    return Schedule(
        steps=tuple(steps),
        skew=draw(st.sampled_from([0, 0, 1, -1, 300, -300, 45, -200])),
        engine=draw(st.sampled_from([0, 0, 0, 300, -300, 20])),
        fraction=draw(st.sampled_from([0.0, 0.0, 0.4, 0.999])),
        switches=draw(SWITCHES),
        settings=draw(SETTINGS),
    )
