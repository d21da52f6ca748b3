"""Today's pack goes on where each released version was stopped: nothing is lost, nothing comes twice."""

import json
from collections import Counter
from pathlib import Path

import pytest

from lab.xsoar.bundle import Bundle
from tests.upgrade.bygone import COMMENT, RENAMED, STATES, bring_back, keep, tenant, worked

FILES = sorted(STATES.glob("*.json"))


def test_every_released_version_has_its_state() -> None:
    assert "1.0.0" in [path.stem for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_state_is_amid_work(path: Path) -> None:
    (row,) = json.loads(path.read_text(encoding="utf-8"))["tables"]["instances"]
    last_run, context = json.loads(row["last_run"]), json.loads(row["context"])
    assert 0 < len(last_run["seen"]) < 12
    assert (len(last_run["quarantine"]), len(last_run["tickets"])) == (1, 3)
    assert RENAMED in json.dumps(context["mirror"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_upgrade_loses_and_doubles_nothing(bundle: Bundle, path: Path) -> None:
    with tenant(bundle) as (stage, raised):
        bring_back(stage, raised, path.read_text(encoding="utf-8"))
        before = len(stage.fetched_ids())
        for _ in range(30):
            assert stage.minute().error is None
            stage.host.mirror(stage.instance)
        fetched = Counter(stage.fetched_ids())
        assert 0 < before < len(raised)
        assert fetched == Counter(alert.short_id for alert in raised)
        assert stage.world.alerts.get(stage.host.incidents.get("1").dbot_mirror_id or "").title == RENAMED
        (second,) = [one for one in stage.host.incidents.all() if one.dbot_mirror_id == raised[1].short_id]
        assert [entry.shown.count(COMMENT) for entry in stage.host.warroom(second.id)].count(1) == 1


def test_state_that_today_s_pack_leaves_is_brought_back_as_it_was(bundle: Bundle) -> None:
    with tenant(bundle) as (stage, raised):
        worked(stage, raised)
        text = keep(stage, raised)
    with tenant(bundle) as (stage, raised):
        bring_back(stage, raised, text)
        assert keep(stage, raised) == text


def test_poll_and_round_that_were_under_way_go_on_after_a_restart(bundle: Bundle) -> None:
    with tenant(bundle) as (stage, raised):
        worked(stage, raised)
        text = keep(stage, raised)
    with tenant(bundle) as (stage, raised):
        bring_back(stage, raised, text)
        held = {table: stage.host.store.rows(f"SELECT * FROM {table}") for table in ("mirrored", "rounds", "polls")}
        assert all(held.values())
        stage.clock.advance(60)
        (polled,) = stage.host.run_due()
        assert polled.entries
        assert stage.host.mirror(stage.instance).skipped == ""
