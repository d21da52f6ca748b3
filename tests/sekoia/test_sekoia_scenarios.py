"""The stories of the lab, and the reader's refusals."""

import re
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.sekoia import scenario
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from tests.sekoia.caller import Caller

LIST = "/v1/sic/alerts"
STORIES = scenario.names()
ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
DOCUMENTATION = ("192.0.2.", "198.51.100.", "203.0.113.")
DOMAIN = re.compile(r"[\w-]+@[\w.-]+|\bhttps?://[\w.-]+|\b[\w-]+\.(?:com|net|org|io|eu|be|fr)\b")
DAY = 86_400


def told(name: str) -> World:
    world = World(Clock(), seed=1)
    world.load(scenario.read(name))
    return world


def test_the_lab_tells_five_stories() -> None:
    assert STORIES == ["backlog_week", "burst", "phishing", "quiet_day", "ransomware"]


@pytest.mark.parametrize("name", STORIES)
def test_a_story_uses_documentation_addresses_only(name: str) -> None:
    text = (scenario.FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    assert [found for found in ADDRESS.findall(text) if not found.startswith(DOCUMENTATION)] == []
    assert [found for found in DOMAIN.findall(text) if not found.rstrip(".").endswith(".example")] == []


@pytest.mark.parametrize("name", STORIES)
def test_a_story_begins_when_the_lab_clock_begins(name: str) -> None:
    assert scenario.start_of(scenario.read(name), 0) == Clock().time()


@pytest.mark.parametrize("name", STORIES)
def test_a_story_plays_to_its_end_over_http(name: str) -> None:
    world = told(name)
    with SekoiaServer(world) as server, Caller(server.url, world.keys.named("soar").text) as api:
        for _ in range(12):
            world.clock.sleep(3600)
            assert api.get(LIST).status_code == 200
        assert len(world.agenda) == 0
        rows = api.items(limit=100)
        assert all(len(item["short_id"]) == 12 for item in rows)
        for row in rows[:20]:
            assert api.json(f"{LIST}/{row['short_id']}")["history"]


def test_the_burst_puts_131_alerts_into_one_second() -> None:
    world = told("burst")
    world.clock.sleep(3600)
    times = [int(alert.created_at) for alert in world.alerts.all()]
    assert max(times.count(at) for at in times) == 132
    titles = [str(alert.title) for alert in world.alerts.all()]
    assert sum(title.startswith("Password spraying against") for title in titles) == 131
    assert "Password spraying against user-131@cormorant.example" in titles


def test_the_backlog_is_a_week_of_3000_alerts_of_which_40_come_late() -> None:
    world = told("backlog_week")
    alerts = world.alerts.all()
    start = world.clock.time()
    late = [alert for alert in alerts if alert.shown_from > alert.created_at]
    assert len(alerts) == 3000
    assert len(late) == 40
    assert all(alert.shown_from - alert.created_at <= 600 for alert in late)
    assert min(alert.created_at for alert in alerts) >= start - 7 * DAY
    assert max(alert.shown_from for alert in alerts) > start
    assert len({alert.status.label for alert in alerts}) >= 4


def test_acts_of_colleagues_happen_when_the_clock_gets_there() -> None:
    world = told("phishing")
    with SekoiaServer(world) as server, Caller(server.url, world.keys.named("soar").text) as api:
        world.clock.sleep(3 * 60)
        query = {"match[rule_name]": "Link to a newly registered domain"}
        assert api.items(**query)[0]["status"]["name"] == "Pending"
        world.clock.sleep(10 * 60)
        row = api.items(**query)[0]
        assert (row["status"]["name"], row["similar"], row["number_of_total_comments"]) == ("Acknowledged", 16, 2)
        assert row["updated_at"] == row["created_at"] + 11 * 60


def test_an_act_on_an_alert_that_was_deleted_is_left_out() -> None:
    world = told("phishing")
    world.clock.sleep(2 * 60)
    world.alerts.delete(world.alerts.all()[0].uuid)
    world.clock.sleep(DAY)
    world.catch_up()
    assert len(world.agenda) == 0


def test_a_story_may_begin_now(clock: Clock, world: World) -> None:
    clock.advance(12_345)
    world.load({"start": "now", "alerts": [{"title": "one"}]})
    assert world.alerts.all()[0].created_at == clock.time()


def test_a_story_is_read_by_its_path_too(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text("{name: own, start: 2026-03-01T10:00:00Z}", encoding="utf-8")
    assert scenario.read(path) == {"name": "own", "start": "2026-03-01T10:00:00Z"}


def test_an_unknown_story_raises_and_lists_the_known_ones() -> None:
    with pytest.raises(FileNotFoundError, match="ransomware"):
        scenario.read("fairy tale")


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("+1h30m", 5400), ("-7d", -604_800), ("1.5s", 1.5), ("0s", 0)]
)
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert scenario.length(text) == seconds


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ({"alert": []}, "alert"),
        ({"start": "tomorrow"}, "tomorrow"),
        ({"alerts": [{"title": "one", "at": "soon"}]}, "soon"),
        ({"alerts": [{"title": "one", "late": {"number": 3}}]}, "number"),
        ({"actions": [{"at": "1m", "alert": "x", "do": "close"}]}, "x"),
        ({"alerts": [{"title": "x"}], "actions": [{"at": "1m", "alert": "x", "do": "explode"}]}, "explode"),
        ({"alerts": [{"title": "x"}], "actions": [{"at": "1m", "alert": "x", "do": "close", "who": "me"}]}, "who"),
        (
            {
                "users": ["Ines"],
                "alerts": [{"title": "x"}],
                "actions": [{"at": "1m", "alert": "x", "do": "close", "by": "Bob"}],
            },
            "Bob",
        ),
    ],
    ids=str,
)
def test_a_story_that_does_not_fit_raises_and_names_why(world: World, story: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        world.load(story)


@pytest.mark.parametrize(
    ("story", "error"),
    [
        ({"alerts": [{"title": "one", "colour": "red"}]}, TypeError),
        ({"alerts": [{"title": "one", "assets": ["unknown"]}]}, KeyError),
        ({"alerts": [{"title": "one", "kill_chain": "Lunch"}]}, KeyError),
        ({"alerts": [{"title": "one", "status": "Asleep"}]}, KeyError),
        ({"switches": {"colour": "red"}}, AttributeError),
    ],
    ids=str,
)
def test_an_unknown_thing_in_a_story_raises(world: World, story: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        world.load(story)


def test_a_story_can_turn_switches_and_define_statuses(world: World) -> None:
    story = {
        "switches": {"has_more": False},
        "statuses": [{"label": "Legal", "stage": "in_progress"}],
        "verdicts": [{"label": "Benign", "stage": "true_positive"}],
        "alerts": [{"title": "one", "status": "Legal", "verdict": "Benign", "visible_after": "1m"}],
    }
    world.load(story)
    assert world.switches.has_more is False
    assert world.alerts.all()[0].status.label == "Legal"
