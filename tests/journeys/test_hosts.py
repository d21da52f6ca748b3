"""Whom the pack talks to: the host of its settings, through whatever it runs."""

from urllib.parse import urlsplit

import pytest

from lab.sekoia.faults import Fault
from tests.doors import DOORS
from tests.stage import Stage

ELSEWHERE = "https://login.example/v1/sic/alerts"


def of_the_settings(stage: Stage) -> set[tuple[str, int]]:
    parts = urlsplit(stage.server.url)
    return {(str(parts.hostname), int(parts.port or 0))}


def test_fetch_mirroring_and_searches_contact_the_host_of_the_settings_alone(stage: Stage) -> None:
    stage.configure(
        fetch_mode="Fetch With All Events",
        fetch_with_assets=True,
        fetch_with_kill_chain=True,
        fetch_with_comments=True,
        mirror_direction="Incoming and Outgoing",
    )
    alert = stage.world.alerts.raise_alert("one", kill_chain="Delivery")
    stage.world.events.attach(alert.short_id, count=3)
    stage.host.test(stage.instance)
    for _ in range(3):
        stage.minute()
        stage.host.mirror(stage.instance)
    stage.host.follow(stage.run("sekoia-xdr-search-events-alerts", ids=alert.short_id))
    assert stage.fetched_ids() == [alert.short_id]
    assert DOORS.called == of_the_settings(stage)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_leads_to_no_other_host(stage: Stage, status: int) -> None:
    """Every call is redirected; the guard of the tests would note the first that is followed."""
    stage.world.faults.arm(Fault("*", kind="redirect", status=status, location=ELSEWHERE, times=None))
    stage.world.alerts.raise_alert("one")
    assert not stage.host.test(stage.instance).ok
    assert stage.minute().error
    for command in ("sekoia-xdr-list-alerts", "sekoia-xdr-list-rules", "sekoia-xdr-who-am-i"):
        assert stage.run(command).error
    assert stage.run("sekoia-xdr-post-comment-alert", id="ALabcdefghij", comment="x").error
    assert (DOORS.strangers, DOORS.called) == ([], of_the_settings(stage))


def test_call_of_another_host_is_noted_and_goes_nowhere(stage: Stage) -> None:
    """The guard can fail."""
    stage.configure(url="https://api.elsewhere.example")
    assert not stage.host.test(stage.instance).ok
    stage.configure(url="https://192.0.2.1")
    assert not stage.host.test(stage.instance).ok
    assert set(DOORS.strangers) == {"api.elsewhere.example", "192.0.2.1"}
    DOORS.strangers.clear()
