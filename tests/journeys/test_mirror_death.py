"""Servers that die in a round of mirroring: what they did not keep comes again, what they kept does not."""

from typing import Any

import pytest

from lab.sekoia.faults import Fault
from lab.xsoar.host import Killed
from lab.xsoar.mirror import Mirroring
from tests.mirror.desk import Desk
from tests.stage import Stage


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def die(desk: Desk, at: str, after: int = 0) -> None:
    """A round in which the server dies at the call of that name, and starts again."""
    left = after

    def death(call: str) -> None:
        nonlocal left
        left -= call == at
        if left < 0:
            raise Killed(call)

    desk.host.hooks.before_platform_call = death
    with pytest.raises(Killed):
        desk.round()
    desk.stage.restart()


@pytest.mark.parametrize("deaths", [1, 3])
@pytest.mark.parametrize("at", ["commit:before", "commit:after"])
def test_comment_value_and_closing_arrive_once(desk: Desk, at: str, deaths: int) -> None:
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.stage.world.alerts.comment(alert.uuid, "theirs")
    desk.stage.world.alerts.edit(alert.uuid, title="Phishing")
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    for _ in range(deaths):
        die(desk, at)
    desk.round(count=3)
    incident = desk.incident(number)
    assert (len(desk.entries(number)), incident.fields["Alert Name"], incident.status) == (1, "Phishing", 2)


def test_others_of_the_round_are_neither_lost_nor_doubled(desk: Desk) -> None:
    pairs = [desk.fetched(f"alert {number}") for number in range(3)]
    desk.round(count=2)
    for alert, _ in pairs:
        desk.stage.world.alerts.comment(alert.uuid, "theirs")
    die(desk, "commit:before", after=1)
    assert sorted(len(desk.entries(number)) for _, number in pairs) == [0, 0, 1]
    desk.round(count=3)
    assert [len(desk.entries(number)) for _, number in pairs] == [1, 1, 1]


def test_own_change_of_a_lost_answer_stays(desk: Desk) -> None:
    """The incident was sent, its answer was lost: the analyst's next change is no conflict with the first one."""
    alert, number = desk.fetched()
    desk.round(count=2)
    desk.host.set_fields(number, {"Alert Name": "first"})
    desk.round()
    die(desk, "commit:before")
    desk.host.set_fields(number, {"Alert Name": "second"})
    desk.round(count=3)
    assert (alert.title, desk.incident(number).fields["Alert Name"]) == ("second", "second")


def test_server_that_never_tells_another_time_gets_nothing_twice(desk: Desk) -> None:
    alert, number = desk.fetched()
    desk.host.mirroring.habits.counts_rounds = False
    desk.round(count=2)
    desk.stage.world.alerts.comment(alert.uuid, "theirs")
    before = desk.calls()
    desk.round(count=5)
    assert (len(desk.entries(number)), desk.calls() - before) == (1, 6)


def test_death_costs_no_call_when_nothing_was_in_doubt(desk: Desk) -> None:
    desk.fetched()
    desk.round(count=3)
    before = desk.calls()
    die(desk, "setLastMirrorRun")
    desk.round()
    assert desk.calls() - before == 2


@pytest.mark.parametrize("direction", ["Incoming", "Incoming and Outgoing"])
def test_order_to_reopen_that_was_not_carried_out_is_given_again(stage: Stage, direction: str) -> None:
    desk = Desk(stage, mirror_direction=direction)
    alert, number = desk.fetched()
    desk.stage.world.alerts.set_status(alert.uuid, "Closed")
    desk.round(count=2)
    assert desk.incident(number).status == 2
    desk.stage.world.alerts.set_status(alert.uuid, "Ongoing")
    die(desk, "commit:after")
    assert desk.incident(number).status == 2
    desk.round(count=3)
    assert (desk.incident(number).status, alert.status.label) == (1, "Ongoing")


def test_rate_limit_in_each_round_starves_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that a rate limit ends may hold the platform's time as a death does; it is none."""
    desk.host.mirroring.habits.limit_holds_time = True
    pairs = [desk.fetched(f"alert {number}") for number in range(12)]
    desk.round(count=3)
    for alert, _ in pairs:
        desk.stage.world.alerts.comment(alert.uuid, "theirs")
    update = Mirroring._update
    asked = []

    def limited(self: Mirroring, instance: Any, incident_id: str, remote_id: str, done: Any) -> Any:
        asked.append(remote_id)
        if len(asked) % 7 == 0:
            desk.stage.world.faults.arm(Fault(f"GET /v1/sic/alerts/{remote_id}", kind="status", status=429, times=9))
        return update(self, instance, incident_id, remote_id, done)

    monkeypatch.setattr(Mirroring, "_update", limited)
    for _ in range(4):
        desk.round()
        desk.stage.world.faults.clear()
    assert [len(desk.entries(number)) for _, number in pairs] == [1] * 12
