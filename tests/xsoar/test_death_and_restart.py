"""A host that dies leaves the database as a crash would; the next host goes on from there."""

import json
from pathlib import Path

import pytest

from lab.clock import Clock
from lab.xsoar.bundle import Bundle
from lab.xsoar.errors import Killed, SecretMissing
from lab.xsoar.host import Host
from tests.xsoar.acme_pack import INTEGRATION, KEY

FEED = json.dumps([{"id": str(number), "title": f"t{number}"} for number in range(4)])
PARAMS = {"credentials": {"password": KEY}, "feed": FEED, "max_fetch": "2"}


def kill_at(host: Host, name: str) -> None:
    """Let the host die at the named point."""

    def hook(call: str) -> None:
        if call == name:
            raise Killed(name)

    host.hooks.before_platform_call = hook


def restarted(acme: Bundle, database: Path) -> Host:
    """A new host on the same file, with the secret supplied."""
    host = Host(acme, database, Clock())
    host.supply_secret("one", {"credentials": {"password": KEY}})
    return host


@pytest.mark.parametrize(
    ("point", "kept"),
    [("getLastRun", 0), ("setLastRun", 0), ("incidents", 0), ("commit:before", 0), ("commit:after", 2)],
)
def test_death_leaves_all_or_nothing(acme: Bundle, database: Path, point: str, kept: int) -> None:
    host = Host(acme, database, Clock())
    instance = host.add_instance(INTEGRATION, "one", PARAMS)
    kill_at(host, point)

    with pytest.raises(Killed):
        host.fetch(instance)

    second = restarted(acme, database)
    assert second.incidents.count() == kept
    assert second.last_run(second.instance("one")) == ({"seen": 2} if kept else {})
    second.close()


def test_next_host_goes_on(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    host.fetch(host.add_instance(INTEGRATION, "one", PARAMS))
    host.close()

    second = restarted(acme, database)
    second.fetch(second.instance("one"))

    assert [incident.name for incident in second.incidents.all()] == ["t0", "t1", "t2", "t3"]
    second.close()


def test_dead_host_is_of_no_further_use(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    instance = host.add_instance(INTEGRATION, "one", PARAMS)
    kill_at(host, "incidents")

    with pytest.raises(Killed):
        host.fetch(instance)
    with pytest.raises(Exception, match="closed database"):
        host.incidents.count()


def test_integration_context_written_before_death_stays(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    snippet = "demisto.setIntegrationContext({'a': 1}); demisto.incidents([])"
    instance = host.add_instance(INTEGRATION, "one", {**PARAMS, "snippet": snippet})
    kill_at(host, "incidents")
    with pytest.raises(Killed):
        host.fetch(instance)

    second = restarted(acme, database)

    assert second.integration_context(second.instance("one")) == {"a": 1}
    second.close()


def test_command_that_dies_before_its_commit_shows_nothing(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    instance = host.add_instance(INTEGRATION, "one", PARAMS)
    kill_at(host, "commit:before")
    with pytest.raises(Killed):
        host.run("!acme-item-get id=1", instance)

    second = restarted(acme, database)

    assert (second.warroom(), second.context()) == ([], {})
    second.close()


def test_secret_is_not_in_the_database(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    host.add_instance(INTEGRATION, "one", {**PARAMS, "token": "second-secret"})
    host.close()

    content = database.read_bytes()

    assert KEY.encode() not in content
    assert b"second-secret" not in content


def test_restart_without_the_secret_says_what_to_do(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    host.add_instance(INTEGRATION, "one", PARAMS)
    host.close()

    second = Host(acme, database, Clock())

    with pytest.raises(SecretMissing, match="supply_secret"):
        second.instance("one")
    second.close()


def test_scheduled_poll_survives_a_restart(acme: Bundle, database: Path) -> None:
    host = Host(acme, database, Clock())
    host.run("!acme-wait rounds=1", host.add_instance(INTEGRATION, "one", PARAMS))
    host.close()

    second = restarted(acme, database)
    second.clock.sleep(15)

    assert [outcome.entries[0].human_readable for outcome in second.run_due()] == ["done"]
    second.close()
