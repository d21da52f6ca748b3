"""A recording made through HTTP holds nothing that was planted in the tenant, and plays again what was asked."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.clock import Clock
from lab.elsewhere import HABIT, elsewhere, host_on, key_of_the_tenant, on_recording, record, taped, walk
from lab.sekoia.faults import Fault
from lab.sekoia.server import SekoiaServer
from lab.sekoia.world import World
from lab.stage import scene
from lab.tape.player import UNKNOWN, Player, playing
from lab.tape.tape import NoTape, Tape, asked, read
from lab.web import elsewhere_site
from tests.lab.person import Person

PLANTED: dict[str, Any] = {
    "title": "Zanzibar quarterly numbers",
    "source": "10.77.88.99",
    "target": "qwerty.zanzibar.test",
    "details": "Call Quentin Zoltan at +49 151 23456789",
    "description": "password hunter2zz",
    "entity": "Zanzibar Holding",
    "rule": "Rule of Quentin",
    "ttps": ["T1566 Zoltan technique"],
    "countermeasures": ["Phone Quentin Zoltan"],
}
EVENT: dict[str, Any] = {"user.name": "q.zoltan", "zanzibar.field": "10.77.88.99"}
CANARIES = [
    *("zanzibar", "10.77.88.99", "qwerty", "quentin", "zoltan", "23456789", "hunter2zz", "qz-laptop-07"),
    *("q.zoltan", "whispered"),
]


def planted(world: World) -> Any:
    """An alert that is full of what nobody is to read."""
    known: dict[str, Any] = dict(PLANTED)
    asset = world.assets.add(
        "qz-laptop-07", atoms={"ip-v4": ["10.77.88.99"]}, props={"owner": "Quentin"}, tags=["zoltan"]
    )
    known["assets"] = [asset.uuid]
    alert = world.alerts.raise_alert(known.pop("title"), urgency=62, **known)
    world.events.attach(alert.uuid, count=2, **EVENT)
    world.alerts.comment(alert.uuid, "whispered to q.zoltan@zanzibar.test", author="Quentin Zoltan")
    return alert


def text_of(folder: Path) -> str:
    """All that stands in a recording, names of files included."""
    return "\n".join(f"{path.name}\n{path.read_text('utf-8')}" for path in sorted(folder.iterdir())).lower()


def test_nothing_planted_in_the_tenant_is_in_the_recording(
    world: World, server: SekoiaServer, clock: Clock, tmp_path: Path
) -> None:
    alert = planted(world)
    key = world.keys.issue("recorder")
    folder = tmp_path / "tape"
    with taped(server.url, folder, clock.time()) as address, host_on(address, key, clock, HABIT) as console:
        assert walk(console, 3, clock) == []
        lines = (
            f"!sekoia-xdr-get-comments id={alert.short_id}",
            f'!sekoia-xdr-list-alerts title="{PLANTED["title"]}"',
            "!sekoia-xdr-list-assets",
            f"!sekoia-xdr-search-events-alerts ids={alert.short_id}",
            f"!sekoia-xdr-get-alert id={alert.uuid}",
        )
        assert [next(iter(console.answer(line))).kind for line in lines].count("error") == 0
        shown = "".join(str(one.content) for line in lines for one in console.answer(line)).lower()
    told = text_of(folder)
    assert [one for one in ("zanzibar", "whispered", "qz-laptop-07") if one not in shown] == []
    forbidden = [*CANARIES, key.lower(), key[:20].lower(), alert.uuid, alert.short_id.lower()]
    assert [one for one in forbidden if one in told] == []
    assert "127.0.0.1" not in told


def test_recorded_story_plays_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEKOIA_URL", raising=False)
    folder = tmp_path / "tape"
    assert record(Namespace(folder=folder, story="phishing", minutes=25)) == 0
    with on_recording(read(folder)) as found:
        console, clock = found.console, found.clock
        assert clock is not None
        assert console.host.test(console.instance).ok
        for _ in range(25):
            clock.sleep(60)
            assert console.host.fetch(console.instance).error is None
        incidents = console.host.incidents.all()
        assert [one.name.startswith("text-") for one in incidents] == [True] * 4
        for one in incidents:
            run = console.host.run(("sekoia-xdr-get-alert", {"id": one.dbot_mirror_id}), console.instance, one.id)
            assert run.error is None
            assert one.dbot_mirror_id in run.entries[0].shown
        clock.sleep(60)
        assert console.host.fetch(console.instance).created == []


def test_request_that_was_not_recorded_names_itself(tmp_path: Path) -> None:
    Tape(tmp_path / "tape", 1_772_359_200.0, HABIT)
    with on_recording(read(tmp_path / "tape")) as found:
        outcome = found.console.host.test(found.console.instance)
        shown = [str(one.content) for one in found.console.answer("!sekoia-xdr-get-alert id=ALabcdefghij")]
    assert "The recording holds no answer to GET /v1/" in outcome.message
    assert "holds no answer to GET /v1/sic/alerts/ALabcdefghij" in shown[0]


def test_answers_come_in_the_recorded_order_and_the_last_one_stays(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "tape", 0.0, HABIT)
    for number in range(2):
        request = asked("GET", f"/api/v1/sic/alerts?date%5Bcreated_at%5D=2026-03-0{number + 1}T10:00:00Z,now", b"")
        tape.keep(request, 200, {}, json.dumps({"total": number}).encode())
    tape.keep(asked("GET", "/v1/sic/cases", b""), 429, {"Retry-After": "7", "Server": "x"}, b"<html>jo@corp.test")
    with playing(read(tmp_path / "tape")) as (player, url):
        address = f"{url}/v1/sic/alerts?date%5Bcreated_at%5D=2027-01-01T00:00:00Z,now"
        assert [requests.get(address, timeout=9).json()["total"] for _ in range(3)] == [0, 1, 1]
        busy = requests.get(f"{url}/v1/sic/cases", timeout=9)
        assert (busy.status_code, busy.headers["Retry-After"], busy.text) == (429, "7", "left out: no JSON")
        odd = requests.get(f"{url}/v1/sic/alerts?date%5Bcreated_at%5D=now", timeout=9)
        assert (odd.status_code, odd.json()["code"]) == (400, UNKNOWN)
        assert player.unknown == ["GET /v1/sic/alerts?date[created_at]=now"]


def test_body_of_a_request_counts_with_the_names_of_its_parts() -> None:
    one = asked("POST", "/v1/sic/conf/events/search/jobs", b'{"term": "a", "earliest_time": "-1d"}')
    other = asked("POST", "/v1/sic/conf/events/search/jobs", b'{"earliest_time": "-2d", "term": "b"}')
    third = asked("POST", "/v1/sic/conf/events/search/jobs", b'{"term": "a"}')
    assert one.key == other.key != third.key


def test_recorder_passes_on_what_it_gets_and_ends_where_the_api_ends(
    world: World, server: SekoiaServer, clock: Clock, tmp_path: Path
) -> None:
    world.alerts.raise_alert("one")
    headers = {"Authorization": f"Bearer {world.keys.issue('recorder')}"}
    with taped(server.url, tmp_path / "tape", clock.time()) as address:
        direct = requests.get(f"{server.url}/v1/sic/alerts?limit=1", headers=headers, timeout=9)
        through = requests.get(f"{address}/v1/sic/alerts?limit=1", headers=headers, timeout=9)
        assert (through.status_code, through.json()) == (direct.status_code, direct.json())
        world.faults.arm(Fault("GET /v1/sic/*", kind="reset"))
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{address}/v1/sic/alerts?limit=1", headers=headers, timeout=9)
    assert len(read(tmp_path / "tape").exchanges) == 1


@pytest.mark.parametrize("odd", ["used", "missing"])
def test_folder_that_does_not_fit_is_said(tmp_path: Path, odd: str) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "x").write_text("")
    with pytest.raises(NoTape):
        Tape(tmp_path / "used", 0.0, {}) if odd == "used" else read(tmp_path / "missing")


def test_console_of_the_browser_runs_on_a_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEKOIA_URL", raising=False)
    record(Namespace(folder=tmp_path / "tape", story="phishing", minutes=8))
    with elsewhere(Namespace(replay=tmp_path / "tape")) as found:
        assert found is not None
        person = Person(elsewhere_site(found))
        assert "2 new incidents" in person.send("/time", by="8m")
        assert "a recording" in person.see("/incidents")
        assert person.client.get("/faults").status_code == 404


def test_console_on_a_tenant_records_when_asked(
    world: World, server: SekoiaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKOIA_URL", server.url)
    monkeypatch.setenv("SEKOIA_API_KEY", key := world.keys.issue("visitor"))
    folder = tmp_path / "tape"
    with elsewhere(Namespace(record=folder, allow_writes=False)) as found:
        assert found is not None
        assert found.console.host.test(found.console.instance).ok
    assert len(read(folder).exchanges) >= 1
    assert key not in text_of(folder)


def test_player_without_a_recording_knows_nothing(tmp_path: Path) -> None:
    Tape(tmp_path / "tape", 0.0, {})
    player = Player(read(tmp_path / "tape"))
    assert player.give("GET", "/v1/x", {}, b"").status == 400


def test_walk_says_how_far_it_is_and_ends_at_a_key_that_does_not_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scene("phishing") as stage:
        with host_on(stage.server.url, "wrong", stage.clock, HABIT) as console:
            (error,) = walk(console, 3, stage.clock)
        assert ("401" in error, capsys.readouterr().out) == (True, "")
        with host_on(stage.server.url, stage.world.keys.issue("one"), stage.clock, HABIT) as console:
            assert walk(console, 2, stage.clock) == []
    assert capsys.readouterr().out.count("comes in a minute") == 2


def test_key_that_nobody_can_be_asked_for_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_terminal(prompt: str) -> str:
        raise EOFError

    monkeypatch.delenv("SEKOIA_API_KEY", raising=False)
    monkeypatch.setattr("getpass.getpass", no_terminal)
    with pytest.raises(SystemExit, match="No API key: set SEKOIA_API_KEY"):
        key_of_the_tenant()
